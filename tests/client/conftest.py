"""One strict simulated endpoint for all tests that only look at what it received last."""

from collections.abc import Iterator

import pytest

from moonwire.simulator import Server, Settings


@pytest.fixture(scope="session")
def strict() -> Iterator[Server]:
    """The platform under the strictest rules."""
    with Server(Settings(rules="strictest", seed=1)) as server:
        yield server
