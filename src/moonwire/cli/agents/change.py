"""Settings put into a text, and taken out of it again. Pure: texts, and nothing of where they are.

What was put in is written down as a `Change`: the splices that lead back, byte for byte, as long as nobody
has changed the text since; and each key with what stood there before, for when somebody has.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec

from moonwire.cli.agents import edit_json, edit_toml, edit_yaml
from moonwire.cli.agents.editing import Editor, Path, Refused, Splice, at, same, spell, spliced

__all__ = ["EDITORS", "Change", "Taken", "Undone", "apply", "holds", "settings", "undo"]

EDITORS: Final[Mapping[str, Editor]] = {
    "json": edit_json.EDITOR,
    "toml": edit_toml.EDITOR,
    "yaml": edit_yaml.EDITOR,
}
"""By the kind of file."""


class Taken(msgspec.Struct, frozen=True):
    """A key that was set: its value now, how its old one was written, and how much of its path was there."""

    path: Path
    new: Any
    old: str | None
    depth: int


class Change(msgspec.Struct, frozen=True):
    """What was done to a text. `before` is None where there was no file."""

    before: str | None
    after: str
    back: tuple[Splice, ...]
    taken: tuple[Taken, ...]


class Undone(NamedTuple):
    """The text without what was set. Keys that somebody has changed since are left as they are."""

    text: str
    exact: bool
    left: tuple[Path, ...] = ()


def settings(template: Mapping[str, Any], above: Path = ()) -> list[tuple[Path, Any]]:
    """The leaves of nested tables.

    >>> settings({"a": {"b": 1, "c": [2]}})
    [(('a', 'b'), 1), (('a', 'c'), [2])]
    """
    found: list[tuple[Path, Any]] = []
    for key, value in template.items():
        if isinstance(value, Mapping) and len(table := cast("Mapping[str, Any]", value)):
            found += settings(table, (*above, key))
        else:
            found.append(((*above, key), cast("Any", value)))
    return found


def digest(text: str) -> str:
    """What a text is known again by."""
    return hashlib.sha256(text.encode()).hexdigest()


def holds(editor: Editor, text: str, wanted: Sequence[tuple[Path, Any]]) -> bool:
    """Whether the text says all of it already."""
    value = editor.read(text)
    return all(_says(value, path, new) for path, new in wanted)


def apply(editor: Editor, text: str | None, wanted: Sequence[tuple[Path, Any]]) -> tuple[str, Change]:
    """The text with these settings, and nothing else changed."""
    start = text or ""
    value = editor.read(start)
    current = start
    back: list[Splice] = []
    taken: list[Taken] = []
    for path, new in wanted:
        taken.append(Taken(path, new, editor.raw(current, path), _depth(editor.read(start), path)))
        current, undoing = spliced(current, editor.put(current, path, editor.dump(new)))
        back = undoing + back
        value = _with(value, path, new)
        if not _reads(editor, current, value):
            raise Refused(f"{spell(path)} cannot be set without changing something else")
    change = Change(None if text is None else digest(text), digest(current), tuple(back), tuple(taken))
    return current, change


def undo(editor: Editor, text: str, change: Change) -> Undone:
    """The text as it was before; where it has been changed since, without the keys that are still as set."""
    if digest(text) == change.after:
        return Undone(spliced(text, change.back)[0], exact=True)
    left: list[Path] = []
    for one in reversed(change.taken):
        value = editor.read(text)
        if not _says(value, one.path, one.new):
            left += [one.path] if _is_there(value, one.path) else []
            continue
        if one.old is None:
            splices = editor.drop(text, one.path, one.depth)
        else:
            splices = editor.put(text, one.path, one.old)
        text = spliced(text, splices)[0]
        if not _reads(editor, text, _restored(editor, value, one)):
            raise Refused(f"{spell(one.path)} cannot be taken out without changing something else")
    return Undone(text, exact=False, left=tuple(reversed(left)))


def _reads(editor: Editor, text: str, value: dict[str, Any]) -> bool:
    try:
        return same(editor.read(text), value)
    except Refused:
        return False


def _restored(editor: Editor, value: dict[str, Any], one: Taken) -> dict[str, Any]:
    """What the text says once the key is as it was."""
    if one.old is None:
        return _pruned(value, one)
    alone = spliced("", editor.put("", one.path, one.old))[0]
    return _with(value, one.path, at(editor.read(alone), one.path))


def _says(value: Any, path: Path, new: Any) -> bool:
    try:
        return same(at(value, path), new)
    except LookupError:
        return False


def _is_there(value: Any, path: Path) -> bool:
    try:
        at(value, path)
    except LookupError:
        return False
    return True


def _depth(value: Any, path: Path) -> int:
    """How many steps of the path are there."""
    return max(depth for depth in range(len(path) + 1) if _is_there(value, path[:depth]))


def _with(value: dict[str, Any], path: Path, new: Any) -> dict[str, Any]:
    """A copy with the value there. Tables are made; what is in the way is somebody else's to refuse."""
    inside = value.get(path[0])
    if len(path) == 1:
        return {**value, path[0]: new}
    table = cast("dict[str, Any]", inside) if isinstance(inside, dict) else {}
    return {**value, path[0]: _with(table, path[1:], new)}


def _pruned(value: dict[str, Any], one: Taken) -> dict[str, Any]:
    """A copy without the key, and without the tables of its path that are empty then and were not there."""

    def without(table: dict[str, Any], path: Path, depth: int) -> dict[str, Any]:
        rest = {key: inner for key, inner in table.items() if key != path[0]}
        inner = table.get(path[0])
        if len(path) > 1 and isinstance(inner, dict):
            kept = without(cast("dict[str, Any]", inner), path[1:], depth + 1)
            if kept or depth < one.depth:
                rest[path[0]] = kept
        return rest

    return without(value, one.path, 0)
