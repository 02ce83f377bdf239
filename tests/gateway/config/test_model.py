"""The tables themselves: frozen, documented, and with no key in what they print."""

import inspect

import msgspec
import pytest

from moonwire import memory
from moonwire.exchange.config import Hidden
from moonwire.gateway.config import model
from moonwire.gateway.config.model import ClientConfig, Config, MemoryConfig, ServerConfig, UpstreamConfig

STRUCTS = [
    thing
    for thing in vars(model).values()
    if inspect.isclass(thing) and issubclass(thing, msgspec.Struct) and thing.__module__ == model.__name__
]


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_table_is_frozen_and_says_what_it_is(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_config__.frozen
    assert (struct.__doc__ or "").splitlines()[0].endswith(".")


def test_nothing_is_reached_from_outside_by_default() -> None:
    assert (ServerConfig().host, ServerConfig().port) == ("127.0.0.1", 8370)
    assert not Config().limits.images.fetch
    assert not Config().logging.content
    assert Config().limits.body_bytes == 100_000_000


def test_the_memory_is_bounded_as_it_is_without_a_configuration() -> None:
    assert MemoryConfig().limits() == memory.Limits()
    assert MemoryConfig(bytes=1 << 22, age=60.0, value=3, held=4).limits() == memory.Limits(
        bytes=1 << 22, age=60.0, value=3, held=4
    )


def test_no_key_is_in_what_is_printed() -> None:
    key = Hidden("sk-PLANTED")
    upstream = UpstreamConfig(key=key, keys=(key,), headers={"X": key}, proxy=key)
    assert "PLANTED" not in repr(Config(upstreams={"a": upstream}, clients={"b": ClientConfig(key=key)}))
