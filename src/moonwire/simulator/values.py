"""Small values that fit a JSON Schema, for a simulated model that has to answer with arguments.

What a model would do under a constrained decoder: the required properties, the values that the user
named, and nothing more. The same schema, hints and seed give the same value.
"""

from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Any

from moonwire.core.validation import validate
from moonwire.core.validation.document import Document
from moonwire.core.validation.frames import Frame, Node, Run, Shared
from moonwire.core.validation.keywords import prepare
from moonwire.core.validation.values import canonical, copied, is_array, is_object
from moonwire.simulator.heights import ENDLESS, Heights
from moonwire.simulator.hints import Hints
from moonwire.simulator.shapes import Contradiction, Options, Picks, Shape
from moonwire.simulator.spans import numbers, span
from moonwire.simulator.strings import allowed, strings

__all__ = ["NoInstance", "instance"]

ATTEMPTS = 3
# All the values made on the way, kept or not, and what it takes to check them: a few seconds at the worst.
WORK = 20_000
# The work of one check, in the validator's own measure, and how much of that is one of the above.
CHECK = 60_000
CHEAPER = 10
# The choices tried for one value, and the values tried for one set of choices.
TRIES = 600
TURNS = 4
CANDIDATES = 60
# Deeper than this no encoder of JSON follows.
DEPTH = 400
# Deeper than this a scalar is better than what the keywords hint at, where no type says which.
DEEP = 6
ITEMS = 10_000
# So many items are made one by one; of a longer array the rest are equal to the last one.
DIFFERENT = 20
# So many times another value is asked for that is not in the array as yet.
OTHERS = 8
# From here on, turns are second thoughts: what the user named has been tried.
AGAIN = 1000

# A step of the work: it yields the steps that it waits for, and returns a value.
Step = Generator["Step", Any, Any]


class NoInstance(Exception):
    """No value was found: the schema contradicts itself, never ends, or is beyond what is tried."""


class _Failed:
    """What a step returns that found no value; any JSON value may be one that was found."""


FAILED = _Failed()


def instance(schema: Any, *, hints: Sequence[str] = (), seed: int = 0) -> Any:
    """A small value that fits the schema.

    Hints are what the user named: they choose among the members of an enum, fill free strings and
    numbers, once each, and bring in the optional properties of these names.

    >>> weather = {
    ...     "type": "object",
    ...     "required": ["city", "unit"],
    ...     "properties": {
    ...         "city": {"type": "string"},
    ...         "unit": {"type": "string", "enum": ["kelvin", "celsius"]},
    ...         "days": {"type": "integer", "maximum": 9},
    ...     },
    ... }
    >>> instance(weather)
    {'city': 'city', 'unit': 'kelvin'}
    >>> instance(weather, hints=["Celsius", "Paris", "days", "3"])
    {'city': 'Paris', 'unit': 'celsius', 'days': 3}
    """
    copy = copied(schema)
    for attempt in range(ATTEMPTS):
        maker = _Maker(copy, Hints(hints, copy), seed + attempt, WORK >> 2 * attempt)
        value = _run(maker.value([copy], "", attempt * AGAIN, 0))
        if value is FAILED and not maker.exhausted:
            break
        if value is not FAILED and validate(value, schema).valid:
            return value
    raise NoInstance("no value was found that fits the schema")


def _run(step: Step) -> Any:
    """Run a step with all that it waits for: schemas may be nested deeper than Python's stack."""
    steps, value = [step], None
    while steps:
        try:
            steps.append(steps[-1].send(value))
            value = None
        except StopIteration as done:
            steps.pop()
            value = done.value
    return value


class _Maker:
    def __init__(self, schema: Any, hints: Hints, seed: int, work: int) -> None:
        document = Document(schema)
        self._shared = Shared(document, prepare)
        self._nodes: dict[int, Node] = {}
        self._heights = Heights(document)
        self._hints = hints
        self._seed = seed
        self._work = work
        self._hopeless: set[tuple[int, ...]] = set()
        self.cut = False

    @property
    def exhausted(self) -> bool:
        """Whether a bound was met, so that another seed may find what this one did not."""
        return self.cut or self._work < 0

    # -- any value -------------------------------------------------------------------------------

    def value(self, schemas: list[Any], name: str, turn: int, depth: int) -> Step:
        """A value that fits all these schemas, for a property of this name."""
        key = tuple(map(id, schemas))
        if key in self._hopeless or any(self._heights.of(schema) >= ENDLESS for schema in schemas):
            return FAILED
        if depth > DEPTH:
            self.cut = True
            return FAILED
        cut, self.cut = self.cut, False
        used = self._hints.used
        tries = TRIES
        for now in (turn, *(turn + AGAIN * more + more for more in range(1, TURNS))):
            picks, checked, more = Picks(), False, True
            while more:
                tries -= 1
                self._work -= 1
                if tries < 0 or self._work < 0:
                    self.cut = True
                    return FAILED
                shape = Shape(self._heights, lone_ref=self._shared.document.lone_ref)
                value = yield from self._tried(shape, schemas, (name, now, depth), picks)
                if value is not FAILED:
                    self.cut = cut
                    return value
                self._work -= len(shape.parts)
                self._hints.used = used
                checked = checked or shape.checked
                more = picks.advance()
            if not checked:
                # What is fulfilled as it is made does not depend on which words are taken.
                break
        if not self.cut:
            self._hopeless.add(key)
        self.cut = self.cut or cut
        return FAILED

    def _tried(self, shape: Shape, schemas: list[Any], at: tuple[str, int, int], picks: Picks) -> Step:
        """A value by one way of choosing, if it fits."""
        try:
            value = yield from self._shaped(shape, schemas, at, picks)
        except Contradiction:
            return FAILED
        return FAILED if shape.checked and not self._fits(value, schemas) else value

    def _shaped(self, shape: Shape, schemas: list[Any], at: tuple[str, int, int], picks: Picks) -> Step:
        """A value of a shape that has yet to be filled in."""
        name, turn, depth = at
        for schema in schemas:
            shape.add(schema)
        shape.choose(self._ordered, picks)
        listed = shape.values()
        if listed is not None:
            shape.checked = True
            return self._first(self._listed(listed, turn), schemas, shape)
        atoms = shape.atoms(deep=depth > DEEP)
        atom = atoms[picks.pick(len(atoms))]
        match atom:
            case "object":
                return (yield from self._object(shape, (name, turn, depth), picks))
            case "array":
                return (yield from self._array(shape, (name, turn, depth), picks))
            case "string":
                return self._string(shape, schemas, name, turn)
            case "boolean":
                named = [] if turn else [*self._hints.best((True, False))]
                return self._first(
                    [*named, (self._seed + turn) % 2 == 0, (self._seed + turn) % 2 == 1], schemas, shape
                )
            case "null":
                return None
            case _:
                return self._number(shape, schemas, atom == "integer", turn)

    def _ordered(self, options: Options) -> Options:
        """What the user named first, then what is smallest; which of several equal ones, the seed says."""
        named = [self._hints.any and self._named(option) for option in options]
        count = len(options)
        ranks = [
            (
                not named[at],
                max(map(self._heights.of, option)),
                option[-1] == {"type": "null"},
                (at - self._seed) % count,
                at,
            )
            for at, option in enumerate(options)
        ]
        ordered = [options[rank[-1]] for rank in sorted(ranks)]
        if count and named[ranks.index(min(ranks))]:
            self._hints.once(f"branch {id(ordered[0][0])}")
        return ordered

    def _named(self, option: list[Any]) -> bool:
        """Whether the user named what this branch is for: a value of its own, or of a property of its own."""
        for schema in option:
            schema = self._heights.target(schema) if is_object(schema) and "$ref" in schema else schema
            if not is_object(schema) or self._heights.of(schema) >= ENDLESS:
                continue
            properties: Any = schema.get("properties")
            inner = list(properties.values())[:40] if is_object(properties) else []
            for part in [schema, *inner]:
                if is_object(part) and any(True for _ in self._hints.best(_constants(part))):
                    return f"branch {id(option[0])}" not in self._hints.used
        return False

    def _fits(self, value: Any, schemas: list[Any]) -> bool:
        """Whether a value fits, as far as that can be found out."""
        if value is FAILED or self._work < 0:
            return False
        for schema in schemas:
            node = self._nodes.get(id(schema))
            if node is None:
                node = self._nodes[id(schema)] = Node(self._shared, schema, "#", self._shared.document.root)
            run = Run(limit=1, tracking=self._shared.document.tracking)
            run.work = CHECK
            frame = Frame(run, None)
            try:
                node.apply(value, None, frame)
            except RecursionError:
                # As the validator has it: the caller's stack was nearly full, so nothing was found.
                frame.skip("#: too deep")
            self._work -= (CHECK - run.work) // CHEAPER
            if frame.violations:
                return False
        return True

    # -- scalars ---------------------------------------------------------------------------------

    def _first(self, candidates: "Iterator[Any] | list[Any]", schemas: list[Any], shape: Shape) -> Any:
        """The first candidate that fits. It is checked here, so not once more."""
        for candidate in islice(candidates, CANDIDATES if shape.values() is None else ITEMS):
            if self._fits(candidate, schemas):
                return candidate
        return FAILED

    def _listed(self, values: list[Any], turn: int) -> Iterator[Any]:
        if turn == 0:
            yield from self._hints.best(values)
        start = (self._seed + turn % AGAIN) % len(values)
        yield from values[start:]
        yield from values[:start]

    def _string(self, shape: Shape, schemas: list[Any], name: str, turn: int) -> Any:
        wanted = shape.text()
        if turn < AGAIN:
            hint = self._hints.text(lambda text: allowed(wanted, text) and self._fits(text, schemas))
            if hint is not None:
                return hint
        return self._first(strings(wanted, name, turn % AGAIN + self._seed), schemas, shape)

    def _number(self, shape: Shape, schemas: list[Any], whole: bool, turn: int) -> Any:
        wanted = span(shape.parts, whole=whole)
        if turn < AGAIN:
            hint = self._hints.number(
                lambda number: (
                    self._fits(number, schemas) and ("fraction" in shape.types or float(number).is_integer())
                )
            )
            if hint is not None:
                return hint
        return self._first(numbers(wanted, turn % AGAIN + self._seed), schemas, shape)

    # -- objects ---------------------------------------------------------------------------------

    def _object(self, shape: Shape, at: tuple[str, int, int], picks: Picks) -> Step:
        _, turn, depth = at
        names = yield from self._names(shape, at, picks)
        most = shape.most("maxProperties")
        if names is FAILED or (most is not None and len(names) > most):
            return FAILED
        inner = {name: shape.property(name) for name in names}
        made: dict[str, Any] = {}
        # Numbers first: what is left of the numbers that the user named may become a string.
        for name in sorted(names, key=lambda name: not any(map(self._numeric, inner[name]))):
            made[name] = yield self.value(inner[name], name, turn, depth + 1)
            if made[name] is FAILED:
                return FAILED
        return {name: made[name] for name in names}

    def _numeric(self, schema: Any) -> bool:
        schema = self._heights.target(schema) if is_object(schema) and "$ref" in schema else schema
        return is_object(schema) and schema.get("type") in ("integer", "number")

    def _names(self, shape: Shape, at: tuple[str, int, int], picks: Picks) -> Step:
        """The names of an object: what is required, what the user named, and as many as are demanded."""
        declared = shape.declared()
        required = shape.required()
        absent = [name for name in declared if name not in set(required)]
        extra = [name for name in absent if self._wanted(shape, name)]
        if shape.checked and (rest := [name for name in absent if name not in extra]):
            extra += [[], *([name] for name in rest[:10]), rest][picks.pick(2 + len(rest[:10]))]
        while True:
            names = shape.required(extra)
            demanded = shape.demanded(names)
            if not demanded:
                break
            for schema in demanded:
                shape.add(schema)
            shape.choose(self._ordered, picks)
        missing = shape.least("minProperties") - len(names)
        if missing > ITEMS:
            return FAILED
        if missing > 0:
            more = yield from self._more(shape, names, missing, at)
            names = shape.required([*extra, *more])
        place = {name: number for number, name in enumerate(shape.declared())}
        return sorted(names, key=lambda name: place.get(name, len(place)))

    def _wanted(self, shape: Shape, name: str) -> bool:
        """Whether the user named this property, and it can be had."""
        if not self._hints.named(name) or not self._alive(shape, name):
            return False
        return self._hints.once(f"property {name}")

    def _alive(self, shape: Shape, name: str) -> bool:
        try:
            return all(self._heights.of(schema) < ENDLESS for schema in shape.property(name))
        except Contradiction:
            return False

    def _more(self, shape: Shape, names: list[str], missing: int, at: tuple[str, int, int]) -> Step:
        """So many names more: declared ones, the lowest first, then made up ones."""
        taken = set(names)
        declared = [name for name in shape.declared() if name not in taken and self._alive(shape, name)]
        declared.sort(key=lambda name: max(map(self._heights.of, shape.property(name)), default=0))
        more = declared[:missing]
        taken.update(more)
        rules = [{"type": "string"}, *shape.name_rules()]
        patterns: list[Any] = [{"pattern": pattern} for pattern in shape.name_patterns()]
        kept: list[Any] = [*patterns, {}]  # by identity they are known for as long as they live
        _, turn, depth = at
        for number in range(missing * 2 + CANDIDATES):
            if len(more) >= missing:
                break
            rule = kept[number % len(kept)]
            name = yield self._invented([*rules, rule], turn + number, depth)
            if isinstance(name, str) and name not in taken and self._alive(shape, name):
                more.append(name)
                taken.add(name)
        return more if len(more) >= missing else names

    def _invented(self, rules: list[Any], turn: int, depth: int) -> Step:
        """A name that fits the rules for names; never a value that the user named."""
        shape = Shape(self._heights, lone_ref=False)
        try:
            value = yield from self._shaped(shape, rules, ("key", AGAIN + turn, depth), Picks())
        except Contradiction:
            return FAILED
        return value

    # -- arrays ----------------------------------------------------------------------------------

    def _array(self, shape: Shape, at: tuple[str, int, int], picks: Picks) -> Step:
        name, turn, depth = at
        contained = [schema for schema, count in shape.contained() for _ in range(min(count, ITEMS))]
        least, most = shape.least("minItems"), shape.most("maxItems")
        length = max(least, len(contained))
        if most is not None and length > most:
            # One item may have to fit several of them.
            length = most
        if shape.checked:
            length += picks.pick(4)
        if length > ITEMS or length < least or (most is not None and length > most):
            return FAILED
        unique = shape.unique()
        made: list[Any] = []
        seen: set[str | None] = set()
        for place in range(length):
            if place >= max(DIFFERENT, shape.leading() + 1, len(contained) + 1) and not unique:
                made += [copied(made[-1]) for _ in range(length - place)]
                break
            schemas = [*shape.item(place), *contained[place::length]]
            value = yield from self._item(schemas, seen, (name, turn + place, depth))
            if value is FAILED:
                return FAILED
            if unique:
                seen.add(canonical(value))
            made.append(value)
        return made

    def _item(self, schemas: list[Any], seen: set[str | None], at: tuple[str, int, int]) -> Step:
        """An item that is none of those seen."""
        name, turn, depth = at
        for more in range(OTHERS):
            value = yield self.value(schemas, name, turn + more * (AGAIN + 1), depth + 1)
            if value is FAILED or not seen or canonical(value) not in seen:
                return value
        return FAILED


def _constants(schema: dict[str, Any]) -> list[Any]:
    enum: Any = schema.get("enum")
    return [*([schema["const"]] if "const" in schema else []), *(enum if is_array(enum) else [])]
