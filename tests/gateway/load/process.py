"""`moonwire serve` as a process of its own: where it listens, and what it holds."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

from tests.house.tree import ROOT

__all__ = ["Serving", "quiet", "serving", "until"]

SECONDS: Final = 30.0
_LINE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([-+0-9.e]+)$")


def until(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether it holds within so long; asked again and again."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.01)
    return True


def quiet() -> dict[str, str]:
    """The environment, without what would configure a gateway."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOONWIRE_", "MOONSHOT_", "KIMI_")) and "proxy" not in name.lower()
    }


class Serving:
    """One gateway's process."""

    def __init__(self, config: Path, memory: str) -> None:
        command = [sys.executable, "-m", "tests.gateway.load.watched", "serve", "--config", str(config)]
        command += ["--port", "0", "--memory", memory, "--log-level", "error", "--log-format", "json"]
        self._log = config.with_suffix(".log").open("ab")
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=quiet(), stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self._process.stdout is not None
        self._said = self._process.stdout
        line = self._said.readline()
        while line and "base URL" not in line:
            line = self._said.readline()
        assert line, config.with_suffix(".log").read_text()
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def open_files(self) -> list[str]:
        """What its descriptors lead to."""
        found: list[str] = []
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.append(str(link.readlink()))
        return found

    def sockets(self) -> int:
        """How many of them are sockets."""
        return sum(name.startswith("socket:") for name in self.open_files())

    def resident(self) -> float:
        """Megabytes that it has in memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def tasks(self) -> list[str]:
        """What runs in its event loop."""
        os.kill(self.pid, signal.SIGUSR1)
        line = self._said.readline()
        while line and not line.startswith("{"):
            line = self._said.readline()
        return json.loads(line)["tasks"]

    def get(self, path: str) -> str:
        """A page of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path, headers={"connection": "close"})
            response = connection.getresponse()
            assert response.status == 200
            return response.read().decode()
        finally:
            connection.close()

    def counted(self) -> dict[tuple[str, str], float]:
        """Its metrics: by name and labels."""
        found: dict[tuple[str, str], float] = {}
        for line in self.get("/metrics").splitlines():
            match = _LINE.match(line)
            if match is not None:
                found[match[1], match[2] or ""] = float(match[3])
        return found

    def total(self, name: str, label: str = "") -> float:
        """The sum of a metric, over all whose labels have this text."""
        return sum(
            value for (known, labels), value in self.counted().items() if known == name and label in labels
        )

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._over()

    def stop(self) -> None:
        """An end in order."""
        if self._process.poll() is None:
            self._process.terminate()
        self._over()

    def _over(self) -> None:
        self._process.wait(SECONDS)
        self._said.close()
        self._log.close()


@contextlib.contextmanager
def serving(
    folder: Path, upstreams: dict[str, Any], *, memory: str = "none", more: str = ""
) -> Generator[Serving]:
    """A gateway to these, each a base URL with its endpoint's name."""
    config = folder / "moonwire.toml"
    config.touch(0o600)
    config.write_text(more + "".join(_upstream(name, *place) for name, place in upstreams.items()))
    running = Serving(config, memory)
    try:
        yield running
    finally:
        running.stop()


def _upstream(name: str, base_url: str, endpoint: str, timeouts: str = "") -> str:
    return (
        f'\n[upstreams.{name}]\nbase_url = "{base_url}"\nendpoint = "{endpoint}"\nkey = "sk-upstream"\n'
        f"trust_env = false\n{timeouts}\n"
    )
