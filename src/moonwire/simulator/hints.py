"""What the user named: the values that a model would take over from the request."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from moonwire.core.validation.values import parts_of

__all__ = ["Hints", "plain"]

MOST = 64
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def plain(text: str) -> str:
    """A text as it is compared: without case, and with spaces for the joints of a name.

    >>> plain("Start_Date"), plain("start date")
    ('start date', 'start date')
    """
    return re.sub(r"[\s_-]+", " ", text.strip()).casefold()


class Hints:
    """Words and numbers, each of which becomes the value of one free property at most.

    >>> hints = Hints(["Paris", "3"], {"city": {"type": "string"}})
    >>> hints.text(lambda text: True), hints.number(lambda number: True), hints.text(lambda text: True)
    ('Paris', 3, None)
    """

    def __init__(self, texts: Sequence[str], schema: Any) -> None:
        given = [text for text in dict.fromkeys(texts) if text][:MOST]
        self._numbers = {text: _number(text) for text in given if _NUMBER.fullmatch(text)}
        self._names = {plain(text) for text in given}
        meant = self._meant(schema) if given else set[str]()
        self._texts = [text for text in given if text not in self._numbers and plain(text) not in meant]
        self.used: frozenset[str] = frozenset()

    def _meant(self, schema: Any) -> set[str]:
        """What the schema itself says somewhere, as a property's name or as a value to choose."""
        found: set[str] = set()
        waiting: list[Any] = [schema]
        seen: set[int] = set()
        while waiting:
            value = waiting.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            for key, part in parts_of(value):
                if key in ("enum", "const"):
                    found.update(_texts(part))
                elif key == "properties":
                    found.update(plain(name) for name, _ in parts_of(part) if isinstance(name, str))
                if isinstance(part, dict | list):
                    waiting.append(part)
        return found & self._names

    @property
    def any(self) -> bool:
        """Whether the user named anything."""
        return bool(self._names)

    def named(self, text: Any) -> bool:
        """Whether the user named this text."""
        return isinstance(text, str) and bool(self._names) and plain(text) in self._names

    def best(self, values: Iterable[Any]) -> Iterator[Any]:
        """Those of the values that the user named."""
        for value in values:
            if self.named(value if isinstance(value, str) else str(value).lower()):
                yield value

    def once(self, key: str) -> bool:
        """Whether this is asked for the first time: a name asked for brings in one property, not a chain."""
        fresh = key not in self.used
        self.used |= {key}
        return fresh

    def text(self, fits: Callable[[str], bool]) -> str | None:
        """The next word that fits; a number only where no word is left."""
        return self._take([*self._texts, *self._numbers], fits)

    def number(self, fits: Callable[[float], bool]) -> float | None:
        """The next number that fits."""
        text = self._take([*self._numbers], lambda text: fits(self._numbers[text]))
        return None if text is None else self._numbers[text]

    def _take(self, texts: list[str], fits: Callable[[str], bool]) -> str | None:
        for text in texts:
            if text not in self.used and fits(text):
                self.used |= {text}
                return text
        return None


def _texts(part: Any) -> list[str]:
    values = [value for _, value in parts_of(part)] or [part]
    return [plain(value) for value in values if isinstance(value, str)]


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)
