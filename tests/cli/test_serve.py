"""`moonwire serve`: the banner, the settings for agents, and a command that runs against it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from moonwire.cli.agents.render import ANY_KEY
from moonwire.cli.serve import _base_url, _lines, _told
from moonwire.exchange.config import Hidden
from moonwire.gateway.config.model import (
    ClientConfig,
    Config,
    MemoryConfig,
    ServerConfig,
    ServerTLS,
    UpstreamConfig,
)
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from tests.gateway.config.samples import around

ASK = """
import json, os, urllib.request
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", method="POST")
request.add_header("authorization", "Bearer " + os.environ["OPENAI_API_KEY"])
messages = [{"role": "user", "content": "Say 'OK'."}]
request.data = json.dumps({"model": "kimi-k3", "messages": messages}).encode()
with urllib.request.urlopen(request) as response:
    print(json.load(response)["choices"][0]["message"]["content"], os.environ["KIMI_BASE_URL"])
"""


def serve(folder: Path, *arguments: str, number: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**around(folder), "PATH": os.environ["PATH"], "no_proxy": "*", **environ}
    program = [sys.executable, "-m", "moonwire", "serve", "--memory", "none", *arguments]
    return subprocess.run(
        program, cwd=folder, env=env, capture_output=True, text=True, timeout=20, check=False
    )


def test_a_command_runs_against_the_gateway_and_ends_it(tmp_path: Path) -> None:
    done = serve(tmp_path, "--", sys.executable, "-c", ASK)
    assert done.returncode == 0, done.stderr
    said, base = done.stdout.split()
    assert said == "OK" and base.startswith("http://127.0.0.1:") and base.endswith("/v1")
    assert done.stderr == "moonwire: no key is set: a simulated Kimi answers, and no model\n"


def test_a_command_finds_what_is_configured(tmp_path: Path) -> None:
    with Simulator(Settings(models=("kimi-k3",), keys=("sk-mine",))) as simulator:
        more = ("--upstream", simulator.base_url, "--endpoint", "platform", "--upstream-key", "sk-mine")
        done = serve(tmp_path, *more, "--", sys.executable, "-c", ASK)
        assert (done.returncode, done.stdout[:2], done.stderr) == (0, "OK", "")
        assert len(simulator.exchanges) == 1


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
        (["sh", "-c", "kill -TERM $PPID; exec sleep 60"], 128 + signal.SIGTERM),
    ],
    ids=["its own status", "by a signal", "a signal to the gateway"],
)
def test_the_status_is_the_commands(tmp_path: Path, command: list[str], status: int) -> None:
    done = serve(tmp_path, "--", *command)
    assert (done.returncode, done.stdout) == (status, "")


def test_a_command_that_is_none_starts_nothing(tmp_path: Path) -> None:
    done = serve(tmp_path, "--", "no-such-program")
    assert (done.returncode, done.stdout) == (2, "")
    assert "moonwire: no-such-program: no such command (name a program behind --)" in done.stderr


def test_several_workers_run_a_command_too(tmp_path: Path) -> None:
    with Simulator(Settings(models=("kimi-k3",))) as simulator:
        more = ("--upstream", simulator.base_url, "--endpoint", "platform", "--upstream-key", "sk-mine")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
        done = serve(tmp_path, *more, "--workers", "2", "--port", port, "--", sys.executable, "-c", ASK)
        assert (done.returncode, done.stdout) == (0, f"OK http://127.0.0.1:{port}/v1\n"), done.stderr


def test_a_warning_is_said_once(tmp_path: Path) -> None:
    file = tmp_path / "moonwire.toml"
    file.write_text('[upstreams.platform]\nkey = "sk-written-here"\n', encoding="utf-8")
    file.chmod(0o644)
    done = serve(tmp_path, "--", "true")
    assert done.returncode == 0
    lines = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(lines) == len(set(lines)) == 1


def config(**more: Any) -> Config:
    upstream = UpstreamConfig(base_url="http://x/v1", key=Hidden("sk-mine"))
    said: dict[str, Any] = {"upstreams": {"a": upstream}, "memory": MemoryConfig(path="none"), **more}
    return Config(**said)


@pytest.mark.parametrize(
    ("server", "host", "base"),
    [
        (ServerConfig(), "127.0.0.1", "http://127.0.0.1:1/v1"),
        (ServerConfig(base_path="/kimi"), "::1", "http://[::1]:1/kimi/v1"),
        (ServerConfig(), "0.0.0.0", "http://127.0.0.1:1/v1"),
        (ServerConfig(), "::", "http://[::1]:1/v1"),
        (ServerConfig(tls=ServerTLS(cert="c", key="k")), "10.0.0.1", "https://10.0.0.1:1/v1"),
    ],
)
def test_the_base_url_is_one_that_works_here(server: ServerConfig, host: str, base: str) -> None:
    assert _base_url(config(server=server), host, 1) == base


def test_where_the_callers_own_key_is_asked_for_it_stays() -> None:
    assert _told(config(), "u")["OPENAI_API_KEY"] == ANY_KEY
    own = {"a": UpstreamConfig(base_url="http://x/v1")}
    assert "OPENAI_API_KEY" not in _told(config(upstreams=own), "u")
    named = {"me": ClientConfig(key=Hidden("sk-me"))}
    assert "OPENAI_API_KEY" not in _told(config(clients=named), "u")


def test_the_settings_for_agents_can_be_pasted() -> None:
    said = "".join(_lines(config(), "http://127.0.0.1:1/v1", False))
    assert "memory     nothing" in said and "upstream   a\n" in said and "mode       heal" in said
    assert "sk-mine" not in said
    (line,) = [line for line in said.splitlines() if "npm" in line]
    provider = json.loads(line)["provider"]["moonwire"]
    assert provider["options"] == {"baseURL": "http://127.0.0.1:1/v1", "apiKey": ANY_KEY}
    assert list(provider["models"]) == ["kimi-k3", "kimi-k2.6"]


def test_the_settings_name_a_variable_where_callers_bring_keys() -> None:
    own = config(upstreams={"a": UpstreamConfig(base_url="http://x/v1")})
    said = "".join(_lines(own, "http://127.0.0.1:1/v1", False))
    assert 'export OPENAI_API_KEY="$YOUR_KEY"\n' in said and '"apiKey": "{env:YOUR_KEY}"' in said
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:1 " in said
