"""The package: the memory on disk comes when it is asked for, with what it needs."""

import pytest

from moonwire import memory
from moonwire.memory.sqlite import SqliteMemory


def test_the_memory_on_disk_is_there_for_who_asks() -> None:
    assert memory.SqliteMemory is SqliteMemory
    with pytest.raises(AttributeError, match="no attribute 'MysqlMemory'"):
        _ = vars(memory)["__getattr__"]("MysqlMemory")
