"""The registry of note codes is what the source can write: no code is missing, none is left over."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints

import pytest

from moonwire.core.codes import CODES, markdown_table, meaning
from moonwire.core.settings import Settings
from tests.house.tree import SOURCE, python_files, relative

# What an f-string can become.
EXPANDED = {"id-": tuple(sorted(set(get_args(get_type_hints(Settings)["ids"])) - {"auto", "off"}))}

PARTS = ("core", "wire", "exchange", "client", "agent", "gateway")
"""The packages that write notes."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Found = dict[tuple[str, str], set[str]]


class Writer(NamedTuple):
    """What writes a note: where its code stands, and the levels that it has where none is given."""

    parameter: str
    place: int | None
    levels: frozenset[str]


ROOTS = {"Note": Writer("code", None, frozenset({"info"})), "note": Writer("code", 0, frozenset({"info"}))}


def written(source: str, part: str) -> Found:
    """The codes that a module can write, by module and code, with their levels."""
    tree, writers = ast.parse(source), ROOTS
    while (more := {**writers, **_wrappers(tree, writers)}) != writers:
        writers = more
    found: Found = {}
    for function, call in _calls(tree, writers):
        code = _code(call, writers)
        if not _is_parameter(code, function):
            for text in _texts(code, function):
                found.setdefault((part, text), set()).update(_levels(call, function, writers))
    return found


def _wrappers(tree: ast.AST, writers: dict[str, Writer]) -> dict[str, Writer]:
    """The module's own functions that write a note of the code that they are given."""
    found: dict[str, Writer] = {}
    for function, call in _calls(tree, writers):
        code = _code(call, writers)
        if function and isinstance(code, ast.Name) and _is_parameter(code, function):
            names = [one.arg for one in function.args.args if one.arg != "self"]
            place = names.index(code.id) if code.id in names else None
            found[function.name] = Writer(code.id, place, frozenset(_levels(call, function, writers)))
    return found


def _calls(
    tree: ast.AST, writers: dict[str, Writer], inside: Function | None = None
) -> Iterator[tuple[Function | None, ast.Call]]:
    """Every call of a writer, with the innermost function around it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and _name(node.func) in writers:
            yield inside, node
        yield from _calls(node, writers, node if isinstance(node, Function) else inside)


def _code(call: ast.Call, writers: dict[str, Writer]) -> ast.expr:
    writer = writers[_name(call.func)]
    code = _argument(call, writer.parameter, writer.place)
    assert code is not None, f"line {call.lineno}: a note without a code"
    return code


def _levels(call: ast.Call, function: Function | None, writers: dict[str, Writer]) -> set[str]:
    level = _argument(call, "level", None)
    return set(writers[_name(call.func)].levels) if level is None else _texts(level, function)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _argument(call: ast.Call, name: str, place: int | None) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    if named or place is None or len(call.args) <= place:
        return named[0] if named else None
    return call.args[place]


def _is_parameter(node: ast.expr, function: Function | None) -> bool:
    return function is not None and isinstance(node, ast.Name) and node.id in _defaults(function)


def _defaults(function: Function) -> dict[str, ast.expr | None]:
    """The parameters by name, with their defaults."""
    spec = function.args
    usual = [None] * (len(spec.args) - len(spec.defaults)) + spec.defaults
    pairs = [*zip(spec.args, usual, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    return {parameter.arg: default for parameter, default in pairs}


def _texts(node: ast.expr, function: Function | None) -> set[str]:
    """Every text that an expression can be; one that cannot be told is an error."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _texts(node.body, function) | _texts(node.orelse, function)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        head = str(node.values[0].value)
        return {head + end for end in EXPANDED[head]}
    if isinstance(node, ast.Name) and function is not None:
        values = list(_assigned(function, node.id))
        if default := _defaults(function).get(node.id):
            values.append(default)
        assert values, f"nothing is assigned to {node.id}"
        return {text for value in values for text in _texts(value, function)}
    raise AssertionError(f"line {node.lineno}: cannot tell what {ast.unparse(node)} is")


def _assigned(function: Function, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else ()
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            yield from (one for to, one in pairs if one and isinstance(to, ast.Name) and to.id == name)


def in_source() -> Found:
    """What they can write, but for the raw-text parser."""
    found: Found = {}
    for path in (path for part in PARTS for path in python_files(SOURCE / part)):
        if "rawtext" not in path.parts:
            found |= written(path.read_text(encoding="utf-8"), Path(relative(path)).stem)
    return found


def test_the_registry_is_what_the_source_can_write() -> None:
    registered = {(code.part, code.name): set(code.levels) for code in CODES.values()}
    assert registered == in_source()


def test_no_two_parts_share_a_code() -> None:
    assert len(in_source()) == len({code for _, code in in_source()}) == len(CODES)


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_meaning_is_one_line_that_goes_on_in_a_sentence(code: object) -> None:
    said = meaning(getattr(code, "name", ""))
    assert said and "\n" not in said and not said.endswith(".") and len(said) < 90


def test_what_is_not_here_means_nothing() -> None:
    assert meaning("call-unclosed") == meaning("") == ""


def test_each_part_has_a_table_of_its_own_codes() -> None:
    tables = "".join(markdown_table(part) for part in sorted({code.part for code in CODES.values()}))
    assert [tables.count(f"| `{name}` |") for name in CODES] == [1] * len(CODES)


SNIPPETS: dict[str, tuple[str, Found]] = {
    "a literal": ("note('a', path, why)", {("m", "a"): {"info"}}),
    "a level": ("note('a', path, why, level='warning')", {("m", "a"): {"warning"}}),
    "by keyword": ("Noted(Note(code='a', reason=why))", {("m", "a"): {"info"}}),
    "a method": (
        "class C:\n    def warn(self, code):\n        note(code, '', '', level='warning')\nself.warn('a')",
        {("m", "a"): {"warning"}},
    ),
    "an f-string": (
        "note(f'id-{policy}', path, why)",
        {("m", f"id-{end}"): {"info"} for end in EXPANDED["id-"]},
    ),
    "either code": ("note('a' if x else 'b', path, why)", {("m", "a"): {"info"}, ("m", "b"): {"info"}}),
    "a name, twice assigned": (
        "def f():\n    code, why = 'a', ''\n    if x:\n        code = 'b'\n    note(code, path, why)",
        {("m", "a"): {"info"}, ("m", "b"): {"info"}},
    ),
    "a level by name": (
        "def f():\n    level: Level = 'info' if x == 'y' else 'warning'\n    note('a', '', why, level=level)",
        {("m", "a"): {"info", "warning"}},
    ),
    "a writer that nobody calls": ("def f(code):\n    return Note(code=code, reason='')", {}),
    "a writer of one's own, of a writer of one's own": (
        "def f(path, code, *, level='warning'):\n    return note(code, path, '', level=level)\n"
        "def g(name):\n    return f('', name)\n"
        "g('a')\ng(name='b')\nf('', 'c', level='info')",
        {("m", "a"): {"warning"}, ("m", "b"): {"warning"}, ("m", "c"): {"info"}},
    ),
    "a function inside another": (
        "def f():\n    def g():\n        note('a', '', '')",
        {("m", "a"): {"info"}},
    ),
}
UNCLEAR = {
    "no code": "Note(reason='')",
    "a parameter of the function around": "def f(code):\n    def g():\n        note(code, '', '')",
    "a code from elsewhere": "def f():\n    note(codes[0], path, why)",
    "a name that nothing is assigned to": "def f():\n    note(CODE, path, why)",
}


@pytest.mark.parametrize(("source", "found"), SNIPPETS.values(), ids=SNIPPETS)
def test_codes_are_found_however_they_are_written(source: str, found: Found) -> None:
    assert written(source, "m") == found


@pytest.mark.parametrize("source", UNCLEAR.values(), ids=UNCLEAR)
def test_a_code_that_cannot_be_told_is_an_error(source: str) -> None:
    with pytest.raises(AssertionError):
        written(source, "m")
