"""The house rules, as functions of one file's path and text; each returns what it found, or nothing."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

FILE_LINES, FUNCTION_LINES, PARAMETERS = 600, 50, 8

SUPPRESSION = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pyright:\s*\w+|ruff:\s*\w+|fmt:\s*\w+|pragma:\s*no\s+\w+)(?P<codes>[:\[][^#]*?)?"
    r"(?:\s(?:--|#)\s+(?P<reason>.*))?$"
)
REASON_LETTERS = 8
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
MODEL_NAME = re.compile(r"kimi|moonshot|(?<![a-z0-9])k[23](?![a-z0-9])", re.IGNORECASE)
LOOKS_INSIDE_TEXT = {"startswith", "endswith", "find", "index", "count", "removeprefix", "removesuffix"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Finding:
    """One place that breaks one rule. `where` is what an exception names: the file, or its function."""

    rule: str
    path: str
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.what}"


def look(path: str, text: str) -> list[Finding]:
    """Everything in this Python file that breaks a rule that applies to it."""
    tree = ast.parse(text)
    found = [*long_files(path, text), *suppressions(path, text), *unfinished(path, text)]
    if path.startswith("src/"):
        found += [*large_functions(path, tree), *broad_excepts(path, tree), *stubs(path, tree)]
        if "catalogue" not in path:
            found += model_gates(path, tree)
        if not path.startswith("src/moonwire/cli/") and path != "src/moonwire/cli.py":
            found += calls(path, tree, {"print", "input"}, "speaks to a person outside cli")
        if path.startswith("src/moonwire/core/"):
            found += calls(path, tree, {"open", "breakpoint", "__import__"}, "core touches the outside world")
    if path.startswith("tests/"):
        found += [*sleeps(path, tree), *empty_tests(path, tree)]
    return found


def long_files(path: str, text: str) -> Iterator[Finding]:
    if (lines := len(text.splitlines())) > FILE_LINES:
        yield Finding("long file", path, 1, path, f"{lines} lines, the guide is {FILE_LINES}")


def large_functions(path: str, tree: ast.Module) -> Iterator[Finding]:
    for name, function in _functions(tree, ""):
        where = f"{path}::{name}"
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield Finding("long function", path, function.lineno, where, f"{name} has {lines} lines")
        args = function.args
        count = len([*args.posonlyargs, *args.args, *args.kwonlyargs])
        if count > PARAMETERS:
            yield Finding("many parameters", path, function.lineno, where, f"{name} has {count}")


def broad_excepts(path: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(kind is None or _name(kind) in {"Exception", "BaseException"} for kind in caught):
            yield Finding("broad except", path, node.lineno, path, "a bug would look like bad input")
        if len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
            yield Finding("silent except", path, node.lineno, path, "say what it means, or use suppress")


def stubs(path: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield Finding("unfinished", path, node.lineno, path, "layers that are not there are not faked")


def model_gates(path: str, tree: ast.Module) -> Iterator[Finding]:
    """A model's name looked for inside a text: what a model can do is a row in the table of targets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            looked_for = None if _is_table(node.comparators[0]) else node.left
        elif isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
            looked_for = node.args[0] if node.func.attr in LOOKS_INSIDE_TEXT else None
        else:
            continue
        if looked_for and any(MODEL_NAME.search(text) for text in _strings(looked_for)):
            yield Finding("model gate", path, node.lineno, path, ast.unparse(node))


def calls(path: str, tree: ast.Module, names: set[str], why: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield Finding("call", path, node.lineno, path, f"{node.func.id}(): {why}")


def sleeps(path: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "sleep"}:
            # sleep(0) only lets another task run.
            if ast.unparse(node).endswith("(0)"):
                continue
            yield Finding("sleep", path, node.lineno, path, "wait for the event, not for the clock")


def empty_tests(path: str, tree: ast.Module) -> Iterator[Finding]:
    """A test in which nothing visible can fail."""
    for name, function in _functions(tree, ""):
        if function.name.startswith("test_") and not any(_can_fail(node) for node in ast.walk(function)):
            yield Finding("empty test", path, function.lineno, f"{path}::{name}", f"{name} asserts nothing")


def suppressions(path: str, text: str) -> Iterator[Finding]:
    """`# noqa: E501 -- why`, `# pyright: ignore[rule] -- why`, `# pragma: no cover -- why`."""
    for line, comment in _comments(text):
        match = SUPPRESSION.search(comment)
        if match and len(re.findall(r"\w", match["reason"] or "")) < REASON_LETTERS:
            yield Finding("suppression without a reason", path, line, path, comment)
        elif match and match["codes"] is None and not re.search(r"pragma|fmt", comment):
            yield Finding("suppression of everything", path, line, path, comment)


def unfinished(path: str, text: str) -> Iterator[Finding]:
    for line, comment in _comments(text):
        if UNFINISHED.search(comment):
            yield Finding("unfinished", path, line, path, comment)


def banned_words(path: str, text: str, banned: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    """`banned` maps a text to the beginnings of the paths in which it may stand."""
    for word, allowed_in in banned.items():
        if path.startswith(allowed_in):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if word in line:
                yield Finding("banned", path, number, path, f"{word!r} in: {line.strip()[:80]}")


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, Function | ast.ClassDef):
            name = f"{prefix}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                yield name, child
        yield from _functions(child, name)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _strings(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def _is_table(node: ast.expr) -> bool:
    """A written-out collection or a constant: membership in it is equality, not a search in a text."""
    return isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict) or _name(node).isupper()


def _can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return re.search(r"raises|warns|assert|check|expect|fail", ast.unparse(node.func), re.I) is not None
    return isinstance(node, ast.Assert)
