"""Lines for a terminal: no wider than it is, and with nothing in them that could drive it."""

import re

import pytest

from moonwire.cli.screen import Piece
from moonwire.cli.talk.paint import Colours, Painter

EVIL = "a\x1b[2Jb\rc\x07\u202ed"
COLOURS: tuple[Colours | None, ...] = (None, "standard", "truecolor")
SHOWN = "a\\x1b[2Jbc\\x07\\u202ed"


@pytest.fixture
def plain() -> Painter:
    return Painter(None)


def test_markdown_is_drawn_within_its_width(plain: Painter) -> None:
    lines = plain.markdown(
        "# Head\n\nSome *text* that is long, and [a link](https://example.com).\n\n- one\n", 30
    )
    assert max(map(len, lines)) <= 30
    text = "\n".join(lines)
    assert "Some text that is long, and" in text and "https://example.com" in text and "• one" in text


def test_around_a_block_there_are_no_empty_lines() -> None:
    painter = Painter("truecolor")
    for block in (
        "text\n\n",
        "- a\n- b\n\n",
        "```python\nx = 1\n```\n\n",
        "# Head\n",
        "| a |\n|---|\n| 1 |\n",
    ):
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in painter.markdown(block, 40)]
        assert lines[0] and lines[-1]
    assert painter.markdown("\n\n", 40) == []


@pytest.mark.parametrize("colours", COLOURS)
def test_nobodys_words_drive_the_terminal(colours: Colours | None) -> None:
    painter = Painter(colours)
    drawn = [
        *painter.markdown(f"{EVIL}\n\n```\n{EVIL}\n```\n[x]({EVIL})", 60),
        *painter.text(EVIL, 60, "dim"),
        *painter.pieces([Piece(EVIL, "red"), Piece("x\n")], 60),
        painter.line(EVIL, 60),
    ]
    for line in drawn:
        bare = re.sub(r"\x1b\[[0-9;]*m", "", line)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", bare)
    assert any(SHOWN in re.sub(r"\x1b\[[0-9;]*m", "", line) for line in drawn)


def test_text_is_wrapped_and_set_in(plain: Painter) -> None:
    assert plain.text("one two three", 9, indent="  ") == ["  one two", "  three"]
    assert plain.text("a\tb\n\nc", 20) == ["a   b", "", "c"]
    assert plain.text("x" * 12, 8) == ["x" * 8, "x" * 4]


def test_a_line_is_cut(plain: Painter) -> None:
    assert plain.line("one\ntwo", 20) == "one two"
    assert plain.line("x" * 30, 10) == "x" * 9 + "…"
    assert plain.line("", 10) == ""


def test_pieces_are_lines_where_they_say_so(plain: Painter) -> None:
    assert plain.pieces([Piece("a "), Piece("b\n"), Piece("c\n")], 20) == ["a b", "c"]


def test_colours_are_those_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in Painter.for_stdout().line("x", 10, "bold")
    monkeypatch.delenv("FORCE_COLOR")
    assert Painter.for_stdout().line("x", 10, "bold") == "x"
