"""Changes of a JSON text that leave the rest of it as it is. Comments and trailing commas are understood."""

import json
import re
from typing import Any, Final, NamedTuple

from moonwire.cli.agents.editing import Editor, Path, Refused, Splice, place, spell

__all__ = ["EDITOR"]

_BLANK: Final = " \t\r\n"
_DEEPEST: Final = 100
_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+|//[^\n]*|/\*.*?\*/)
    |(?P<text>"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*")
    |(?P<word>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)
    |(?P<mark>[{}\[\],:])""",
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    text: str
    start: int
    end: int
    mark: bool


class _Node(NamedTuple):
    """A value, and where it stands. Only objects have members."""

    start: int
    end: int
    value: Any
    members: "tuple[_Member, ...] | None" = None


class _Member(NamedTuple):
    """A key with its value; `comma` is where the comma behind it stands, or -1."""

    key: str
    start: int
    node: _Node
    comma: int


class _Parser:
    """Reads a whole text. Every refusal names the line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._cut(text)
        self._at = 0

    def _cut(self, text: str) -> list[_Token]:
        found: list[_Token] = []
        position = len("\ufeff") if text.startswith("\ufeff") else 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                shown = text[position : position + 20].split("\n")[0]
                raise Refused(f"not JSON: {shown!r} is not understood", place(text, position))
            if match.lastgroup != "blank":
                found.append(_Token(match.group(), match.start(), match.end(), match.lastgroup == "mark"))
            position = match.end()
        return found

    def document(self) -> _Node:
        node = self._value(0)
        if self._at < len(self._tokens):
            raise self._refusal("something stands behind the end")
        return node

    def _refusal(self, reason: str) -> Refused:
        last = self._at >= len(self._tokens)
        position = len(self._text) if last else self._tokens[self._at].start
        return Refused(f"not JSON: {'it breaks off' if last else reason}", place(self._text, position))

    def _next(self, *, mark: str = "") -> _Token:
        if self._at >= len(self._tokens) or (mark and self._tokens[self._at].text not in mark):
            raise self._refusal(f"one of {' '.join(mark)} was expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _value(self, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise self._refusal("it is nested too deeply")
        token = self._next()
        if token.text == "{":
            return self._object(token, depth)
        if token.text == "[":
            return self._array(token, depth)
        if token.mark:
            self._at -= 1
            raise self._refusal("a value was expected")
        return _Node(token.start, token.end, self._scalar(token))

    def _scalar(self, token: _Token) -> Any:
        try:
            return json.loads(token.text)
        except ValueError as error:
            raise Refused(f"not JSON: {str(error).split(':')[0]}", place(self._text, token.start)) from None

    def _array(self, opening: _Token, depth: int) -> _Node:
        items: list[Any] = []
        while self._peek() != "]":
            items.append(self._value(depth + 1).value)
            if self._peek() != "]":
                self._next(mark=",")
        return _Node(opening.start, self._next().end, items)

    def _object(self, opening: _Token, depth: int) -> _Node:
        members: list[_Member] = []
        while self._peek() != "}":
            if not self._peek().startswith('"'):
                raise self._refusal("a key was expected")
            key = self._next()
            self._next(mark=":")
            node = self._value(depth + 1)
            comma = -1 if self._peek() == "}" else self._next(mark=",").start
            members.append(_Member(self._scalar(key), key.start, node, comma))
        value = {member.key: member.node.value for member in members}
        return _Node(opening.start, self._next().end, value, tuple(members))


def _bare(text: str) -> bool:
    return not text.strip(_BLANK + "\ufeff")


def _root(text: str) -> _Node:
    node = _Parser(text).document()
    if node.members is None:
        raise Refused("it holds no object", place(text, node.start))
    return node


def _member(node: _Node, key: str) -> _Member | None:
    """The last of equal keys counts, as for everybody who reads it."""
    return next((one for one in reversed(node.members or ()) if one.key == key), None)


def _read(text: str) -> dict[str, Any]:
    return {} if _bare(text) else _root(text).value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _raw(text: str, path: Path) -> str | None:
    node = None if _bare(text) else _root(text)
    for step in path:
        found = _member(node, step) if node else None
        node = found.node if found else None
    return text[node.start : node.end] if node else None


def _put(text: str, path: Path, raw: str) -> list[Splice]:
    if _bare(text):
        start = Splice(len(text), 0, "{}\n")
        return [start, *_put(text + start.text, path, raw)]
    node = _root(text)
    for depth, step in enumerate(path):
        if node.members is None:
            raise Refused(f"{spell(path[:depth])} is no object", place(text, node.start))
        found = _member(node, step)
        if found is None:
            return _added(text, node, path[depth:], raw)
        node = found.node
    return [Splice(node.start, node.end - node.start, raw)]


def _added(text: str, node: _Node, keys: Path, raw: str) -> list[Splice]:
    """A new last member of the object, written as its others are."""
    members = node.members or ()
    inside = text[node.start : node.end]
    last = members[-1] if members else None
    # The last thing in the object, which may be a comment.
    tail = node.start + len(inside[:-1].rstrip(_BLANK))
    comma = [Splice(last.node.end, 0, ",")] if last and last.comma < 0 else []
    # What is written on one line stays on it, but for an object that is empty where there are lines.
    if "\n" not in inside and (members or ("\n" not in text.strip() and inside != text.strip())):
        entry = "".join(f"{_dump(key)}: {{" for key in keys[:-1]) + f"{_dump(keys[-1])}: {raw}"
        return [Splice(tail, 0, f"{' ' if members else ''}{entry}{'}' * (len(keys) - 1)}"), *comma]
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text)
    base = _indent(text, node.start)
    indent = _indent(text, members[0].start) if members and _leads(text, members[0].start) else base + unit
    lines = [f"{indent}{unit * depth}{_dump(key)}: {{" for depth, key in enumerate(keys[:-1])]
    lines.append(f"{indent}{unit * (len(keys) - 1)}{_dump(keys[-1])}: {raw}")
    lines += [f"{indent}{unit * depth}}}" for depth in reversed(range(len(keys) - 1))]
    end = "" if "\n" in text[tail : node.end] else newline + base
    return [Splice(tail, 0, newline + newline.join(lines) + end), *comma]


def _leads(text: str, position: int) -> bool:
    """Whether it is the first thing on its line."""
    return not text[text.rfind("\n", 0, position) + 1 : position].strip(" \t")


def _indent(text: str, position: int) -> str:
    """The blanks that the line of this position begins with."""
    line = text[text.rfind("\n", 0, position) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """How far the document moves in for each level."""
    members = _root(text).members or ()
    first = members[0].start if members else 0
    return (_indent(text, first) if first and _leads(text, first) else "") or "  "


def _drop(text: str, path: Path, depth: int) -> list[Splice]:
    node = _root(text)
    nodes: list[_Node] = []
    for step in path:
        nodes.append(node)
        found = _member(node, step)
        if found is None:
            return []
        node = found.node
    level = len(path) - 1
    while level > depth and _alone(text, nodes[level]):
        level -= 1
    return _without(text, nodes[level], path[level])


def _alone(text: str, node: _Node) -> bool:
    """Whether an object holds one member, and no comment either."""
    members = node.members or ()
    if len(members) != 1:
        return False
    around = text[node.start + 1 : members[0].start] + text[members[0].node.end : node.end - 1]
    return not around.strip(_BLANK + ",")


def _without(text: str, node: _Node, key: str) -> list[Splice]:
    members = node.members or ()
    index = max(index for index, one in enumerate(members) if one.key == key)
    gone = members[index]
    splices: list[Splice] = []
    end = gone.node.end
    if gone.comma >= 0 and not text[end : gone.comma].strip(_BLANK):
        end = gone.comma + 1
    elif gone.comma >= 0:
        splices.append(Splice(gone.comma, 1, ""))
    start = gone.start
    if _leads(text, start):
        after = len(text[end:]) - len(text[end:].lstrip(" \t\r"))
        if text[end + after : end + after + 1] == "\n":
            start = text.rfind("\n", 0, start) + 1
            end += after + 1
    elif start and text[start - 1] in " \t":
        start -= 1
    splices.append(Splice(start, end - start, ""))
    if gone.comma < 0 and index:
        splices.append(Splice(members[index - 1].comma, 1, ""))
    return splices


EDITOR: Final = Editor(_read, _dump, _raw, _put, _drop)
"""JSON, with comments or without."""
