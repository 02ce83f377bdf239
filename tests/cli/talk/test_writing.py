"""What `run` writes where: the answer out, the rest aside."""

import sys

import pytest

from moonwire.agent import AgentEvent, Result, StepStarted, ToolDone, ToolStarted, Warned
from moonwire.cli.talk.writing import Writer, progress_lines
from moonwire.core.events import Text
from moonwire.core.messages import ToolCall

CALL = ToolCall(id="a", name="f", arguments="{}")
EVENTS: list[AgentEvent] = [
    StepStarted(1),
    Text("I call"),
    ToolStarted(CALL),
    ToolDone(Result(call=CALL, content="one\ntwo")),
    StepStarted(2),
    Text("Done\x07."),
]
ASIDE = "→ f()\n← f: one\n    two\n"


@pytest.mark.parametrize(
    ("stream", "quiet", "out", "err"),
    [
        (True, False, "I call\nDone\x07.\n", ASIDE),
        (True, True, "I call\nDone\x07.\n", ""),
        (False, False, "Done\x07.\n", ASIDE),
    ],
)
def test_what_goes_where(
    stream: bool, quiet: bool, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = Writer(stream=stream, quiet=quiet)
    for event in EVENTS:
        writer.feed(event)
    writer.whole("Done\x07.")
    assert tuple(capsys.readouterr()) == (out, err)


def test_a_terminal_gets_nothing_that_drives_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    writer = Writer(stream=True)
    for text in ("a\x1b[2J", "\r\nb", "\r"):
        writer.text(text)
    writer.end()
    writer.end()
    assert capsys.readouterr().out == "a\\x1b[2J\nb\n"


def test_of_most_events_nothing_is_said() -> None:
    assert progress_lines(Text("x")) == progress_lines(StepStarted(1)) == []
    assert progress_lines(Warned("a\x07")) == ["! a\\x07"]
