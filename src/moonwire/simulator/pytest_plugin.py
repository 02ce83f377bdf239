"""Fixtures for projects that test against Kimi: `pytest_plugins = ["moonwire.simulator.pytest_plugin"]`.

`kimi` is a simulated platform endpoint under the strictest rules; `kimi_endpoint` makes any other.

    def test_my_agent(kimi):
        agent = MyAgent(base_url=kimi.base_url, api_key="any", model="kimi-k3")
        agent.run("Read notes.txt")
        assert not kimi.refused

    def test_on_vllm(kimi_endpoint):
        server = kimi_endpoint(endpoint="vllm", models=("kimi-k2.6",), raw="content")
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moonwire.simulator.server import Server
from moonwire.simulator.settings import Settings

__all__ = ["kimi", "kimi_endpoint"]


@pytest.fixture
def kimi_endpoint() -> Iterator[Callable[..., Server]]:
    """Makes simulated endpoints from fields of `moonwire.simulator.Settings`; all end with the test."""
    with contextlib.ExitStack() as stack:

        def made(**fields: Any) -> Server:
            return stack.enter_context(Server(Settings(**fields)))

        yield made


@pytest.fixture
def kimi(kimi_endpoint: Callable[..., Server]) -> Server:
    """A simulated platform endpoint that refuses whatever was ever refused, always from the same seed."""
    return kimi_endpoint(rules="strictest", seed=1)
