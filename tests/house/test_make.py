"""`make serve`, as a stranger runs it."""

import os
import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.house.tree import ROOT

PATIENCE = 30
KEYS = ("MOONSHOT_API_KEY", "KIMI_API_KEY", "KIMI_BASE_URL")


@contextmanager
def serving() -> Generator[tuple[subprocess.Popen[str], str]]:
    """The process, and the base URL that it tells."""
    if not (ROOT / ".venv" / ".stamp-moonwire").exists():
        pytest.skip("the environment was not made by make")
    environ = {name: value for name, value in os.environ.items() if name not in KEYS}
    command = ["make", "--no-print-directory", "serve", "SERVE_ARGS=--port 0 --memory none"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip  # one call
        try:
            assert process.stdout is not None
            told = ""
            for line in process.stdout:
                told += line
                if found := re.search(r"base URL +(http://\S+)\n +upstream +a simulated Kimi", told):
                    yield process, found[1]
                    return
            pytest.fail(told)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_the_gateway_runs_on_a_simulated_kimi_and_ends_when_it_is_told() -> None:
    with serving() as (process, url):
        opened = build_opener(ProxyHandler({})).open(url + "/models", timeout=PATIENCE)
        assert b"kimi-k3" in opened.read()
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
