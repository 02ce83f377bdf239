"""A schedule out of TOML. What is wrong with it is said with file, line, key and remedy."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isnan
from typing import Annotated, Any, Final, cast, get_args

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.faults.kinds import KINDS, Kind, in_words
from moonwire.simulator.faults.schedule import Faults, Rule

__all__ = ["load"]

Table = Mapping[str, Any]

_ONE_OR_MORE: Final = Annotated[int, msgspec.Meta(ge=1)]
_WHEN: Final[Mapping[str, tuple[Any, str]]] = {
    "chance": (Annotated[float, msgspec.Meta(ge=0, le=1)], "from 0 to 1"),
    "at": (tuple[_ONE_OR_MORE, ...], "a list of requests' numbers, from 1"),
    "every": (_ONE_OR_MORE, "a whole number from 1"),
    "first": (_ONE_OR_MORE, "a whole number from 1"),
}
_WHICH: Final[Mapping[str, tuple[Any, str]]] = {
    "path": (str | tuple[str, ...], 'a path such as "/v1/chat/completions", or a list of them'),
    "stream": (bool, "true or false"),
    "attempts": (_ONE_OR_MORE, "a whole number from 1"),
    "match": (str, "a text"),
}
_TOP: Final = ("seed", "fault")
_HEADER: Final = re.compile(r"\s*\[\[\s*[\"']?fault[\"']?\s*\]\]")
_OTHER_HEADER: Final = re.compile(r"\s*\[")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


class _Where(msgspec.Struct, frozen=True):
    """Names a key of the text as `file:line: key`."""

    source: str
    lines: tuple[str, ...]

    def top(self, key: str) -> str:
        for number, line in enumerate(self.lines, 1):
            if _OTHER_HEADER.match(line):
                break
            if _begins(line, key):
                return f"{self.source}:{number}: {key}"
        return f"{self.source}: {key}"

    def of(self, index: int, key: str = "") -> str:
        """A key of a fault, or the fault; without a line where the faults are not written as tables."""
        path = f"fault[{index}].{key}" if key else f"fault[{index}]"
        starts = [number for number, line in enumerate(self.lines) if _HEADER.match(line)]
        if index >= len(starts):
            return f"{self.source}: {path}"
        found = starts[index]
        for number, line in enumerate(self.lines[found + 1 :], found + 1):
            if _OTHER_HEADER.match(line):
                break
            if key and _begins(line, key):
                found = number
                break
        return f"{self.source}:{found + 1}: {path}"


def _begins(line: str, key: str) -> bool:
    return re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line) is not None


def load(text: str, source_name: str = "faults") -> Faults:
    """The schedule that a TOML text holds; `schedule.py` has the grammar.

    >>> load('seed = 7\\n[[fault]]\\nkind = "reset"\\nafter = 120').rules[0].values
    {'after': 120, 'events': 3}
    >>> load('[[fault]]\\nkind = "rest"', "f")
    Traceback (most recent call last):
    ...
    moonwire.core.errors.LocalProtocolError: f:2: fault[0].kind: no kind is called rest (did you mean reset?)
    """
    try:
        top = cast("Table", msgspec.toml.decode(text))
    except msgspec.DecodeError as error:
        line = _AT_LINE.search(str(error))
        path = f"{source_name}:{line[1]}" if line else source_name
        raise LocalProtocolError(f"not TOML: {error}", path=path, remedy="see toml.io") from error
    except RecursionError as error:
        remedy = "no key needs more than two levels"
        raise LocalProtocolError("nested too deep", path=source_name, remedy=remedy) from error
    where = _Where(source_name, tuple(text.splitlines()))
    for key in top:
        if key not in _TOP:
            raise _unknown("key", key, _TOP, where.top(key))
    seed = top.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise LocalProtocolError("must be a whole number", path=where.top("seed"), remedy="seed = 7")
    return Faults(seed=seed, rules=tuple(_rules(top.get("fault", []), where)))


def _rules(faults: Any, where: _Where) -> Iterable[Rule]:
    if not isinstance(faults, list):
        remedy = "begin each fault with [[fault]]"
        raise LocalProtocolError("must be a list of tables", path=where.top("fault"), remedy=remedy)
    for index, table in enumerate(cast("list[Any]", faults)):
        if not isinstance(table, dict):
            remedy = "begin each fault with [[fault]]"
            raise LocalProtocolError("must be a table", path=where.of(index), remedy=remedy)
        yield _rule(cast("Table", table), index, where)


def _rule(table: Table, index: int, where: _Where) -> Rule:
    kind = _kind(table, index, where)
    parameters = {one.name: one for one in kind.parameters}
    known = ("kind", *_WHEN, *_WHICH, *parameters)
    for key in table:
        if key not in known:
            raise _unknown("key", key, known, where.of(index, key), of=f" of {kind.name}")
    if len(when := [key for key in _WHEN if key in table]) > 1:
        remedy = f"keep one of {' and '.join(when)}"
        raise LocalProtocolError("says twice when it happens", path=where.of(index, when[1]), remedy=remedy)
    if "after" in table and "events" in table:
        remedy = "keep one of them"
        raise LocalProtocolError("says twice where", path=where.of(index, "events"), remedy=remedy)
    shared = {
        key: _checked(table[key], *(_WHEN | _WHICH)[key], where.of(index, key))
        for key in (*_WHEN, *_WHICH)
        if key in table
    }
    if isinstance(path := shared.get("path"), str):
        shared["path"] = (path,)
    values = {
        name: _checked(table[name], one.type, in_words(one.type), where.of(index, name))
        if name in table
        else one.default
        for name, one in parameters.items()
    }
    return Rule(kind=kind.name, values=values, **shared)


def _kind(table: Table, index: int, where: _Where) -> Kind:
    name = table.get("kind")
    if not isinstance(name, str):
        remedy = f"one of {', '.join(KINDS)}"
        raise LocalProtocolError("needs the name of a kind", path=where.of(index, "kind"), remedy=remedy)
    if name not in KINDS:
        raise _unknown("kind", name, KINDS, where.of(index, "kind"))
    return KINDS[name]


def _checked(value: Any, kind: Any, words: str, path: str) -> Any:
    if isinstance(value, float) and isnan(value):
        raise LocalProtocolError("is not a number", path=path, remedy=f"takes {words}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        choices = [one for one in get_args(kind) if isinstance(one, str)]
        if isinstance(value, str) and choices:
            raise _unknown("value", value, choices, path) from error
        raise LocalProtocolError(str(error), path=path, remedy=f"takes {words}") from error


def _unknown(what: str, name: str, known: Iterable[str], path: str, *, of: str = "") -> LocalProtocolError:
    near = get_close_matches(name, list(known), n=1)
    remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    return LocalProtocolError(f"no {what}{of} is called {name}", path=path, remedy=remedy)
