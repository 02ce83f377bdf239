"""Tests mirror modules: `src/moonwire/a/b.py` has its tests in `tests/a/test_b.py`."""

import ast
from pathlib import Path, PurePosixPath

from tests.house.tree import SOURCE, TESTS, python_files


def has_code(text: str) -> bool:
    """False for a module that is a docstring, imports and `__all__`: there is nothing in it to test."""
    return not all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"])
        for node in ast.parse(text).body
    )


def mirror(module: PurePosixPath) -> PurePosixPath:
    """Where the tests of this module stand; both paths are relative to their roots."""
    return module.with_name(f"test_{module.stem.strip('_')}.py")


def missing(source: Path, tests: Path) -> list[str]:
    with_code = [path for path in python_files(source) if has_code(path.read_text(encoding="utf-8"))]
    wanted = [mirror(PurePosixPath(path.relative_to(source).as_posix())) for path in with_code]
    return [str(path) for path in wanted if not (tests / path).is_file()]


def test_every_module_has_its_test_module() -> None:
    assert missing(SOURCE, TESTS) == []


def test_a_module_without_tests_is_found(tmp_path: Path) -> None:
    source, tests = tmp_path / "src", tmp_path / "tests"
    (source / "a").mkdir(parents=True)
    (tests / "a").mkdir(parents=True)
    (source / "__init__.py").write_text('"""Names only."""\nfrom a import b\n__all__ = ["b"]\n')
    (source / "a" / "__init__.py").write_text("def f(): return 1\n")
    (source / "a" / "b.py").write_text("x = 1\n")
    (source / "a" / "_c.py").write_text("x = 1\n")
    assert missing(source, tests) == ["a/test_init.py", "a/test_c.py", "a/test_b.py"]
    for name in ("test_init.py", "test_b.py", "test_c.py"):
        (tests / "a" / name).touch()
    assert missing(source, tests) == []


def test_code_is_more_than_names() -> None:
    assert not has_code('"""Doc."""\nimport a\nfrom b import c\n__all__ = ["c"]\n')
    assert not has_code("")
    assert has_code("x = 1\n")
    assert has_code("def f(): return 1\n")
