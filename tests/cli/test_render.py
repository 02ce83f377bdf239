"""The table for people."""

import io
import sys

import pytest

from moonwire import Malformed, Note, Reply, ToolCall
from moonwire.cli.render import Row, rows, show
from moonwire.core.messages import TextPart, Thought

WHOLE = Reply(
    blocks=(
        Thought(text="Weather, then."),
        TextPart(text="Let me look [bold]now[/bold] :moon:."),
        ToolCall(id="functions.get_weather:0", name="get_weather", arguments='{"city": "Zürich"}'),
        ToolCall(id="x", name="launch", arguments='{"a', complete=False, declared=False),
        TextPart(text="Done."),
    ),
    malformed=(Malformed(raw="<|tool_call_begin|>", reason="no name", index=1),),
    notes=(
        Note(
            code="id-minted", reason="was used", path="calls[1].id", before="a", after="b", avoids="a mix-up"
        ),
        Note(code="call-unclosed", reason="the end never came", level="warning"),
    ),
    finish="length",
)


def shown(
    reply: Reply, monkeypatch: pytest.MonkeyPatch, *, columns: int = 100, encoding: str = "utf-8"
) -> str:
    written = io.BytesIO()
    screen = io.TextIOWrapper(written, encoding=encoding, newline="")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", screen)
    show(reply)
    return written.getvalue().decode(encoding)


def test_the_parts_stand_in_the_order_in_which_they_came() -> None:
    assert [row.label for row in rows(WHOLE)] == [
        *("reasoning", "text", "call 0", "call 1", "text", "malformed", "note", "warning", "finish")
    ]


@pytest.mark.parametrize(
    ("reply", "listed"),
    [
        (Reply(finish="stop"), [("text", "(empty)"), ("finish", "")]),
        (Reply(blocks=(Thought(text=""),)), [("reasoning", "(empty)"), ("finish", "")]),
    ],
)
def test_nothing_is_shown_as_nothing(reply: Reply, listed: list[tuple[str, str]]) -> None:
    assert [(row.label, row.body if row.label != "finish" else "") for row in rows(reply)] == listed


@pytest.mark.parametrize(
    ("call", "flaws"),
    [
        (ToolCall(id="i", name="f"), ""),
        (ToolCall(id="i", name="f", complete=False), "CUT"),
        (ToolCall(id="i", name="f", declared=False), "UNDECLARED"),
        (ToolCall(id="i", name="f", complete=False, declared=False), "CUT UNDECLARED"),
    ],
)
def test_flaws_of_a_call_stand_beside_it(call: ToolCall, flaws: str) -> None:
    row = next(rows(Reply(blocks=(call,))))
    assert " ".join(line.partition(":")[0] for line in row.warning.splitlines()) == flaws


def test_that_no_call_is_declared_says_nothing_where_no_tools_were_given() -> None:
    reply = Reply(blocks=(ToolCall(id="i", name="f", declared=False),), finish="stop")
    listed = list(rows(reply, tools_known=False))
    assert (listed[0].warning, listed[-1].head) == ("", "1 call")


@pytest.mark.parametrize(
    ("note", "said"),
    [
        (Note(code="c", reason="r"), "r"),
        (Note(code="c", reason="r", before="a"), "r\nwas 'a'"),
        (Note(code="c", reason="r", after=1), "r\nnow 1"),
        (Note(code="c", reason="r", before=0, after="", avoids="x"), "r\n0 became ''\navoids: x"),
    ],
)
def test_a_note_says_what_changed(note: Note, said: str) -> None:
    assert list(rows(Reply(notes=(note,))))[1].body == said


def test_the_last_row_counts() -> None:
    assert list(rows(WHOLE))[-1] == Row("finish", "length", head="2 calls, 1 cut, 1 undeclared, 1 malformed")


def test_everything_is_on_the_table_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    table = shown(WHOLE, monkeypatch)
    for part in (
        "Let me look [bold]now[/bold] :moon:.",
        '{"city": "Zürich"}',
        "CUT: its arguments did not arrive whole",
        "no name (call 1)",
        "<|tool_call_begin|>",
        "id-minted at calls[1].id",
        "'a' became 'b'",
        "avoids: a mix-up",
    ):
        assert part in table
    assert "\x1b" not in table
    assert "╭" in table


@pytest.mark.parametrize("columns", [20, 35, 49, 50, 60, 100])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    word = "".join(map(str, range(100)))
    table = shown(Reply(blocks=(TextPart(text=word),)), monkeypatch, columns=columns)
    assert all(len(line) <= columns for line in table.splitlines())
    assert word in "".join(character for character in table if character.isdigit())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_encoding_shows_every_character_somehow(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    table = shown(Reply(blocks=(TextPart(text="é 月 \ud83d"),)), monkeypatch, encoding=encoding)
    assert ("é" in table) is (encoding != "ascii")
    assert "\\ud83d" in table


@pytest.mark.parametrize("columns", [40, 100])
def test_what_a_model_wrote_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    text = "a\x1b[2Jb\rc\x9b5md\u202ee\x07"
    calls = ToolCall(id="\x1b[1m", name="\x1b[2m", arguments="\x1b[3m")
    table = shown(Reply(blocks=(TextPart(text=text), calls)), monkeypatch, columns=columns)
    assert not set(table) & set("\x1b\r\x9b\u202e\x07")
    assert "a\\x1b[2Jb\\rc\\x9b5md\\u202ee\\x07" in table
