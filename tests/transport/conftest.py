"""The loops that the tests of sockets run on."""

import pytest

from tests.transport.peers import LOOPS


@pytest.fixture(params=list(LOOPS))
def loop(request: pytest.FixtureRequest) -> str:
    """The name of an event loop, for `peers.run`."""
    return str(request.param)
