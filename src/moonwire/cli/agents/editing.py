"""What the editors of the kinds of file have in common: changes as splices, and when they refuse.

A file of somebody else's is never written anew from its values: that would lose comments, order, spacing
and spelling. A change is a few splices of its text instead, and undoing it is the same splices backwards.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import msgspec

__all__ = ["Editor", "Path", "Refused", "Splice", "at", "place", "same", "spell", "spliced"]

Path = tuple[str, ...]


class Refused(Exception):
    """The text cannot be changed with certainty. `line` is 0 where no line is to blame."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Splice(msgspec.Struct, frozen=True, array_like=True):
    """`length` characters from `start` on become `text`."""

    start: int
    length: int
    text: str


class Editor(NamedTuple):
    """One kind of file. All of these are pure; those that read refuse what they do not understand."""

    read: Callable[[str], dict[str, Any]]
    """What the text says."""
    dump: Callable[[Any], str]
    """How a value is written."""
    raw: Callable[[str, Path], str | None]
    """How the value at a path is written now, if there is one."""
    put: Callable[[str, Path, str], Sequence[Splice]]
    """Splices, to be made in this order, after which the value at the path is written so."""
    drop: Callable[[str, Path, int], Sequence[Splice]]
    """Splices that take the value away, and what it stood in from that depth on where that is empty then."""


def spliced(text: str, splices: Sequence[Splice]) -> tuple[str, list[Splice]]:
    """The text after the splices, one after the other, and those that lead back.

    >>> text, back = spliced("a b", [Splice(2, 1, "cd"), Splice(0, 0, "x")])
    >>> text, spliced(text, back)[0]
    ('xa cd', 'a b')
    """
    back: list[Splice] = []
    for start, length, new in ((one.start, one.length, one.text) for one in splices):
        back.append(Splice(start, len(new), text[start : start + length]))
        text = text[:start] + new + text[start + length :]
    return text, back[::-1]


def at(value: Any, path: Path) -> Any:
    """What stands at a path of tables. Raises `LookupError` where nothing does."""
    for step in path:
        if not isinstance(value, dict):
            raise LookupError(step)
        value = cast("dict[str, Any]", value)[step]
    return value


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds: 1 is not true, and what is no number is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(one, list):
        items, others = cast("list[Any]", one), cast("list[Any]", other)
        return len(items) == len(others) and all(map(same, items, others))
    return one == other or (one != one and other != other)


def place(text: str, position: int) -> int:
    """The line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1


def spell(path: Path) -> str:
    """A path as people read it.

    >>> spell(("models", "kimi-k2.6", "name"))
    'models."kimi-k2.6".name'
    """
    return ".".join(
        step if step.replace("-", "").isalnum() or "_" in step else json.dumps(step) for step in path
    )
