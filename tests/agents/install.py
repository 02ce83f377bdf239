"""Installs the agents, as `make test-clients` does: the binaries and the one script of package-lock.json.

They stand outside the clone and are fetched again only when the lock has changed. What they would run to
install themselves is not run.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.agents.clients import CLIENTS

__all__ = ["folder", "install", "is_installed", "kind"]

HERE: Final = Path(__file__).parent
LOCK: Final = "package-lock.json"
STAMP: Final = "installed"
PING: Final = 60
FETCH: Final = 1200


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where they are."""
    return Path(environ.get("MOONWIRE_CLIENTS") or "~/.cache/moonwire/clients").expanduser()


def kind() -> str:
    """What npm's packages of binaries call this machine."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{ {'x86_64': 'x64', 'amd64': 'x64', 'aarch64': 'arm64'}.get(machine, machine) }"


def is_installed(place: Path) -> bool:
    """Whether what is there is what the lock says."""
    stamp = place / STAMP
    return stamp.is_file() and stamp.read_bytes() == (HERE / LOCK).read_bytes()


def install(place: Path) -> str:
    """Installs them if need be; what is in the way, if that is nobody's fault.

    Raises `RuntimeError` where something else went wrong.
    """
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as held:
        # Two clones may want them at once.
        fcntl.flock(held, fcntl.LOCK_EX)
        if is_installed(place):
            return ""
        if shutil.which("npm") is None:
            return "there is no npm"
        if _npm(place, PING, "ping", "--fetch-retries=0").returncode != 0:
            return "npm reaches no registry"
        (place / STAMP).unlink(missing_ok=True)
        for name in ("package.json", LOCK):
            shutil.copyfile(HERE / name, place / name)
        done = _npm(place, FETCH, "ci", "--ignore-scripts")
        if done.returncode != 0:
            raise RuntimeError(f"npm ci: {done.stdout}{done.stderr}")
        # npm says nothing of an optional package that it could not have.
        here = [client for client in CLIENTS.values() if kind() in client.binaries]
        wanted = [file for client in here for file in client.command(place / "node_modules", kind())]
        missing = [file for file in wanted if not Path(file).is_file()]
        if missing:
            raise RuntimeError(f"npm ci did not bring {', '.join(missing)}")
        shutil.copyfile(HERE / LOCK, place / STAMP)
    return ""


def _npm(place: Path, seconds: float, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["npm", *arguments, "--no-audit", "--no-fund"]
    try:
        return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"not done within {seconds} seconds")


if __name__ == "__main__":
    where = folder()
    reason = install(where)
    print(
        f"The agents are not installed, and not tested: {reason}."
        if reason
        else f"The agents are in {where}."
    )
