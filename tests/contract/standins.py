"""Loads a peer's parser modules where the peer's heavy dependencies (torch and the like) are missing.

A parser of text needs none of them; the packages around it import them anyway. Where a plain import
fails, the package's own `__init__` files are stepped over and every module that cannot be found is
stood in for by one whose names are all `Anything`. What runs then is the peer's parser, unchanged.
"""

import importlib
import importlib.util
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["Loaded", "load"]


class Loaded(dict[str, ModuleType]):
    """Modules by name; `alone` says that the parser modules were loaded without their package."""

    alone = False


class _Kind(type):
    """A class whose attributes are all `Anything`, so that it can be a base, a decorator or a type."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        # A name that is used as a decorator leaves what it decorates alone.
        return args[0] if cls is Anything and len(args) == 1 and callable(args[0]) else super().__call__()

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything

    def __getitem__(cls, key: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return other

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


class Anything(metaclass=_Kind):
    """Stands for whatever a missing module would have had under a name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    @classmethod
    def __get_pydantic_core_schema__(cls, *args: Any) -> dict[str, str]:
        return {"type": "any"}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else Anything()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


class _StandIn(ModuleType):
    """A module that has every name."""

    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


def _importer() -> str:
    """The module whose import statement is being carried out."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (
        __name__.partition(".")[0],
        "importlib",
    ):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))


class _Finder(MetaPathFinder, Loader):
    """The last finder: makes a bare package of each of `bare`, and a stand-in of what nobody has."""

    def __init__(self, bare: Sequence[str], absent: Sequence[str]) -> None:
        self.bare = bare
        self.absent = absent

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname in self.absent:
            return ModuleSpec(fullname, self, is_package=True)
        found = PathFinder.find_spec(fullname, path)
        if found is not None:
            if fullname not in self.bare:
                return None
            spec = ModuleSpec(fullname, self, is_package=True)
            spec.submodule_search_locations = found.submodule_search_locations
            return spec
        if fullname in sys.stdlib_module_names or _importer().partition(".")[0] not in self.bare:
            return None
        # `from a import b` asks for a module a.b too: only what nobody has may be stood in for.
        parent = fullname.rpartition(".")[0]
        orphan = not parent or parent in self.bare or isinstance(sys.modules.get(parent), _StandIn)
        return ModuleSpec(fullname, self, is_package=True) if orphan else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name) if spec.name in self.bare else _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


@contextmanager
def _standing_in(bare: Sequence[str], absent: Sequence[str]) -> Generator[None]:
    finder = _Finder(bare, absent)
    before = set(sys.modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if isinstance(sys.modules[name], _StandIn):
                del sys.modules[name]


def load(package: str, modules: Sequence[str], *, bare: Sequence[str], absent: Sequence[str] = ()) -> Loaded:
    """The modules: imported as anyone would, else alone, with stand-ins. Empty if there is no package.

    `bare` are the packages whose `__init__` is stepped over, `absent` modules to stand in for
    although they are there: they are heavy, and the parser only wants a name from them.
    """
    loaded = Loaded()
    if importlib.util.find_spec(package) is None:
        return loaded
    try:
        loaded.update((name, importlib.import_module(name)) for name in modules)
    except (ImportError, OSError, AttributeError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
        loaded.clear()
        try:
            with _standing_in(bare, absent):
                loaded.update((name, importlib.import_module(name)) for name in modules)
        except Exception as error:  # whatever it is, it is not the parser's answer to a case
            raise RuntimeError(f"{package} does not load, not even its parser alone: {error!r}") from error
        loaded.alone = True
    return loaded
