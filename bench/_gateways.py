"""What stands between a caller and an endpoint in `bench/gateway.py`, each as a process, and what it uses."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

__all__ = ["KEY", "MODEL", "Gateway", "installed_peers", "moonwire", "relay", "simulator"]

KEY: Final = "sk-bench"
MODEL: Final = "kimi-k3"
HERE: Final = Path(__file__).parent
PATIENCE: Final = 120.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Gateway:
    """A process that listens, with those that it started."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        port: int = 0,
        health: str = "/healthz",
        mark: str = "listening",
        more: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = name
        began = time.perf_counter()
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log.open("wb")) if log else subprocess.PIPE
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out if log else None, env=_environment(more or {})
            )
        self.port = port or self._told(mark)
        while not self._answers(health):
            if self.process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise ChildProcessError(f"{name} does not answer: {log.read_text()[-2000:] if log else ''}")
            time.sleep(0.002)
        self.startup = time.perf_counter() - began

    def _told(self, mark: str) -> int:
        assert self.process.stdout is not None
        line = b""
        while mark.encode() not in line:
            line = self.process.stdout.readline()
            if not line:
                raise ChildProcessError(f"{self.name} ended before it listened")
        return int("".join(filter(str.isdigit, line.decode().rsplit(":", 1)[-1].split("/")[0])))

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            if not path:
                connection.connect()
                return True
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return response.status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """It, its children, and theirs."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def cpu(self) -> float:
        """Seconds of CPU that all of them have used, in all threads."""
        used = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                used += int(fields[11]) + int(fields[12])
        return used / TICKS

    def resident(self) -> float:
        """Megabytes that all of them have in memory."""
        found = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                found += int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])
        return found / 1024

    def close(self) -> None:
        """Ends it."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what would configure a gateway or lead its requests elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOONWIRE_", "MOONSHOT_", "KIMI_", "PYTHON")) and "proxy" not in name.lower()
    }
    path = os.environ.get("PYTHONPATH")
    return {**kept, **({"PYTHONPATH": path} if path and not more else {}), **more}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def simulator() -> Gateway:
    """The endpoint, with prepared answers."""
    command = [sys.executable, "-m", "moonwire", "simulate", "--port", "0", "--fast", "--model", MODEL]
    return Gateway("direct", command, mark="base URL", health="/v1/models")


def relay(upstream: int, folder: Path) -> Gateway:
    """The least that a relay can do."""
    command = [sys.executable, str(HERE / "_relay.py"), "127.0.0.1", str(upstream)]
    return Gateway("bare relay", command, health="")


def moonwire(upstream: int, folder: Path) -> Gateway:
    """Ours: it heals, and remembers on disk."""
    command = [sys.executable, "-m", "moonwire", "serve", "--port", "0", "--log-level", "error"]
    command += ["--upstream", f"http://127.0.0.1:{upstream}/v1", "--upstream-key", "x"]
    command += ["--endpoint", "platform", "--memory", str(folder / "memory.db")]
    return Gateway("moonwire", command, mark="base URL")


def _litellm(environment: str, upstream: int, folder: Path) -> Gateway:
    config = folder / "litellm.yaml"
    config.write_text(
        f"model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/{MODEL}\n"
        f"      api_base: http://127.0.0.1:{upstream}/v1\n      api_key: any\n"
        f"general_settings:\n  master_key: {KEY}\nlitellm_settings:\n  drop_params: false\n"
    )
    port = _free_port()
    command = [f"{environment}/bin/litellm", "--config", str(config), "--port", str(port)]
    command += ["--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"]
    # The prepared answer says one word again and again, which LiteLLM else takes for a broken model's.
    more = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "REPEATED_STREAMING_CHUNK_LIMIT": "1000000",
    }
    log = folder / "litellm.log"
    return Gateway("LiteLLM", command, port=port, health="/health/liveliness", more=more, log=log)


def _vllm_router(environment: str, upstream: int, folder: Path) -> Gateway:
    port = _free_port()
    command = [f"{environment}/bin/vllm-router", "--worker-urls", f"http://127.0.0.1:{upstream}"]
    command += ["--port", str(port), "--log-level", "error"]
    command += ["--prometheus-port", str(_free_port()), "--max-concurrent-requests", "256"]
    log = folder / "vllm-router.log"
    return Gateway("vllm-router", command, port=port, health="/health", log=log, more={"RUST_LOG": "error"})


_PEERS: Final = (
    ("LITELLM_VENV", "bin/litellm", _litellm),
    ("VLLM_ROUTER_VENV", "bin/vllm-router", _vllm_router),
)


def installed_peers() -> list[Callable[[int, Path], Gateway]]:
    """Those whose environments are named."""
    found: list[Callable[[int, Path], Gateway]] = []
    for variable, program, make in _PEERS:
        environment = os.environ.get(variable, "")
        if environment and (Path(environment) / program).is_file():
            found.append(lambda upstream, folder, make=make, where=environment: make(where, upstream, folder))
    return found
