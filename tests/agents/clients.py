"""The agents: how each is told where its model is, and how it is started, in a home of its own.

Nobody is at home for them: whatever they ask of the world goes to a proxy that is not there. What tells them
to leave that be is set all the same, as a user would who wants it so.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["CLIENTS", "Client", "Ended", "Start"]

DEADLINE: Final = 120.0
NOWHERE: Final = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Start:
    """What an agent is started with: its arguments, its variables and its files below the home."""

    arguments: list[str]
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Client:
    """One agent: its binary below node_modules for each machine, and how it is started."""

    binaries: Mapping[str, str]
    path: str
    start: Callable[[str, str, str], Start]
    """Of the gateway's address, the model and the task."""

    def run(self, binary: Path, url: str, model: str, task: str, *, home: Path, work: Path) -> Ended:
        """Runs it to its end, or to the deadline."""
        start = self.start(url, model, task)
        for name, text in start.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        environ = {**_environ(home), **start.environ}
        with subprocess.Popen(
            [str(binary), *start.arguments], cwd=work, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as process:  # fmt: skip  # one call
            try:
                out, err = process.communicate(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
                err += f"\nno end within {DEADLINE} seconds"
            finally:
                # What it started and left behind goes with it.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return Ended(process.returncode, out, err)


def _environ(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost",
    }


# -- Claude Code ---------------------------------------------------------------------------------------


def _claude(url: str, model: str, task: str) -> Start:
    names = (
        "ANTHROPIC_MODEL",
        "ANTHROPIC_DEFAULT_OPUS_MODEL",
        "ANTHROPIC_DEFAULT_SONNET_MODEL",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL",
        "CLAUDE_CODE_SUBAGENT_MODEL",
    )
    environ = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": "any",
        **dict.fromkeys(names, model),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
    return Start(["-p", task, "--allowed-tools", "Read,Edit,Bash"], environ)


# -- Codex CLI -----------------------------------------------------------------------------------------


def _codex(url: str, model: str, task: str) -> Start:
    config = f"""\
model = "{model}"
model_provider = "moonwire"
check_for_update_on_startup = false

[model_providers.moonwire]
name = "moonwire"
base_url = "{url}/v1"
env_key = "MOONWIRE_KEY"
wire_api = "responses"

[analytics]
enabled = false

[features]
apps = false
plugins = false
remote_plugin = false
"""
    arguments = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", task]
    return Start(arguments, {"MOONWIRE_KEY": "any"}, {".codex/config.toml": config})


# -- opencode ------------------------------------------------------------------------------------------


def _opencode(url: str, model: str, task: str) -> Start:
    config = {
        "autoupdate": False,
        "share": "disabled",
        "provider": {
            "moonwire": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "moonwire",
                "options": {"baseURL": f"{url}/v1", "apiKey": "any"},
                "models": {model: {"name": model}},
            }
        },
        "model": f"moonwire/{model}",
    }
    environ = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    files = {".config/opencode/opencode.json": json.dumps(config, indent=2)}
    return Start(["run", task], environ, files)


_CODEX: Final = "@openai/codex-{}/vendor/{}/bin/codex"
CLIENTS: Final[Mapping[str, Client]] = {
    "claude": Client(
        {
            kind: f"@anthropic-ai/claude-code-{kind}/claude"
            for kind in ("linux-x64", "linux-arm64", "darwin-arm64")
        },
        "/v1/messages",
        _claude,
    ),
    "codex": Client(
        {
            "linux-x64": _CODEX.format("linux-x64", "x86_64-unknown-linux-musl"),
            "linux-arm64": _CODEX.format("linux-arm64", "aarch64-unknown-linux-musl"),
            "darwin-arm64": _CODEX.format("darwin-arm64", "aarch64-apple-darwin"),
        },
        "/v1/responses",
        _codex,
    ),
    "opencode": Client({"linux-x64": "opencode-linux-x64/bin/opencode"}, "/v1/chat/completions", _opencode),
}
