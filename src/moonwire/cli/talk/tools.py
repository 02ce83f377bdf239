"""Python functions for the model: found by module and name, and run only where that is allowed."""

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final

import msgspec

from moonwire.agent import Offered, offered
from moonwire.core.errors import LocalProtocolError

__all__ = ["SECONDS", "Denied", "Gate", "attribute", "found", "gated", "load_module"]

SECONDS: Final = 300.0
"""What one tool may take, once it is allowed to run."""

_REMEDY: Final = "write pkg.mod:add,sub, or pkg.mod: for all of its functions, or tools.py:add"

Gate = Callable[[str, dict[str, Any]], Awaitable[bool]]
"""Asked before a tool runs, with its name and arguments."""


class Denied(Exception):
    """The user does not want this call; the model is told so."""


def found(specs: Sequence[str]) -> list[Offered]:
    """The tools that `--tools` names. Importing runs the module, and its own errors are its author's."""
    return [offered(tool) for spec in specs for tool in _of(spec)]


def _of(spec: str) -> list[Any]:
    if spec.startswith("$"):
        return [spec]
    module, names = _split(spec)
    if names:
        return [attribute(module, name, "--tools", _callable) for name in names]
    public: list[str] | None = getattr(module, "__all__", None)
    if public is not None:
        tools = [getattr(module, name) for name in public if _callable(getattr(module, name, None))]
    else:
        tools = [one for name, one in inspect.getmembers(module, inspect.isfunction) if name[0] != "_"]
        tools = [one for one in tools if one.__module__ == module.__name__]
    if not tools:
        said = f"{module.__name__} has no public functions"
        raise LocalProtocolError(said, path="--tools", remedy=_REMEDY)
    return tools


def _callable(value: Any) -> bool:
    return callable(value) and not inspect.isclass(value)


def _split(spec: str) -> tuple[ModuleType, list[str]]:
    # The last colon: a path may have a drive's.
    name, colon, names = spec.rpartition(":")
    if not colon or not name:
        raise LocalProtocolError(f"{spec!r} names no functions", path="--tools", remedy=_REMEDY)
    return load_module(name, "--tools"), [one.strip() for one in names.split(",") if one.strip()]


def attribute(module: ModuleType, name: str, path: str, fits: Callable[[Any], bool]) -> Any:
    """What a module calls by that name, if it is of the right kind."""
    value = getattr(module, name, None)
    if value is not None and fits(value):
        return value
    known = [one for one in dir(module) if one[0] != "_" and fits(getattr(module, one))]
    near = get_close_matches(name, known, 1)
    remedy = f"did you mean {near[0]}?" if near else f"it has {', '.join(known[:12]) or 'none'}"
    raise LocalProtocolError(f"{module.__name__} has no {name} to take", path=path, remedy=remedy)


def load_module(name: str, path: str) -> ModuleType:
    """A module by its dotted name, seen from the working directory too, or by its file."""
    if name.endswith(".py"):
        return _from_file(Path(name).expanduser())
    here = os.getcwd()
    if here not in sys.path:
        # As `python -m` has it.
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        remedy = "name a module that Python finds from here, or a file such as tools.py"
        raise LocalProtocolError(f"{name} cannot be imported: {error}", path=path, remedy=remedy) from error


def _from_file(file: Path) -> ModuleType:
    # An OSError names the file.
    file.open("rb").close()
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Type hints are looked up by the module's name.
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


# -- running them --------------------------------------------------------------------------------------


def gated(tool: Offered, gate: Gate | None, seconds: float = SECONDS) -> Offered:
    """The tool, run only where the gate lets it, and never in a thread that keeps the program alive."""
    if tool.run is None:
        return tool
    run = tool.run

    async def allowed(**arguments: Any) -> Any:
        if gate is not None and not await gate(tool.name, arguments):
            raise Denied("the user did not allow this call")
        async with asyncio.timeout(seconds):
            given = (
                await run(**arguments) if inspect.iscoroutinefunction(run) else await _aside(run, arguments)
            )
            return await given if inspect.isawaitable(given) else given

    return msgspec.structs.replace(tool, run=allowed)


class _Outcome:
    """What a function returned or raised, kept for another thread."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: Exception | None = None

    def __enter__(self) -> "_Outcome":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


async def _aside(run: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Runs it in a daemon thread: one that hangs holds up neither a stopped turn nor the end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    outcome = _Outcome()

    def work() -> None:
        with outcome:
            outcome.value = run(**arguments)
        # A loop that is closed by now waits for nothing.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work, daemon=True, name="tool").start()
    await ended.wait()
    if outcome.error is not None:
        raise outcome.error
    return outcome.value
