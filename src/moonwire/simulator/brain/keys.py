"""The keys that a JSON answer shall have, as users name them."""

import re
from typing import Final

__all__ = ["asked_keys"]

_LIST: Final = r"((?:[\"'`“]?[A-Za-z_]\w{0,40}[\"'`”]?(?:, and |, | and | & )?){1,12})"
# Chinese letters are no part of a key, and a key stands right beside them.
_FLAGS: Final = re.IGNORECASE | re.ASCII

_NAMED: Final = re.compile(
    r"(?:\b(?:keys?|fields?|propert(?:y|ies)|attributes?)\b|字段|键|属性)"
    r"[ :]*(?:called |named |of |are |is |名|为|是|叫|[:：]){0,4}\s*" + _LIST,
    _FLAGS,
)
_BEFORE: Final = re.compile(
    r"[\"'`“]?\b([A-Za-z_]\w{0,40})[\"'`”]? ?(?:key\b|field\b|property\b|字段|键|属性)", _FLAGS
)
_BRACED: Final = re.compile(r"[{,]\s*[\"'`]?([A-Za-z_]\w{0,40})[\"'`]?\s*:", _FLAGS)
_QUOTED: Final = re.compile(r"[\"'`“]([A-Za-z_]\w{0,40})[\"'`”]", re.ASCII)
_LOOSE: Final = re.compile(
    r"(?:\b(?:with|containing|contains?|includ(?:es?|ing)|has|have|having)\b(?: an?| the| only| just){0,3}"
    r"|包含|含有|包括)\s*" + _LIST + r"|\b([A-Za-z_]\w{0,40}) (?:should|must|shall) (?:be|have)\b",
    _FLAGS,
)
_WORD: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_NO_KEYS: Final = frozenset(
    """
    a an the with and or of for in to is are set only one single json object following exactly these this
    that each every key keys field fields property named called contains containing return value as no
    whose where which
    """.split()  # noqa: SIM905 -- a list of words reads best as words
)


def asked_keys(text: str) -> list[str]:
    """The keys that the user wants in a JSON answer, nearly: rather one too many than one too few.

    >>> asked_keys("Return a JSON object with the key city.")
    ['city']
    >>> asked_keys('Give me JSON with fields "name" and "age".')
    ['name', 'age']
    >>> asked_keys("返回一个包含 city 字段的 JSON 对象")
    ['city']
    """
    found = [key for match in _NAMED.finditer(text) for key in _WORD.findall(match[1])]
    for pattern in (_BEFORE, _BRACED, _QUOTED):
        found += [match[1] for match in pattern.finditer(text)]
    return _keys(found) or _keys(
        [key for match in _LOOSE.finditer(text) for key in _WORD.findall(match[1] or match[2])]
    )


def _keys(found: list[str]) -> list[str]:
    return [key for key in dict.fromkeys(found) if key.lower() not in _NO_KEYS]
