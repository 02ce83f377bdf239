"""Following JSON text as it arrives, without building what it says.

Everything here reads each character once and keeps a few flags, so a call's arguments can stream
through byte by byte while it is still known where they end and whether a marker stands in a string.
"""

import json
import re

import msgspec

__all__ = ["BareString", "Extent", "is_json"]

# Possessive repeats: nothing here can backtrack.
_STRING_BODY = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)'
_STEPS = {
    "{": re.compile(_STRING + r"|[{}]|\\(?:.|\Z)", re.DOTALL),
    "[": re.compile(_STRING + r"|[\[\]]|\\(?:.|\Z)", re.DOTALL),
    '"': re.compile(_STRING, re.DOTALL),
}


class Extent:
    """Finds where one object, array or string ends.

    Only brackets of the outermost kind are counted, so that the end is the same however the text is
    cut; whether what lies between is JSON is another question (`is_json`).

    >>> Extent("{").feed('{"a": "}"} rest')
    10
    """

    __slots__ = ("_depth", "_escaped", "_opener", "_steps", "fresh", "in_string")

    def __init__(self, opener: str) -> None:
        self._opener = opener
        self._steps = _STEPS[opener]
        self._depth = 0
        self._escaped = False
        self.in_string = False
        self.fresh = True

    def feed(self, text: str) -> int:
        """The position just after the end of the value, or -1 while it goes on."""
        self.fresh = False
        size = len(text)
        position = 0
        if self._escaped and text:
            self._escaped = False
            position = 1
        if self.in_string:
            position = self._leave_string(text, position)
            if position < 0:
                return -1
            if self._opener == '"':
                return position
        opener = self._opener
        depth = self._depth
        for step in self._steps.finditer(text, position):
            first = text[step.start()]
            if first == '"':
                if step.end() >= size - 1 and not step.group(1):
                    self.in_string = True
                    self._escaped = step.end() < size
                elif opener == '"':
                    return step.end()
            elif first == opener:
                depth += 1
            elif first != "\\":
                depth -= 1
                if depth == 0:
                    return step.end()
            elif step.end() - step.start() == 1:
                self._escaped = True
        self._depth = depth
        return -1

    def _leave_string(self, text: str, position: int) -> int:
        match = _STRING_BODY.match(text, position)
        end = match.end() if match else position
        if end == len(text):
            return -1
        if text[end] == "\\":
            self._escaped = True
            return -1
        self.in_string = False
        return end + 1


# A run of string content that decodes by itself: no half escape, no half surrogate pair.
_DECODABLE = re.compile(
    r'(?:[^"\\]++|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\["\\/bfnrt])*+'
)
_HALF_ESCAPE = re.compile(
    r"\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?\Z"
)


class BareString:
    """Decodes a JSON string as it arrives: the content of arguments that were encoded twice.

    An escape that is not JSON stays as it was written.

    >>> string = BareString()
    >>> string.feed(r'{\\"a'), string.feed(r'\\": 1}" ')
    (('{"a', ''), ('": 1}', ' '))
    """

    __slots__ = ("_tail", "ended")

    def __init__(self) -> None:
        self._tail: str = ""
        self.ended = False

    def feed(self, text: str) -> tuple[str, str]:
        """What the string says, and what came after its closing quote. The opening quote is not fed."""
        text = self._tail + text
        self._tail = ""
        position = 0
        said: list[str] = []
        while True:
            match = _DECODABLE.match(text, position)
            end = match.end() if match else position
            said.append(json.loads(f'"{text[position:end]}"', strict=False))
            if end == len(text):
                return "".join(said), ""
            if text[end] == '"':
                self.ended = True
                return "".join(said), text[end + 1 :]
            if _HALF_ESCAPE.match(text, end):
                self._tail = text[end:]
                return "".join(said), ""
            said.append(text[end])
            position = end + 1

    def cut(self) -> str:
        """What is left when the text ends inside the string: half an escape, as it was written."""
        return self._tail


def is_json(text: str) -> bool | None:
    """Whether the text is one JSON value; `None` where it is nested too deeply to find out.

    >>> is_json('{"a": 1e2}'), is_json('{"a": 1,}')
    (True, False)
    """
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    except RecursionError:
        return None
    return True
