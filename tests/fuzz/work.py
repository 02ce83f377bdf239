"""A second copy of the raw-text package that counts what it does.

Its source is rewritten as it is loaded: each call, loop step, comparison, slice, concatenation and
f-string adds to a counter what it costs in characters and elements, and each regular expression is
walked by a small matcher that counts its steps, wrong starts and ways back included. The results
are those of the real operations. The counts are upper bounds, as nearly as that is simple.
"""

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import BuiltinFunctionType, CodeType, ModuleType
from typing import Any

__all__ = ["HOOKS", "WORK", "CountingPattern", "counting_copy", "rewritten"]

_PACKAGE = "moonwire.core.rawtext"


class _Work:
    """The counter."""

    def __init__(self) -> None:
        self.done = 0

    def add(self, amount: int) -> None:
        """Count."""
        self.done += amount

    def of(self, task: Callable[[], object]) -> int:
        """What the task costs."""
        before = self.done
        task()
        return self.done - before


WORK = _Work()


# ── regular expressions, step by step ───────────────────────────────────────────────────────────

_parser: Any = importlib.import_module("re._parser")
# Where a part of an expression may end, in the order in which it is tried.
_Matcher = Callable[[str, int], Iterator[int]]


class CountingPattern:
    """A compiled expression whose steps are counted.

    >>> quadratic = CountingPattern("[0-9]+x")
    >>> WORK.of(lambda: quadratic.search("1" * 40)) / WORK.of(lambda: quadratic.search("1" * 10)) > 10
    True
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.real = re.compile(pattern, flags)
        self._walk = _sequence(_parser.parse(pattern, flags), self.real.flags)

    def _check(self, found: re.Match[str] | None, text: str, starts: Iterable[int]) -> re.Match[str] | None:
        """Count how it was found, or not; the walk has to come to the same end."""
        ends = (end for start in starts for end in _at_most_one(self._walk(text, start)))
        end = next(ends, None)
        assert end == (found.end() if found else None), (self.real.pattern, text[:80])
        return found

    def match(self, text: str, position: int = 0) -> re.Match[str] | None:
        """At this position, or at the end if that is nearer."""
        return self._check(self.real.match(text, position), text, (min(position, len(text)),))

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The whole text. Every way to match may be tried until one reaches the end."""
        found = self.real.fullmatch(text)
        assert any(end == len(text) for end in self._walk(text, 0)) == (found is not None)
        return found

    def search(self, text: str, position: int = 0) -> re.Match[str] | None:
        """The first one from this position on."""
        return self._check(
            self.real.search(text, position), text, range(min(position, len(text)), len(text) + 1)
        )

    def finditer(self, text: str, position: int = 0) -> Iterator[re.Match[str]]:
        """One after the other."""
        while found := self.search(text, position):
            yield found
            position = found.end() + (not found.group())
            if position > len(text):
                return

    def findall(self, text: str) -> list[str]:
        """The same, all at once."""
        return [found.group() for found in self.finditer(text)]

    def sub(self, new: Any, text: str, count: int = 0) -> str:
        """The text with what is found replaced."""
        result = self.real.sub(new, text, count=count)
        WORK.add(len(text) + len(result) + sum(1 for _ in self.finditer(text)))
        return result


class _Expressions:
    """Stands for the module `re` in the rewritten modules."""

    DOTALL = re.DOTALL
    IGNORECASE = re.IGNORECASE
    escape = staticmethod(re.escape)

    @staticmethod
    def compile(pattern: str, flags: int = 0) -> CountingPattern:
        return CountingPattern(pattern, flags)

    @staticmethod
    def search(pattern: str, text: str) -> re.Match[str] | None:
        return CountingPattern(pattern).search(text)


def _at_most_one(ends: Iterator[int]) -> Iterator[int]:
    WORK.add(1)
    end = next(ends, None)
    if end is not None:
        yield end


def _sequence(items: Iterable[Any], flags: int) -> _Matcher:
    parts = [_part(str(code), argument, flags) for code, argument in items]

    def walk(text: str, position: int, place: int = 0) -> Iterator[int]:
        if place == len(parts):
            yield position
            return
        for end in parts[place](text, position):
            yield from walk(text, end, place + 1)

    return walk


def _part(code: str, argument: Any, flags: int) -> _Matcher:
    """A matcher for one node of the parsed expression."""
    if code in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return _character(_allowed(code, argument, flags))
    if code in ("MAX_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, inner = argument
        return _repeat(inner, int(low), int(high), flags, possessive=code[0] == "P")
    if code == "SUBPATTERN":
        return _sequence(argument[3], flags)
    if code == "ATOMIC_GROUP":
        inner = _sequence(argument, flags)
        return lambda text, position: _at_most_one(inner(text, position))
    if code == "BRANCH":
        return _branch([_sequence(way, flags) for way in argument[1]])
    if code == "ASSERT_NOT":
        return _unless(_sequence(argument[1], flags))
    assert (code, str(argument)) == ("AT", "AT_END_STRING"), (code, argument)
    return lambda text, position: iter((position,) if position == len(text) else ())


def _allowed(code: str, argument: Any, flags: int) -> Callable[[str], bool]:
    items: list[tuple[str, Any]] = [(str(kind), value) for kind, value in argument] if code == "IN" else []
    negated = code == "NOT_LITERAL" or (bool(items) and items[0][0] == "NEGATE")
    known: dict[str, bool] = {}

    def one(character: str, kind: str, value: Any) -> bool:
        if kind == "LITERAL":
            return ord(character) == value
        if kind == "RANGE":
            return value[0] <= ord(character) <= value[1]
        assert (kind, str(value)) == ("CATEGORY", "CATEGORY_SPACE"), (kind, value)
        return character.isspace()

    def plain(character: str) -> bool:
        if code == "ANY":
            return bool(flags & re.DOTALL) or character != "\n"
        if code != "IN":
            return one(character, "LITERAL", argument) != negated
        return any(one(character, *item) for item in items if item[0] != "NEGATE") != negated

    def allowed(character: str) -> bool:
        if character not in known:
            cases = {character}
            if flags & re.IGNORECASE:
                cases |= {character.lower(), character.upper()}
            known[character] = any(plain(case) for case in cases if len(case) == 1)
        return known[character]

    return allowed


def _character(allowed: Callable[[str], bool]) -> _Matcher:
    def walk(text: str, position: int) -> Iterator[int]:
        WORK.add(1)
        if position < len(text) and allowed(text[position]):
            yield position + 1

    return walk


def _branch(ways: list[_Matcher]) -> _Matcher:
    def walk(text: str, position: int) -> Iterator[int]:
        for way in ways:
            WORK.add(1)
            yield from way(text, position)

    return walk


def _unless(inner: _Matcher) -> _Matcher:
    def walk(text: str, position: int) -> Iterator[int]:
        if next(inner(text, position), None) is None:
            yield position

    return walk


def _repeat(inner: Sequence[Any], low: int, high: int, flags: int, *, possessive: bool) -> _Matcher:
    step = _sequence(inner, flags)

    def greedy(text: str, position: int, count: int) -> Iterator[int]:
        """Ends after more rounds first."""
        if count < high:
            for end in step(text, position):
                if end > position:
                    yield from greedy(text, end, count + 1)
        if count >= low:
            WORK.add(1)
            yield position

    def straight(text: str, position: int) -> Iterator[int]:
        """As far as it goes, and then, unless that is final, back again. Rounds have no choice."""
        ends = [position]
        while len(ends) <= high and (end := next(step(text, ends[-1]), ends[-1])) > ends[-1]:
            ends.append(end)
        enough = ends[low:]
        for end in reversed(enough[-1:] if possessive else enough):
            WORK.add(1)
            yield end

    single = len(inner) == 1 and str(inner[0][0]) in ("LITERAL", "NOT_LITERAL", "ANY", "IN")
    return straight if single or possessive else lambda text, position: greedy(text, position, 0)


# ── what a rewritten module calls ───────────────────────────────────────────────────────────────

# What costs the same however large its subject is, or only hands out what is counted elsewhere.
_FREE = frozenset(
    {
        *("append", "clear", "end", "group", "items", "keys", "pop", "start", "values"),
        *("chr", "enumerate", "isinstance", "isascii", "iter", "len", "map", "next", "ord", "range"),
        *("reversed", "zip"),
    }
)
_BUILTIN_TYPES = frozenset({str, list, tuple, set, frozenset, dict})


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple | set | frozenset | dict) else 0  # pyright: ignore[reportUnknownArgumentType] -- of anything


def _call(function: Callable[..., Any], *facts: Any, **named: Any) -> Any:
    """Call it, and count what it costs: for a function of C, what it has to look at."""
    result = function(*facts, **named)
    name = getattr(function, "__name__", "")
    if not isinstance(function, BuiltinFunctionType) and function not in _BUILTIN_TYPES:
        WORK.add(1 + len(facts))
    elif name in _FREE:
        WORK.add(1)
    else:
        owner = getattr(function, "__self__", None)
        text = isinstance(owner, str)
        WORK.add(1 + (_of_text(name, owner, facts, result) if text else _of_all(facts, result)))
    return result


def _of_text(name: str, owner: str, facts: tuple[Any, ...], result: Any) -> int:
    if name in ("find", "rfind"):
        start = facts[1] if len(facts) > 1 else 0
        if result < 0:
            return max(0, len(owner) - start)
        return result - start if name == "find" else len(owner) - result
    if name in ("startswith", "endswith"):
        return max(map(len, facts[0] if isinstance(facts[0], tuple) else (facts[0],)))  # pyright: ignore[reportUnknownArgumentType] -- of strings
    if name in ("strip", "lstrip", "rstrip", "removeprefix", "removesuffix") and result is owner:
        return 1
    if name == "isspace":
        return len(owner) - len(owner.lstrip()) + 1
    return len(owner) + _of_all(facts, result)


def _of_all(facts: tuple[Any, ...], result: Any) -> int:
    return sum(map(_size, facts)) + _size(result)


def _sum(left: Any, right: Any) -> Any:
    result = left + right
    WORK.add(1 + _size(result))
    return result


def _copy(result: Any) -> Any:
    WORK.add(1 + _size(result))
    return result


def _within(item: Any, container: Any) -> bool:
    if isinstance(container, str):
        place = container.find(item)
        WORK.add(len(container) if place < 0 else place + 1)
    else:
        WORK.add(1 + (_size(container) if isinstance(container, list | tuple) else _size(item)))  # pyright: ignore[reportUnknownArgumentType] -- of anything
    return item in container


def _equal(left: Any, right: Any) -> bool:
    WORK.add(1 + (_size(left) if _size(left) == _size(right) else 0))
    return bool(left == right)


def _tick() -> bool:
    WORK.add(1)
    return True


HOOKS: dict[str, Any] = {
    "_work_call": _call,
    "_work_sum": _sum,
    "_work_copy": _copy,
    "_work_within": _within,
    "_work_equal": _equal,
    "_work_tick": _tick,
    "_work_re": _Expressions,
}


# ── the rewriting ───────────────────────────────────────────────────────────────────────────────


def _hook(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(f"_work_{name}", ast.Load()), list(arguments), [])


class _Rewriter(ast.NodeTransformer):
    """Puts the hooks in. Annotations, decorators and base classes stay as they are."""

    def _all(self, nodes: Sequence[ast.AST]) -> list[Any]:
        return [self.visit(node) for node in nodes]

    def visit_Import(self, node: ast.Import) -> ast.AST:
        if [name.name for name in node.names] != ["re"]:
            return node
        return ast.Assign([ast.Name("re", ast.Store())], ast.Name("_work_re", ast.Load()))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = self._all(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [ast.Expr(_hook("tick")), *self._all(node.body)]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_hook("tick")))
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_hook("tick")))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _hook("tick"))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return node
        node.args.insert(0, node.func)
        node.func = ast.Name("_work_call", ast.Load())
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _hook("sum", node.left, node.right) if isinstance(node.op, ast.Add) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Add) or isinstance(node.target, ast.Subscript):
            return node
        old = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.Assign([node.target], _hook("sum", old, node.value))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        copies = isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load)
        return _hook("copy", node) if copies else node

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        copies = isinstance(node.ctx, ast.Load) and any(isinstance(item, ast.Starred) for item in node.elts)
        return _hook("copy", node) if copies else node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return _hook("copy", node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        operator, right = node.ops[0], node.comparators[0]
        if len(node.ops) > 1 or not isinstance(operator, ast.In | ast.NotIn | ast.Eq | ast.NotEq):
            return node
        name = "within" if isinstance(operator, ast.In | ast.NotIn) else "equal"
        test = _hook(name, node.left, right)
        return test if isinstance(operator, ast.In | ast.Eq) else ast.UnaryOp(ast.Not(), test)


def rewritten(source: str, name: str) -> CodeType:
    """The code of a module, with the hooks in it. The name keeps it out of the coverage."""
    tree = ast.fix_missing_locations(_Rewriter().visit(ast.parse(source)))
    return compile(tree, f"<counting {name}>", "exec")


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        return rewritten(self.get_data(self.get_filename(fullname)).decode(), fullname)

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(HOOKS)
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname.startswith(_PACKAGE) else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def counting_copy(limits: dict[str, int]) -> Any:
    """The rewritten package, apart from the real one, with these limits in all its modules."""
    parent = importlib.import_module(_PACKAGE.rpartition(".")[0])
    importlib.import_module(_PACKAGE)
    real = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(_PACKAGE)}
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        package = importlib.import_module(_PACKAGE)
        for name in [name for name in sys.modules if name.startswith(_PACKAGE)]:
            module = sys.modules.pop(name)
            for limit in limits.keys() & vars(module).keys():
                setattr(module, limit, limits[limit])
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(real)
        parent.__dict__["rawtext"] = real[_PACKAGE]
    return package
