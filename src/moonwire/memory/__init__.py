"""What a gateway remembers of each assistant turn, so that reasoning which a client dropped is put back.

`NoMemory` forgets, `ProcessMemory` remembers while the process lives, `SqliteMemory` in a sealed file that
several worker processes may share. `tenant.py` says whose memory it is, `secret.py` under what it is sealed,
`lru.py` what counts as known. The file needs `pip install 'moonwire[gateway]'`, the others need nothing.
"""

from typing import TYPE_CHECKING, Any

from moonwire.memory.folder import default_path
from moonwire.memory.interface import Limits, Memory, NoMemory, Stats
from moonwire.memory.process import ProcessMemory
from moonwire.memory.secret import Secret, load_secret
from moonwire.memory.tenant import Tenant

if TYPE_CHECKING:
    from moonwire.memory.sqlite import SqliteMemory

__all__ = [
    "Limits",
    "Memory",
    "NoMemory",
    "ProcessMemory",
    "Secret",
    "SqliteMemory",
    "Stats",
    "Tenant",
    "default_path",
    "load_secret",
]


def __getattr__(name: str) -> Any:
    """The file's memory needs SQLite and seals, which the others do without."""
    if name == "SqliteMemory":
        from moonwire.memory.sqlite import SqliteMemory

        return SqliteMemory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
