"""A line is words, a command, or wrong; and the help names every command."""

import pytest

from moonwire.cli.talk.commands import COMMANDS, Order, Said, Wrong, help_lines, parsed

LINES: dict[str, Said | Order] = {
    "hello": Said("hello"),
    "  hello\n world  ": Said("hello\n world"),
    "": Said(""),
    "   ": Said(""),
    "/help": Order("help"),
    "/?": Order("help"),
    "/q": Order("quit"),
    "/exit": Order("quit"),
    " /think  high ": Order("think", "high"),
    "/model kimi-k2.6": Order("model", "kimi-k2.6"),
    "/btw what is it?\nand why?": Order("btw", "what is it?\nand why?"),
    "/btw\nwhat is it?": Order("btw", "what is it?"),
    "/save a file.md": Order("save", "a file.md"),
    "//etc/hosts is what?": Said("/etc/hosts is what?"),
    "a / b": Said("a / b"),
}
WRONG = {
    "/nope": "there is no /nope\nthere are /help, /model, ",
    "/modle x": "there is no /modle; did you mean /model?",
    "/etc/hosts": "// begins a text with a slash",
    "/": "there is no /\n",
    "/btw": "/btw QUESTION: a question aside",
    "/save ": "/save FILE: ",
}


@pytest.mark.parametrize(("line", "what"), LINES.items())
def test_what_a_line_is(line: str, what: Said | Order) -> None:
    assert parsed(line) == what


@pytest.mark.parametrize(("line", "why"), WRONG.items())
def test_what_is_wrong_says_what_there_is(line: str, why: str) -> None:
    found = parsed(line)
    assert isinstance(found, Wrong) and why in found.why


def test_the_help_names_every_command_and_fits_a_terminal() -> None:
    lines = help_lines()
    assert all(any(line.startswith(f"/{command.name}") for line in lines) for command in COMMANDS)
    assert max(map(len, lines)) < 120
