"""Which declared tool a K2 call header means.

The header of a call is its id, and the id holds the name: `functions.get_weather:0`. Clients and
servers mangle ids, the model copies what it sees in its history, and so the header arrives in every
spelling (kimi-api.md C3; exo#2281, sglang#21377, sglang#25358). The declared tools decide, and only
where exactly one fits. The value of an argument never chooses a tool: it is the model's data.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import kept_for
from moonwire.core.messages import Tool

__all__ = ["Header", "Toolbox"]

_INDEX = re.compile(r":\s*+([0-9]{1,9})\Z")
# An index and the blanks before it, and no more: what is searched must not be all of a long header.
_INDEX_SPAN = 24
_CANONICAL = "functions."
_PREFIX = re.compile(r"functions\s*[./]\s*", re.IGNORECASE)
# What a client's sanitiser leaves of "functions." and of ":0".
_WORN_PREFIX = re.compile(r"functions[\s_:\-]*", re.IGNORECASE)
_WORN_INDEX = re.compile(r"[\s._:\-]+[0-9]{1,9}\Z")
_DIGITS = re.compile(r"[0-9]+\Z")
# Ids that servers and clients mint: they name no tool. A counter, call00003, call_3, call_<hex>,
# toolu_…, chatcmpl-tool-…, fc_…, a UUID (raw-text.md 3.2).
_MINTED = re.compile(
    r"[0-9]+|(?:call|tool)[_\-]?(?:[0-9]+|[0-9a-f]{6,}|[0-9a-z_\-]{16,})|(?:toolu|chatcmpl|fc|tooluse)[_\-].+"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|functions[\s_:.\-]*[0-9]+",
    re.IGNORECASE | re.DOTALL,
)
# A header longer than any name is matched as it stands: no guessing over kilobytes of prose.
_LONGEST = 300
# Names that hold spaces cannot be told from prose, and longer ones need not be.
_HEADLESS_NAME = 128


class Header(msgspec.Struct, frozen=True):
    """What a header was read as.

    `name` is `None` where the header names no tool; `guess` then says whether the argument keys may
    be asked. `number` is the model's own count, `native` the header as it was written.
    """

    native: str
    name: str | None = None
    declared: bool = False
    number: int | None = None
    guess: bool = False

    @property
    def literal(self) -> bool:
        """Whether the header spells the name, with or without prefix and index."""
        bare = self.native if self.number is None else self.native.rpartition(":")[0]
        return bare.removeprefix(_CANONICAL) == self.name


class Toolbox:
    """The tools of a request, ready to be asked which of them a call means.

    >>> box = Toolbox([{"type": "function", "function": {"name": "get_weather"}}])
    >>> box.read("functions_get_weather_1").name
    'get_weather'
    """

    def __init__(self, tools: Iterable[Tool | Mapping[str, Any]] = ()) -> None:
        self._schemas: dict[str, Any] = {}
        for name, schema in _declarations(tools):
            self._schemas[name] = schema
        self._worn: dict[str, list[str]] = {}
        for name in self._schemas:
            self._worn.setdefault(_wear(name), []).append(name)
        short = [
            name for name in self._schemas if len(name) <= _HEADLESS_NAME and not re.search(r"[\s:]", name)
        ]
        heads = [head + name for name in short for head in ("", "functions.")]
        # Every beginning of a header that a server may have stripped of its marker, and the whole.
        self.beginnings = frozenset(head[:length] for head in heads for length in range(1, len(head) + 1))
        self._heads = frozenset(heads)

    @classmethod
    def of(cls, tools: Iterable[Tool | Mapping[str, Any]]) -> "Toolbox":
        """The toolbox of these tools, made once for a tuple of values: a request's, on every turn."""
        if not isinstance(tools, tuple):
            return cls(tools)
        values = tuple([tool for tool in tools if isinstance(tool, Tool)])
        # What a caller may still write into is looked at each time.
        return kept_for(tools, "toolbox", lambda: cls(tools)) if len(values) == len(tools) else cls(tools)

    def wants_object(self, name: str) -> bool:
        """Whether the tool is declared and its schema asks for an object."""
        if name not in self._schemas:
            return False
        kind = _fields(self._schemas[name]).get("type", "object")
        return "object" in kind if isinstance(kind, list) else kind == "object"

    def read(self, header: str) -> Header:
        """What tool, if any, a call's header names."""
        native = header.strip()
        if len(native) > _LONGEST:
            return Header(native)
        match = _INDEX.search(native, max(0, len(native) - _INDEX_SPAN))
        number = int(match.group(1)) if match else None
        base = native[: match.start()].rstrip() if match else native
        literal = native in self._schemas or base in self._schemas
        if not literal and base.startswith(_CANONICAL) and (name := base[len(_CANONICAL) :]) in self._schemas:
            return Header(native, name, True, number)
        for name in self._candidates(native, base, counted=match is not None):
            if name in self._schemas:
                return Header(native, name, True, number if name != native else None)
        name = self._worn_name(base, counted=match is not None)
        if name is not None:
            return Header(native, name, True, number)
        bare = _unprefixed(base)
        if not bare:
            return Header(native)
        if _MINTED.fullmatch(bare):
            return Header(native, guess=True)
        # Prefix or index make it a name, of a tool that the request does not offer.
        if number is not None or _PREFIX.match(base):
            return Header(native, bare, False, number)
        return Header(native)

    def is_head(self, word: str) -> bool:
        """Whether a word of plain text is a whole header of a declared tool, its index optional."""
        name, colon, digits = word.rpartition(":")
        if colon and name in self._heads:
            return len(digits) <= 9 and (digits == "" or _DIGITS.match(digits) is not None)
        return word in self._heads

    def infer(self, arguments: str) -> str | None:
        """The one declared tool whose top-level argument keys these are, if there is just one."""
        try:
            keys = set(msgspec.json.decode(arguments, type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None
        fitting = [name for name, schema in self._schemas.items() if _fits(schema, keys)]
        return fitting[0] if len(fitting) == 1 else None

    def _candidates(self, native: str, base: str, *, counted: bool) -> Iterator[str]:
        """Names that the header may spell, the most literal first."""
        yield native
        yield base
        unprefixed = _unprefixed(base)
        yield unprefixed
        # "functions.ns.NAME:0" and "functions.ns:NAME:0": what the caller calls NAME.
        rest = unprefixed
        while match := re.search(r"[.:/]", rest):
            rest = rest[match.end() :]
            yield rest
        # "NAME:0:1", and "functions_NAME_1" with all its separators still there.
        for text in (base, unprefixed, _WORN_PREFIX.sub("", base, count=1)):
            yield text
            yield (_INDEX if counted else _WORN_INDEX).sub("", text)
        words = native.split()
        if len(words) > 1:
            yield _unprefixed(_INDEX.sub("", words[-1]))

    def _worn_name(self, base: str, *, counted: bool) -> str | None:
        """The one declared name that is left when all separators and the index are worn away."""
        found: set[str] = set()
        for text in (base, _WORN_PREFIX.sub("", base, count=1)):
            worn = _wear(text)
            # Digits at the end may be the index or belong to the name, unless the index was there.
            stem = worn if counted else _DIGITS.sub("", worn)
            for length in range(max(1, len(stem)), len(worn) + 1):
                found.update(self._worn.get(worn[:length], ()))
        return found.pop() if len(found) == 1 else None


def _declarations(tools: Iterable[Tool | Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Name and schema of each declared tool, in any of the spellings that agents use."""
    for position, tool in enumerate(tools):
        path = f"tools[{position}]"
        if isinstance(tool, Tool):
            yield tool.name, None if tool.parameters is msgspec.UNSET else tool.parameters
            continue
        if not isinstance(tool, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] -- decoded JSON may be anything
            raise LocalProtocolError(
                "a tool is a JSON object", path=path, remedy='give {"type": "function", …}'
            )
        function: Any = tool.get("function", tool)
        if not isinstance(function, Mapping):
            raise LocalProtocolError("not a JSON object", path=f"{path}.function", remedy='give {"name": …}')
        fields = _fields(function)
        name = fields.get("name")
        if isinstance(name, str) and name:
            yield name, fields.get("parameters", fields.get("input_schema"))
        elif "function" in tool or tool.get("type", "function") == "function":
            path += ".function.name" if "function" in tool else ".name"
            raise LocalProtocolError("a tool needs a name", path=path, remedy="give it a non-empty string")
        # Tools of other kinds (a server's own web search) are never called in text.


def _fits(schema: Any, keys: set[str]) -> bool:
    """Whether an object with exactly these top-level keys could be meant for this schema.

    JSON Schema leaves objects open by default; here a key that the schema does not name speaks
    against the tool unless the schema opens itself in so many words.
    """
    fields = _fields(schema)
    required = fields.get("required")
    if isinstance(required, list) and not keys.issuperset(cast("list[Any]", required)):
        return False
    if fields.get("patternProperties") or fields.get("additionalProperties", False) is not False:
        return True
    return keys <= _fields(fields.get("properties")).keys()


def _fields(value: Any) -> Mapping[str, Any]:
    """A JSON object's members; none where it is something else. Schemas come from anywhere."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _unprefixed(text: str) -> str:
    while match := _PREFIX.match(text):
        text = text[match.end() :]
    return text.strip()


def _wear(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()
