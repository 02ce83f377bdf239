"""What a line of the user's is: words for the model, or a command. Pure."""

from difflib import get_close_matches
from typing import Final, NamedTuple

__all__ = ["COMMANDS", "Order", "Said", "Wrong", "help_lines", "parsed"]


class Command(NamedTuple):
    """One command: its name, what may follow, and what it does."""

    name: str
    takes: str
    does: str
    needs: bool = False
    """Whether something has to follow."""


COMMANDS: Final = (
    Command("help", "", "these lines"),
    Command("model", "[NAME]", "go on with another model, with all that was said; or say which one it is"),
    Command("think", "[on|off|low|high|max]", "whether, or how much, the model thinks"),
    Command(
        "thoughts", "[show|fold|hide]", "the last thoughts, whole; or how thoughts are shown from now on"
    ),
    Command("btw", "QUESTION", "a question aside, also during a turn: no history, no tools", needs=True),
    Command("compact", "[HINT]", "replace what was said by a summary; the hint says what matters"),
    Command("tokens", "", "how full the window is, and what everything cost"),
    Command("explain", "", "what was repaired in the last request and answer, and its budget"),
    Command("tools", "", "the tools, and which of them need not ask"),
    Command("save", "FILE", "write the conversation down: .md as a page, .jsonl as messages", needs=True),
    Command("retry", "", "the last prompt again, without the answer that it had"),
    Command("new", "", "begin a new conversation"),
    Command("quit", "", "leave; Ctrl-D does so too"),
)
_NAMES: Final = {command.name: command for command in COMMANDS}
_ALIASES: Final = {"exit": "quit", "q": "quit", "bye": "quit", "?": "help", "h": "help", "clear": "new"}


class Said(NamedTuple):
    """Words for the model; empty ones are none."""

    text: str


class Order(NamedTuple):
    """A command and what follows it."""

    name: str
    rest: str = ""


class Wrong(NamedTuple):
    """A command that there is not, or not so; and what to say of it."""

    why: str


def parsed(line: str) -> Said | Order | Wrong:
    """What a line is. One that is to begin with a slash for the model begins with two.

    >>> parsed("/think high"), parsed(" hello\\n"), parsed("//etc/hosts")
    (Order(name='think', rest='high'), Said(text='hello'), Said(text='/etc/hosts'))
    """
    text = line.strip()
    if not text.startswith("/"):
        return Said(text)
    if text.startswith("//"):
        return Said(text[1:])
    word, rest = [*text[1:].split(None, 1), "", ""][:2]
    command = _NAMES.get(_ALIASES.get(word, word))
    if command is None:
        near = get_close_matches(word, _NAMES, 1)
        hint = f"; did you mean /{near[0]}?" if near else ""
        return Wrong(f"there is no /{word}{hint}\nthere are {_listed()}; // begins a text with a slash")
    if command.needs and not rest:
        return Wrong(f"/{command.name} {command.takes}: {command.does}")
    return Order(command.name, rest)


def _listed() -> str:
    return ", ".join(f"/{name}" for name in _NAMES)


def help_lines() -> list[str]:
    """What there is, a line each."""
    width = max(len(f"/{one.name} {one.takes}") for one in COMMANDS)
    lines = [f"{f'/{one.name} {one.takes}':{width}}  {one.does}" for one in COMMANDS]
    return [
        *lines,
        "",
        "Enter sends; Alt-Enter, or a backslash at the end, begins another line; pasted text stays whole.",
        "Ctrl-C stops a turn, or clears the line; Ctrl-D leaves; Ctrl-O shows the last thoughts.",
        "What is typed during a turn is sent when it is over; /btw is answered at once.",
    ]
