"""A turn's events on a screen: what is seen meanwhile, and what stays."""

import pytest

from moonwire.agent import AgentEvent, Compacted, Result, StepStarted, ToolDone, ToolStarted, Warned
from moonwire.cli.screen import Piece
from moonwire.cli.talk.paint import Painter
from moonwire.cli.talk.region import Region
from moonwire.cli.talk.typed import Typed
from moonwire.cli.talk.view import PlainView, Thoughts, View
from moonwire.core.events import CallStart, Malformed, Reasoning, Reclassified, Text
from moonwire.core.messages import ToolCall
from tests.cli.talk.terminal import Display

CALL = ToolCall(id="a", name="add", arguments='{"a": 1}')
FOLDED = "thought for 1.5 s, about 7 tokens - ctrl-o or /thoughts shows them"
THOUGHTS = [Reasoning("First this.\n"), Reasoning("Then that one.")]


class Seen:
    """A view, its screen and its clock."""

    def __init__(self, thoughts: Thoughts = "fold", columns: int = 80, rows: int = 12) -> None:
        self.display = Display(columns, rows)
        self.now = 100.0
        self.typed = Typed()
        region = Region(self.display.feed, lambda: (self.display.columns, self.display.rows))
        self.view = View(region, Painter(None), self.typed, lambda: self.now)
        self.view.thoughts = thoughts
        self.view.begin("waiting")

    def feed(self, *events: AgentEvent) -> str:
        for event in events:
            self.view.feed(event)
        self.view.draw()
        return self.display.everything

    def finish(self) -> str:
        self.view.finish()
        return self.display.everything


def test_thoughts_are_seen_and_fold_to_a_line() -> None:
    seen = Seen()
    assert seen.feed(StepStarted(1), *THOUGHTS) == (
        "  First this.\n  Then that one.\nthinking · 0 s · ctrl-c stops · ctrl-o shows more"
    )
    seen.now += 1.5
    assert seen.feed(Text("The answer.")) == f"{FOLDED}\nThe answer.\nanswering · 2 s · ctrl-c stops"
    assert seen.finish() == f"{FOLDED}\nThe answer."


def test_thoughts_that_are_shown_stay() -> None:
    assert Seen("show").feed(*THOUGHTS, Text("x")).startswith("  First this.\n  Then that one.\n\nx\n")


def test_thoughts_that_are_hidden_are_never_seen() -> None:
    seen = Seen("hide")
    assert seen.feed(*THOUGHTS) == "thinking · 0 s · ctrl-c stops"
    seen.feed(Text("x"))
    assert seen.finish() == "x"


def test_many_thoughts_take_few_lines_until_more_is_asked_for() -> None:
    seen = Seen()
    long = "".join(f"thought {number}\n" for number in range(50))
    assert len(seen.feed(Reasoning(long)).splitlines()) == 7
    seen.view.toggle()
    assert len(seen.display.text.splitlines()) == 11 and "ctrl-o shows less" in seen.display.text
    seen.view.toggle()
    assert len(seen.display.text.splitlines()) == 7


def test_blocks_are_printed_once_and_the_last_one_grows() -> None:
    seen = Seen(rows=6)
    for number in range(30):
        seen.feed(Text(f"Paragraph {number}.\n"), Text("\n"))
    lines = seen.finish().splitlines()
    assert lines == "\n\n".join(f"Paragraph {number}." for number in range(30)).splitlines()


def test_a_long_block_is_seen_by_its_end_and_printed_whole() -> None:
    seen = Seen(rows=8)
    text = "```\n" + "".join(f"line {number}\n" for number in range(100))
    assert "line 99" in seen.feed(Text(text)) and "line 50" not in seen.display.everything
    seen.feed(Text("```\n"))
    assert [line.strip() for line in seen.finish().splitlines() if line.strip()] == [
        f"line {number}" for number in range(100)
    ]


def test_calls_results_and_the_rest_are_lines() -> None:
    seen = Seen()
    seen.feed(Text("I add."), CallStart(index=0, id="a", name="add"))
    assert "calling add" in seen.display.text
    seen.feed(ToolStarted(CALL))
    assert "running add(a=1)" in seen.display.text
    seen.feed(ToolDone(Result(call=CALL, content="3")), ToolDone(Result(call=CALL, content="no", ok=False)))
    seen.feed(Warned("asked once more"), Compacted(before=9, after=1, why="asked"), Malformed("x", "cut"))
    seen.feed(StepStarted(2), Text("Done."))
    assert seen.finish().splitlines() == [
        "I add.",
        "→ add(a=1)",
        "← add: 3",
        "✗ add: no",
        "! asked once more",
        "compacted: 9 → 1 tokens",
        "! what could not be read: cut",
        "Done.",
    ]


@pytest.mark.parametrize(
    ("events", "left"),
    [
        (
            [Reasoning("It is 4."), Reclassified(was="reasoning", now="text"), Text(" Yes.")],
            ["It is 4. Yes."],
        ),
        ([Text("Hm. "), Reclassified(was="text", now="reasoning"), Text("4")], ["thought for", "4"]),
    ],
)
def test_what_was_taken_for_something_else_changes_its_place(
    events: list[AgentEvent], left: list[str]
) -> None:
    seen = Seen()
    seen.feed(*events)
    lines = seen.finish().splitlines()
    assert len(lines) == len(left)
    assert all(line.startswith(start) for line, start in zip(lines, left, strict=True))


def test_what_is_typed_asked_and_noted_stands_below() -> None:
    seen = Seen()
    seen.typed.text = "next\nline"
    seen.view.note = "1 line waits"
    seen.view.draw()
    assert seen.display.text == "waiting · 0 s · ctrl-c stops · 1 line waits\n> next⏎line"
    seen.typed.text = "x" * 100
    seen.view.draw()
    assert len(seen.display.here) <= 79 and seen.display.here.startswith("> …x")
    seen.view.question("run it?")
    assert seen.display.here == "run it?"
    seen.view.question("")
    assert seen.display.here.startswith("> ")


def test_what_is_said_meanwhile_stays_above() -> None:
    seen = Seen()
    seen.feed(Text("grows"))
    seen.view.say([Piece("btw: ", "bold"), Piece("why?\n")])
    seen.view.markdown("Because.")
    assert seen.display.text == "btw: why?\n  Because.\ngrows\nanswering · 0 s · ctrl-c stops"
    assert seen.finish() == "btw: why?\n  Because.\ngrows"


def test_it_survives_any_size() -> None:
    seen = Seen()
    for columns, rows in ((1, 1), (3, 2), (200, 50), (10, 4)):
        seen.display.resize(max(10, columns), max(4, rows))
        seen.feed(Reasoning("hm " * 50), Text("word " * 50))
    assert "word" in seen.finish()


def test_without_a_screen_it_is_text_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    view.begin("waiting")
    for event in (
        StepStarted(1),
        Reasoning("hm"),
        Text("I "),
        Text("add."),
        ToolStarted(CALL),
        Text("Done."),
    ):
        view.feed(event)
        view.draw()
    view.question("run it?")
    view.question("")
    view.toggle()
    view.markdown("aside")
    view.finish()
    out, err = capsys.readouterr()
    assert (out, err) == ("I add.\nDone.\naside\n", "→ add(a=1)\nrun it?\n")
