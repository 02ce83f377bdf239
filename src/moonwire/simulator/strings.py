"""Strings of a given length, form and format, words first."""

import re
from collections.abc import Iterator

import msgspec

from moonwire.core.validation.pattern_syntax import WORD, Alternatives, Chars, Repeat, Sequence, Tree, read
from moonwire.core.validation.patterns import SafePattern, safe_pattern

__all__ = ["FORMATS", "Text", "allowed", "looks_right", "strings"]

# Longer ones are refused: no model answers with them, and the replies of an endpoint have a limit.
LONGEST = 20_000
WORDS = ("alpha", "river", "stone", "cedar", "amber", "north", "delta", "maple")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAME = 14

# A value, others of its kind (`<n>` is from 10 to 27), and the form that a hint must have. The addresses are
# from the ranges that are set aside for documents: RFC 2606, 3849, 5737.
FORMATS: dict[str, tuple[str, str, str]] = {
    "date-time": ("2026-01-15T09:30:00Z", "2026-03-<n>T18:05:00Z", r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*"),
    "date": ("2026-01-15", "2026-03-<n>", r"\d{4}-\d\d-\d\d"),
    "time": ("09:30:00Z", "18:<n>:00Z", r"\d\d:\d\d:\d\d.*"),
    "duration": ("P1D", "PT<n>M", r"P[0-9A-Z.]+"),
    "email": ("ada@example.com", "lin<n>@example.org", r"[^@\s]+@[^@\s]+"),
    "idn-email": ("ada@example.com", "lin<n>@example.org", r"[^@\s]+@[^@\s]+"),
    "hostname": ("example.com", "www<n>.example.org", r"[A-Za-z0-9.-]+"),
    "idn-hostname": ("example.com", "www<n>.example.org", r"[^\s/:@]+"),
    "ipv4": ("192.0.2.1", "198.51.100.<n>", r"\d{1,3}(\.\d{1,3}){3}"),
    "ipv6": ("2001:db8::1", "2001:db8::<n>", r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"),
    "uri": ("https://example.com/", "https://example.org/<n>", r"[A-Za-z][A-Za-z0-9+.-]*:\S+"),
    "url": ("https://example.com/", "https://example.org/<n>", r"[A-Za-z][A-Za-z0-9+.-]*:\S+"),
    "iri": ("https://example.com/", "https://example.org/<n>", r"[A-Za-z][A-Za-z0-9+.-]*:\S+"),
    "uri-reference": ("/a", "/a/<n>", r"\S+"),
    "iri-reference": ("/a", "/a/<n>", r"\S+"),
    "uri-template": ("/a/{id}", "/a/<n>/{id}", r"\S+"),
    "uuid": (
        "123e4567-e89b-42d3-a456-426614174000",
        "9b2d6c1e-5f3a-4c7b-8d90-1e2f3a4b5c<n>",
        r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    ),
    "json-pointer": ("/a", "/a/<n>", r"(/.*)?"),
    "relative-json-pointer": ("0", "1/a/<n>", r"\d+.*"),
    "regex": ("^a$", "^a<n>$", r".+"),
    "byte": ("YWJj", "ZG<n>", r"[A-Za-z0-9+/]*=*"),
}
# What a pattern often means: tried before a string is put together out of its characters.
SAMPLES = (
    *(value for value, _, _ in FORMATS.values()),
    *("1", "12", "10:30", "+15551234567", "555-123-4567", "1.2.3", "ABC", "A1", "en", "en-US", "#1a2b3c"),
    *("12345", "/tmp/a.txt", "a.txt", "$1.00", "Alpha", "ABC-123", "2026-01", "user_1", "USD"),
)


class Text(msgspec.Struct, frozen=True):
    """What a string has to be."""

    least: int = 0
    most: int | None = None
    patterns: tuple[str, ...] = ()
    format: str = ""


def looks_right(text: str, name: str) -> bool:
    """Whether a text has the form of a format; always, where the format is not known.

    >>> looks_right("Paris", "date"), looks_right("2026-01-15", "date"), looks_right("Paris", "city")
    (False, True, True)
    """
    return name not in FORMATS or re.fullmatch(FORMATS[name][2], text[:500], re.ASCII) is not None


def allowed(wanted: Text, text: str) -> bool:
    """Whether a text from elsewhere fits; not if there is a pattern that cannot be read."""
    parts = [part for pattern in wanted.patterns for part in _read(pattern)]
    long = wanted.most is not None and len(text) > wanted.most
    right = not long and len(text) >= wanted.least and looks_right(text, wanted.format)
    return right and all(part.automaton is not None and part.allows(text) for part in parts)


def strings(wanted: Text, name: str = "", turn: int = 0) -> Iterator[str]:
    """Strings for a property of this name, beginning with number `turn`; a caller has to check them.

    >>> next(strings(Text(), "home_city")), next(strings(Text(most=2)))
    ('city', 'a')
    >>> next(strings(Text(patterns=("^[A-Z]{2}[0-9]{3}$",))))
    'AA111'
    """
    most = LONGEST if wanted.most is None else min(wanted.most, LONGEST)
    if wanted.least > most:
        return
    fitting = (text for text in _words(wanted, name, turn) if wanted.least <= len(text) <= most)
    if not wanted.patterns:
        yield from fitting
        yield from _letters(wanted.least, most, turn)
        return
    parts = [part for pattern in wanted.patterns for part in _read(pattern)]
    if all(part.automaton for part in parts):
        yield from (text for text in fitting if all(part.allows(text) for part in parts))
        for longer in dict.fromkeys((0, 1, 2, 3, turn % 100)):
            text = _search(parts, (wanted.least + longer, most), turn)
            if text is None:
                return
            yield text


def _words(wanted: Text, name: str, turn: int) -> Iterator[str]:
    if wanted.format in FORMATS:
        value, others, _ = FORMATS[wanted.format]
        yield others.replace("<n>", str(10 + turn % 18)) if turn else value
    letters = re.findall("[A-Za-z]+", name)
    own = [word for word in letters[-1:] if len(word) <= NAME]
    words = [*(word.lower() for word in own), *WORDS]
    for at in range(turn, turn + len(words)):
        word = words[at % len(words)]
        yield word if at < len(words) else f"{word}{at // len(words) + 1}"
    if wanted.patterns and turn % 2 == 0:
        yield from SAMPLES


def _letters(least: int, most: int, turn: int) -> Iterator[str]:
    """Strings of the least length, or of one letter, one after the other as numbers are counted."""
    least = max(least, min(1, most))
    if most == 0:
        yield ""
        return
    for at in range(turn, turn + 60):
        text = ""
        while at or not text:
            at, digit = divmod(at, len(LETTERS))
            text = LETTERS[digit] + text
        text = text if len(text) >= least else "a" * (least - len(text)) + text
        if len(text) <= most:
            yield text
    yield from (char * least for char in "0_ -é")


# -- patterns ----------------------------------------------------------------------------------

_Place = tuple[frozenset[int], int]
# A place in each automaton, `None` in those whose pattern was found; and how each came about.
_State = tuple[_Place | None, ...]
_Layer = dict[_State, tuple[_State, str]]
_START: _Place = (frozenset(), 0)
_AHEAD = re.compile(r"\(\?([=!])")
WORK = 100_000
WIDTH = 200
CLASSES = 80
NICE = LETTERS + LETTERS.upper() + "123456789" + "0_ -./:@#,+"


class _Part(msgspec.Struct, frozen=True):
    """A pattern that must occur in the string, or must not."""

    tree: Tree | None
    automaton: SafePattern | None
    wanted: bool = True

    def allows(self, text: str) -> bool:
        return self.automaton is None or self.automaton.search(text) is self.wanted

    def step(self, place: _Place, char: str) -> _Place | None:
        """Where one character leads; `None` where the pattern was found before it."""
        assert self.automaton is not None
        return self.automaton._step(place, char)  # pyright: ignore[reportPrivateUsage] -- made to search, not to generate

    def ends(self, place: _Place) -> bool:
        """Whether the pattern is found if the string ends here."""
        assert self.automaton is not None
        return 0 in self.automaton._reached(place, 0)  # pyright: ignore[reportPrivateUsage] -- made to search, not to generate


def _read(pattern: str) -> list[_Part]:
    """A pattern in parts: what it looks ahead to at its beginning are patterns of their own."""
    parts: list[_Part] = []
    rest = pattern
    while rest.startswith("^") and (ahead := _AHEAD.match(rest, 1)):
        end = _closing(rest, 1)
        inner = f"^(?:{rest[ahead.end() : end]})"
        parts.append(_Part(read(inner), safe_pattern(inner), ahead[1] == "="))
        rest = "^" + rest[end + 1 :]
    return [*parts, _Part(read(rest), safe_pattern(rest))]


def _closing(text: str, at: int) -> int:
    """Where the group ends that begins here; the end of the text if nowhere."""
    depth, inside = 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif inside or char == "[":
            inside = char != "]"
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return at
        at += 1
    return len(text)


def _search(parts: list[_Part], lengths: tuple[int, int], turn: int) -> str | None:
    """The shortest string of these lengths, breadth first over all automata side by side.

    Each length has its layer of places, narrow enough to be searched; a way that was given up for
    that is the one reason, apart from the work, for which nothing may be found.
    """
    least, most = lengths
    chars = _alphabet(parts, turn)
    steps: dict[tuple[int, _Place, str], _Place | None] = {}
    work = WORK
    layers: list[_Layer] = []
    start: _State = tuple(_START for _ in parts)
    layer: _Layer = {start: (start, "")}
    while len(layers) <= most and layer and work > 0:
        layers.append(layer)
        if len(layers) > least:
            for state in layer:
                if all(
                    (place is None or part.ends(place)) is part.wanted
                    for part, place in zip(parts, state, strict=True)
                ):
                    return _traced(layers, state)
        layer = {}
        for state in layers[-1]:
            for char in chars:
                after = _moved(parts, state, char, steps)
                work -= len(parts)
                if after is not None and after not in layer and len(layer) < WIDTH:
                    work -= sum(len(place[0]) for place in after if place)
                    layer[after] = (state, char)
    return None


def _moved(
    parts: list[_Part],
    state: _State,
    char: str,
    steps: dict[tuple[int, _Place, str], _Place | None],
) -> _State | None:
    """Where one character leads in all automata; `None` where that can only go wrong."""
    moved: list[_Place | None] = []
    for at, (part, place) in enumerate(zip(parts, state, strict=True)):
        if place is not None:
            key = (at, place, char)
            if key not in steps:
                steps[key] = part.step(place, char)
            place = steps[key]
        if place is None and not part.wanted:
            return None
        moved.append(place)
    return tuple(moved)


def _traced(
    layers: list[_Layer],
    state: _State,
) -> str:
    text = ""
    for layer in reversed(layers):
        state, char = layer[state]
        text = char + text
    return text


def _alphabet(parts: list[_Part], turn: int) -> list[str]:
    """One character for each set that the patterns tell apart, nice ones first."""
    edges = {0, 0xD800, 0xE000, *(edge for first, last in WORD for edge in (first, last + 1))}
    for part in parts:
        if part.tree is not None:
            edges.update(_edges(part.tree))
    ordered = sorted(edge for edge in edges if edge <= 0x10FFFF)
    ranges = zip(ordered, [*ordered[1:], 0x110000], strict=True)
    nice: list[str] = []
    others: list[str] = []
    for first, beyond in ranges:
        members = [char for char in NICE if first <= ord(char) < beyond]
        if members:
            nice.append(members[turn % len(members)])
        elif not 0xD800 <= first < 0xE000:
            others.append(chr(max(first, min(0x21, beyond - 1))))
    nice.sort(key=NICE.index)
    nice = nice[turn % len(nice) :] + nice[: turn % len(nice)] if nice else nice
    printable = sorted(others, key=lambda char: (not char.isprintable(), ord(char)))
    return [*nice, *printable][:CLASSES]


def _edges(tree: Tree) -> Iterator[int]:
    match tree:
        case Chars(ranges):
            for first, last in ranges:
                yield from (first, last + 1)
        case Sequence(parts) | Alternatives(parts):
            for part in parts:
                yield from _edges(part)
        case Repeat(part):
            yield from _edges(part)
        case _:
            return
