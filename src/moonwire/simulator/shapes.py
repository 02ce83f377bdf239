"""Several schemas of one value taken together, with the choices that they leave.

A value has to fit its schema, what that refers to, each `allOf`, and one branch of each union. All of
these are parts of one shape; whoever makes a value asks the shape, not the parts.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moonwire.core.validation.patterns import safe_pattern
from moonwire.core.validation.values import is_array, is_integer, is_number, is_object
from moonwire.simulator.heights import ENDLESS, REFERENCES, Heights
from moonwire.simulator.strings import Text

__all__ = ["ATOMS", "Contradiction", "Picks", "Shape"]

# `number` is an integer or a fraction; apart, any set of types is a set of these.
ATOMS = ("string", "integer", "fraction", "boolean", "array", "object", "null")
_TYPES = {atom: {atom} for atom in ATOMS if atom != "fraction"} | {"number": {"integer", "fraction"}}
# Which keywords say what kind of value is meant, where no type does.
_MEANT = {
    "object": {
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "dependentRequired", "dependentSchemas"),
    },
    "array": {"items", "prefixItems", "minItems", "contains", "uniqueItems"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength", "pattern", "format"},
}
# What is fulfilled by the way in which a value is made; anything else is checked afterwards.
_PLAIN = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format"),
    *(
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
    ),
    *("anyOf", "allOf", "$ref", "description", "title", "default", "$defs", "definitions", "$id", "$schema"),
    *("$comment", "examples", "deprecated", "readOnly", "writeOnly", "$anchor", "nullable"),
}
PARTS = 2000


class Contradiction(Exception):
    """These parts, with these choices, allow no value."""


class Picks:
    """The choices made on the way to one value. Advanced, the same way leads to the next ones.

    >>> picks, seen = Picks(), []
    >>> for _ in range(3):
    ...     seen.append((picks.pick(2), picks.pick(2)))
    ...     _ = picks.advance()
    >>> seen
    [(0, 0), (0, 1), (1, 0)]
    """

    def __init__(self) -> None:
        self._made: list[list[int]] = []
        self._at = 0

    def pick(self, count: int) -> int:
        """The number of one of so many options, the first one first."""
        if self._at == len(self._made):
            self._made.append([0, count])
        self._at += 1
        return min(self._made[self._at - 1][0], count - 1)

    def advance(self) -> bool:
        """Change the last choice that has an option left; false where none has."""
        del self._made[self._at :]
        self._at = 0
        while self._made and self._made[-1][0] + 1 >= self._made[-1][1]:
            self._made.pop()
        if self._made:
            self._made[-1][0] += 1
        return bool(self._made)


Options = list[list[Any]]


class Shape:
    """The parts, as far as they are settled, and the choices that are open."""

    def __init__(self, heights: Heights, *, lone_ref: bool) -> None:
        self.heights = heights
        self.parts: list[dict[str, Any]] = []
        self.types = set(ATOMS)
        self.checked = False
        self._lone_ref = lone_ref
        self._open: list[Options] = []
        self._seen: set[int] = set()
        self._named: list[tuple[dict[str, Any], list[str]]] = []

    def add(self, schema: Any) -> None:
        """Make a schema, and what it refers to, a part."""
        waiting = [schema]
        while waiting:
            part = waiting.pop()
            if part is False:
                raise Contradiction
            if not is_object(part) or id(part) in self._seen:
                continue
            if len(self._seen) > PARTS:
                raise Contradiction
            self._seen.add(id(part))
            waiting += [self.heights.target(part, keyword) for keyword in REFERENCES if keyword in part]
            if self._lone_ref and "$ref" in part:
                continue
            conjunction: Any = part.get("allOf")
            waiting += reversed(conjunction) if is_array(conjunction) else []
            self._settle(part)

    def _settle(self, part: dict[str, Any]) -> None:
        self.parts.append(part)
        self.checked = self.checked or not _PLAIN.issuperset(part)
        self.types &= _types(part.get("type"))
        if not self.types:
            raise Contradiction
        for keyword in ("anyOf", "oneOf"):
            branches: Any = part.get(keyword)
            if is_array(branches) and branches:
                self._open.append([[branch] for branch in branches])
        if "if" in part:
            condition, then = part["if"], part.get("then", True)
            self._open.append([[condition, then], [part.get("else", True)], [then]])

    def choose(self, order: Callable[[Options], Options], picks: Picks) -> None:
        """Settle all that is open."""
        while self._open:
            options = order([option for option in self._open.pop(0) if self._possible(option)])
            if not options:
                raise Contradiction
            for schema in options[picks.pick(len(options))]:
                self.add(schema)

    def _possible(self, option: list[Any]) -> bool:
        """Whether the types leave this option open, as far as that can be seen at once."""
        for schema in option:
            if schema is False or (is_object(schema) and not self.types & _types(schema.get("type"))):
                return False
        return True

    def values(self) -> list[Any] | None:
        """The values to choose from, where the parts list them."""
        listed: list[list[Any]] = []
        for part in self.parts:
            enum: Any = part.get("enum")
            if "const" in part:
                listed.append([part["const"]])
            if is_array(enum) and enum:
                listed.append(enum)
        return min(listed, key=len) if listed else None

    def atoms(self, *, deep: bool = False) -> list[str]:
        """The types that are left, the one that is meant first; far down, one that ends."""
        meant = [
            atom for atom, keywords in _MEANT.items() if any(keywords & part.keys() for part in self.parts)
        ]
        order = [*meant, *ATOMS]
        if deep:
            order = list(ATOMS)
        elif "object" in meant and self._object_height() >= ENDLESS:
            order = [*(atom for atom in order if atom != "object"), "object"]
        return [atom for atom in dict.fromkeys(order) if atom in self.types]

    def _object_height(self) -> int:
        return max((self.heights.object(part) for part in self.parts), default=1)

    def least(self, keyword: str) -> int:
        """The count that is demanded: the largest one of all parts."""
        return max(self._counts(keyword), default=0)

    def most(self, keyword: str) -> int | None:
        """The count that is allowed: the smallest one of all parts."""
        return min(self._counts(keyword), default=None)

    def _counts(self, keyword: str) -> Iterator[int]:
        for part in self.parts:
            if is_integer(part.get(keyword)) and part[keyword] >= 0:
                yield int(part[keyword])

    def text(self) -> Text:
        """What a string has to be."""
        formats = [part["format"] for part in self.parts if isinstance(part.get("format"), str)]
        patterns = [part["pattern"] for part in self.parts if isinstance(part.get("pattern"), str)]
        return Text(
            self.least("minLength"),
            self.most("maxLength"),
            tuple(dict.fromkeys(patterns)),
            formats[0] if formats else "",
        )

    # -- objects ---------------------------------------------------------------------------------

    def declared(self) -> list[str]:
        """The names under `properties`, in their order."""
        return list(dict.fromkeys(name for part in self.parts for name in _map(part, "properties")))

    def required(self, present: Sequence[str] = ()) -> list[str]:
        """The names that must be there, and what the presence of any name demands besides."""
        names = dict.fromkeys(
            [*(name for part in self.parts for name in _names(part.get("required"))), *present]
        )
        dependent = [
            entry
            for part in self.parts
            for key in ("dependentRequired", "dependencies")
            if (entry := _map(part, key))
        ]
        waiting = list(names) if dependent else []
        while waiting:
            name = waiting.pop()
            more = [one for entry in dependent for one in _names(entry.get(name)) if one not in names]
            names |= dict.fromkeys(more)
            waiting += more
        return list(names)

    def demanded(self, names: Sequence[str]) -> list[Any]:
        """Schemas that the presence of these names makes parts, and that are none as yet."""
        entries = [_map(part, key) for part in self.parts for key in ("dependentSchemas", "dependencies")]
        found = [entry[name] for entry in entries if entry for name in names if name in entry]
        return [
            schema
            for schema in found
            if schema is False or (is_object(schema) and id(schema) not in self._seen)
        ]

    def property(self, name: str) -> list[Any]:
        """The schemas for the property of this name."""
        found: list[Any] = []
        unevaluated: list[Any] = []
        for part in self.parts:
            named = _map(part, "properties")
            matching = [
                schema
                for pattern, schema in _map(part, "patternProperties").items()
                if (regex := safe_pattern(pattern)) is not None and regex.search(name)
            ]
            if name in named:
                matching.insert(0, named[name])
            if not matching and part.get("additionalProperties") is not None:
                matching.append(part["additionalProperties"])
            if not matching and part.get("unevaluatedProperties") is not None:
                unevaluated.append(part["unevaluatedProperties"])
            found += matching
        return _all_possible(found or unevaluated)

    def name_rules(self) -> list[Any]:
        """The schemas for names that are made up."""
        return [part["propertyNames"] for part in self.parts if "propertyNames" in part]

    def name_patterns(self) -> list[str]:
        """The patterns of names for which there is a schema."""
        return [pattern for part in self.parts for pattern in _map(part, "patternProperties")]

    # -- arrays ----------------------------------------------------------------------------------

    def item(self, at: int) -> list[Any]:
        """The schemas for the item at this place."""
        found: list[Any] = []
        for part in self.parts:
            items: Any = part.get("items")
            leading: Any = items if is_array(items) else part.get("prefixItems")
            leading = leading if is_array(leading) else []
            further = part.get("additionalItems") if is_array(items) else items
            further = part.get("unevaluatedItems") if further is None else further
            if at < len(leading):
                found.append(leading[at])
            elif further is not None:
                found.append(further)
        return _all_possible(found)

    def leading(self) -> int:
        """How many items have schemas of their own."""
        lists = [part.get(keyword) for part in self.parts for keyword in ("items", "prefixItems")]
        return max((len(one) for one in lists if is_array(one)), default=0)

    def contained(self) -> list[tuple[Any, int]]:
        """Schemas that some items must fit, and how many."""
        found = [
            (part["contains"], int(least) if is_number(least := part.get("minContains", 1)) else 1)
            for part in self.parts
            if part.get("contains") is not None
        ]
        return [(schema, least) for schema, least in found if least > 0]

    def unique(self) -> bool:
        """Whether no two items may be equal."""
        return any(part.get("uniqueItems") is True for part in self.parts)


def _types(value: Any) -> set[str]:
    names: list[Any] = value if is_array(value) else [value]
    if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
        return set(ATOMS)
    return set[str]().union(*(_TYPES[name] for name in names))


def _map(part: dict[str, Any], keyword: str) -> dict[str, Any]:
    value: Any = part.get(keyword)
    return value if is_object(value) else {}


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if is_array(value) else []


def _all_possible(schemas: list[Any]) -> list[Any]:
    if any(schema is False for schema in schemas):
        raise Contradiction
    return [schema for schema in schemas if is_object(schema)]
