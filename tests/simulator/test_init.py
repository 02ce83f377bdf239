"""What the package offers, and what it costs to import it."""

import subprocess
import sys

import pytest

from moonwire import simulator
from moonwire.simulator.server import Server


def test_the_server_is_there_when_it_is_asked_for() -> None:
    assert simulator.Server is Server
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = getattr(simulator, "Nothing")  # noqa: B009 -- a name that the type checker must not look for


def test_without_a_server_nothing_of_it_is_imported() -> None:
    program = "import sys, moonwire.simulator; assert 'uvicorn' not in sys.modules; moonwire.simulator.App"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
