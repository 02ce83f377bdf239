"""What the house rules look at: the project's own text files, without git's help."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "moonwire"
TESTS = ROOT / "tests"

NOT_OURS = {".git", ".venv", "build", "dist", "htmlcov", "node_modules"}
TEXT = {".cfg", ".ini", ".json", ".jsonl", ".lock", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}
TEXT_WITHOUT_SUFFIX = {"LICENSE", "Makefile", "run", ".editorconfig", ".gitignore", "py.typed"}


def text_files(root: Path = ROOT) -> Iterator[Path]:
    """Every text file of the project below `root`, in a fixed order."""
    for path in sorted(root.iterdir()):
        if path.is_dir():
            if path.name not in NOT_OURS and "cache" not in path.name and path.name != ".hypothesis":
                yield from text_files(path)
        elif path.suffix in TEXT or path.name in TEXT_WITHOUT_SUFFIX:
            yield path


def python_files(root: Path = ROOT) -> list[Path]:
    """The Python files among them."""
    return [path for path in text_files(root) if path.suffix == ".py"]


def relative(path: Path) -> str:
    """The path as the rules and their lists of exceptions name it."""
    return path.relative_to(ROOT).as_posix()
