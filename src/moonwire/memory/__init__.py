"""What a gateway remembers of each assistant turn, so that reasoning which a client dropped is put back.

`NoMemory` forgets, `ProcessMemory` remembers while the process lives, `SqliteMemory` in a sealed file that
several worker processes may share. `tenant.py` says whose memory it is, `secret.py` under what it is sealed,
`lru.py` what counts as known. The file needs `pip install 'moonwire[gateway]'`, the others need nothing.
"""

from moonwire.memory.folder import default_path
from moonwire.memory.interface import Limits, Memory, NoMemory, Stats
from moonwire.memory.process import ProcessMemory
from moonwire.memory.secret import Secret, load_secret
from moonwire.memory.sqlite import SqliteMemory
from moonwire.memory.tenant import Tenant

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
