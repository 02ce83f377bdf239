"""K3 tags: what stands between `<|open|>` or `<|close|>` and `<|sep|>`."""

import re

import msgspec

__all__ = ["USUAL_HEADS", "USUAL_SO_FAR", "Tag", "could_be_tag", "read_tags"]

# The longest names first: fused tags are split at the first name that fits.
_NAMES = ("argument", "response", "message", "think", "tools", "call", "json")
_NAME = re.compile("|".join(_NAMES))
_ATTRIBUTE = re.compile(r'\s+([A-Za-z_]+)="([^"]*)"')
_BEGINNINGS = frozenset(name[:length] for name in _NAMES for length in range(1, len(name)))
# Attributes so far, the last of them perhaps under way.
_ATTRIBUTES_SO_FAR = re.compile(
    r'(?:\s++[A-Za-z_]++="[^"]*+")*+(?:\s++(?:[A-Za-z_]++(?:=(?:"[^"]*+)?)?)?)?\Z'
)

# What the model writes nearly always, up to the first value: no need to look closer.
_USUAL_STARTS = ('argument key="', 'call tool="', 'json type="')
USUAL_HEADS = frozenset(
    head[:length]
    for head in (*_USUAL_STARTS, "think", "response", "tools", "message")
    for length in range(len(head) + 1)
)
# And from there on.
USUAL_SO_FAR = re.compile(
    r'(?:argument key|call tool|json type)="[^"]*+'
    r'(?:"(?:\s++[A-Za-z_]++="[^"]*+")*+(?:\s++(?:[A-Za-z_]++(?:=(?:"[^"]*+)?)?)?)?)?\Z'
)


class Tag(msgspec.Struct, frozen=True):
    """One tag. `raw` is its text with its control tokens; a fused one is given to its first part."""

    opens: bool
    name: str
    attributes: dict[str, str]
    raw: str


def read_tags(opens: bool, head: str, raw: str) -> list[Tag]:
    """The tags that a head spells: none if it is not one, several if tags were fused.

    A server that loses `<|sep|><|open|>` between two tags leaves `<|open|>toolscall tool="x"<|sep|>`.
    Attribute values escape `"` and `&` alone, in that order of decoding.

    >>> [tag.name for tag in read_tags(True, 'toolscall tool="f" index="1"', "")]
    ['tools', 'call']
    """
    if head in _NAMES:
        return [Tag(opens, head, {}, raw)]
    names, rest = _names(head)
    attributes: dict[str, str] = {}
    position = 0
    while match := _ATTRIBUTE.match(rest, position):
        attributes[match.group(1)] = match.group(2).replace("&quot;", '"').replace("&amp;", "&")
        position = match.end()
    if not names or rest[position:].strip() or (attributes and not opens):
        return []
    last = len(names) - 1
    return [
        Tag(opens, name, attributes if place == last else {}, raw if place == 0 else "")
        for place, name in enumerate(names)
    ]


def could_be_tag(opens: bool, head: str) -> bool:
    """Whether a head may still become one as more of it arrives.

    >>> could_be_tag(True, "tools and then"), could_be_tag(True, "too"), could_be_tag(True, 'call tool="a b')
    (False, True, True)
    """
    names, rest = _names(head)
    if not rest.strip():
        return True
    if not rest[0].isspace():
        return rest in _BEGINNINGS
    return opens and bool(names) and _ATTRIBUTES_SO_FAR.match(rest) is not None


def _names(head: str) -> tuple[list[str], str]:
    """The known names that the head begins with, and what stands behind them."""
    position = len(head) - len(head.lstrip())
    names: list[str] = []
    while match := _NAME.match(head, position):
        names.append(match.group())
        position = match.end()
    return names, head[position:]
