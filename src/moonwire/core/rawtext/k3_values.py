"""The values of K3 arguments, written as JSON while they arrive.

A K3 call names a type for each argument. A string's body is raw text, every other body is JSON
(raw-text.md 2.1). What comes out is one member of a JSON object, as soon as it can be: raw text
escaped piece by piece, JSON passed on verbatim up to where it is known to be well formed.
"""

import re
from json.encoder import encode_basestring
from typing import Final

from moonwire.core.rawtext.json_text import is_json
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from moonwire.core.rawtext.pieces import Pieces

__all__ = ["JsonValue", "StringValue", "quoted"]

_LONE = re.compile("[\ud800-\udfff]")


def escaped(text: str) -> str:
    """The text as it stands between the quotes of a JSON string, everything beyond ASCII kept."""
    inner = encode_basestring(text)[1:-1]
    if not text.isascii() and _LONE.search(inner):
        # Half a surrogate pair cannot be encoded; as an escape it can.
        inner = _LONE.sub(lambda match: f"\\u{ord(match.group()):04x}", inner)
    return inner


def quoted(text: str) -> str:
    """The text as a JSON string."""
    return f'"{escaped(text)}"'


class StringValue:
    """A raw string: everything is content, whatever it looks like."""

    __slots__ = ()
    in_string: Final = True
    repaired: Final = False
    spoilt: Final = False

    def open(self) -> str:
        """What the member's value begins with."""
        return '"'

    def feed(self, text: str) -> str:
        """The next piece of the value, as JSON."""
        return escaped(text)

    def end(self) -> str:
        """What the value ends with."""
        return '"'

    def cut(self) -> str:
        """What is left to deliver when the text breaks off."""
        return ""


_SCALAR = re.compile(r"[0-9.eE+\-]++|[a-z]++")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?\Z")
_WORDS = frozenset({"true", "false", "null"})
_CONTENT = re.compile(r'(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+')
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")

# What may come next outside a string: for each state, what the first character of a token does.
_VALUES = {
    '"': "string",
    "{": "open",
    "[": "open",
    **dict.fromkeys("-0123456789", "scalar"),
    **dict.fromkeys("tfn", "scalar"),
}
_BLANKS = dict.fromkeys(" \t\n\r", "blank")
_ALLOWED: dict[str, dict[str, str]] = {
    "value": {**_VALUES, **_BLANKS},
    "value or end": {**_VALUES, **_BLANKS, "]": "close"},
    "key": {'"': "key", **_BLANKS},
    "key or end": {'"': "key", "}": "close", **_BLANKS},
    "colon": {":": "value", **_BLANKS},
    "comma or ]": {",": "value", "]": "close", **_BLANKS},
    "comma or }": {",": "to key", "}": "close", **_BLANKS},
    "end": _BLANKS,
}
# Nested deeper than this, nobody's decoder takes it as JSON.
_DEEPEST = 500
# What makes the text so far whole if nothing comes next.
_FILLERS = {"value": "null", "key": '"": null', "colon": ": null"}


class JsonValue:
    """A typed value: JSON, verbatim and at once. What is not JSON becomes a JSON string.

    An object or array streams while it is well formed. Should it stop being so, what was delivered
    is closed, and the member is given again as a string that holds the body as it came: the last of
    two equal keys wins, so the arguments stay JSON and nothing is lost.
    """

    __slots__ = (
        "_expect",
        "_held",
        "_key",
        "_mode",
        "_raw",
        "_rest",
        "_size",
        "_stack",
        "_string",
        "repaired",
        "spoilt",
    )

    def __init__(self, key: str) -> None:
        self._key = key
        self._mode: str = "lead"
        self._raw = Pieces(MAX_HELD)
        self._rest = ""
        self._size = 0
        self._held: str = ""
        self._stack: list[str] = []
        self._expect = "value"
        # Inside a string: what to expect behind it.
        self._string = ""
        self.repaired = False
        self.spoilt = False

    @property
    def in_string(self) -> bool:
        """Whether the next character stands inside a JSON string."""
        return self._mode == "tree" and bool(self._string)

    def open(self) -> str:
        """What the member's value begins with."""
        return ""

    def feed(self, text: str) -> str:
        """The next piece of the value, as JSON."""
        if self._mode == "tree" and self._size + len(text) <= MAX_HELD:
            self._size += len(text)
            self._raw.add(text)
            return self._feed_tree(text)
        if self._mode == "lead":
            text = text.lstrip()
            if not text:
                return ""
            self._mode = "tree" if text[0] in "{[" else "scalar"
        if self._mode == "string":
            return escaped(text)
        self._size += len(text)
        if self._mode == "lost":
            return ""
        self._rest = self._raw.add(text)
        if self._rest and self._mode == "scalar":
            return self._as_string()
        return "" if self._mode == "scalar" else self._feed_tree(text)

    def end(self) -> str:
        """What the value ends with."""
        if self._mode == "string":
            return '"'
        if self._mode == "tree":
            if self._expect == "end" and not self._string and not self._held:
                return ""
            restated = self._restate()
            return restated if self.spoilt else restated + '"'
        if self._mode == "lost":
            return ""
        body = self._raw.text().strip()
        if is_json(body):
            return body
        self.repaired = True
        return quoted(body)

    def cut(self) -> str:
        """What is left to deliver when the text breaks off."""
        return self._raw.text() if self._mode == "scalar" else self._held

    def _as_string(self) -> str:
        self.repaired = True
        self._mode = "string"
        return '"' + escaped(self._raw.take() + self._rest)

    def _restate(self, unread: int = 0) -> str:
        """Close what was delivered and begin the same member again, as a string."""
        filler = '"' + _FILLERS.get(self._string, "") if self._string else _FILLERS.get(self._expect, "")
        closers = "".join("}" if bracket == "{" else "]" for bracket in reversed(self._stack))
        self._string = ""
        if self._size - unread > MAX_HELD:
            # The beginning is gone from memory: it must not be replaced by its rest.
            self._mode = "lost"
            self.spoilt = True
            return filler + closers
        return f"{filler}{closers}, {quoted(self._key)}: {self._as_string()}"

    def _feed_tree(self, text: str) -> str:
        if self._held:
            text, self._held = self._held + text, ""
        position, size = 0, len(text)
        while position < size:
            if self._string:
                quote = text.find('"', position)
                run = text[position:quote] if quote >= 0 else text[position:] if position else text
                if "\\" in run or not run.isprintable():
                    # Escapes, or characters that may not stand in a string as they are: look closely.
                    match = _CONTENT.match(text, position)
                    position = match.end() if match else position
                    if position < size and text[position] != '"':
                        return self._stop_in_string(text, position)
                    quote = position if position < size else -1
                if quote < 0:
                    break
                self._expect, self._string = self._string, ""
                position = quote + 1
                continue
            first = text[position]
            action = _ALLOWED[self._expect].get(first)
            if action == "scalar":
                end = self._scalar(text, position)
                if end < 0:
                    return text[:position] + self._restate(size - position)
                if end == size:
                    self._held = text[position:]
                    return text[:position]
                position = end
            elif action is None or (action == "open" and len(self._stack) >= _DEEPEST):
                return text[:position] + self._restate(size - position)
            else:
                if action != "blank":
                    self._obey(action, first)
                position += 1
        return text

    def _scalar(self, text: str, start: int) -> int:
        """Where the scalar ends, -1 if it is none. One that the text ends in may go on."""
        match = _SCALAR.match(text, start)
        end = match.end() if match else start
        if end == len(text) and end - start <= MAX_BLANK:
            return end
        token = text[start:end]
        if end - start > MAX_BLANK or (token not in _WORDS and not _NUMBER.match(token)):
            return -1
        self._expect = self._behind_value()
        return end

    def _stop_in_string(self, text: str, position: int) -> str:
        if _HALF_ESCAPE.match(text, position):
            self._held = text[position:]
            return text[:position]
        return text[:position] + self._restate(len(text) - position)

    def _obey(self, action: str, first: str) -> None:
        """Take one token outside strings that JSON allows here."""
        if action == "string":
            self._string = self._behind_value()
        elif action == "key":
            self._string = "colon"
        elif action == "open":
            self._stack.append(first)
            self._expect = "key or end" if first == "{" else "value or end"
        elif action == "close":
            self._stack.pop()
            self._expect = self._behind_value()
        else:
            self._expect = "value" if action == "value" else "key"

    def _behind_value(self) -> str:
        if not self._stack:
            return "end"
        return "comma or }" if self._stack[-1] == "{" else "comma or ]"
