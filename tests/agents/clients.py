"""The agents: how each is told where its model is, and how it is started, in a home of its own.

Nobody is at home for them: whatever they ask of the world goes to a proxy that is not there. What tells them
to leave that be is set all the same, as a user would who wants it so.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from moonwire.cli.agents.render import Wanted, snippet
from moonwire.cli.agents.table import AGENTS

__all__ = ["CLIENTS", "Client", "Ended", "Job", "Start"]

DEADLINE: Final = 120.0
NOWHERE: Final = "http://127.0.0.1:9"
AGENTS_BY_NAME: Final = {agent.name: agent for agent in AGENTS}


@dataclass(frozen=True)
class Job:
    """What an agent is to do, and with which model, of how many tokens, at which gateway."""

    url: str
    model: str
    window: int
    task: str


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
    """One agent: its binary below node_modules for each kind of machine, and how it is started."""

    binaries: Mapping[str, str]
    start: Callable[[Job, Path], Start]
    """Of the job and the home."""
    script: str = ""
    """What the binary runs, below node_modules too, where that is an interpreter."""

    def command(self, modules: Path, kind: str) -> list[str]:
        """What it is started with, before its arguments."""
        return [str(modules / name) for name in (self.binaries[kind], self.script) if name]

    def run(self, program: Sequence[str], job: Job, *, home: Path, work: Path) -> Ended:
        """Runs it to its end, or to the deadline."""
        start = self.start(job, home)
        for name, text in start.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        environ = {**_environ(home), **start.environ}
        out, err = home / "stdout", home / "stderr"
        command = [*program, *start.arguments]
        # Files, since a pipe stays open for as long as anything that was started holds it.
        with out.open("wb") as said, err.open("wb") as told:
            process = subprocess.Popen(
                command, cwd=work, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=told,
                start_new_session=True,
            )  # fmt: skip  # one call, as it is written in a shell
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                told.write(f"\nno end within {DEADLINE} seconds".encode())
            finally:
                # What it started and left behind goes with it.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return Ended(process.returncode, out.read_text(errors="replace"), err.read_text(errors="replace"))


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


def _told(name: str, job: Job) -> dict[str, str]:
    """The file that `moonwire connect` writes, below the home."""
    agent = AGENTS_BY_NAME[name]
    wanted = Wanted(root=job.url, model=job.model, small=job.model)
    place = agent.place
    assert place is not None
    return {f"{place.folder}/{place.names[0]}".removeprefix("~/"): snippet(agent, wanted)}


# -- Claude Code ---------------------------------------------------------------------------------------


def _claude(job: Job, home: Path) -> Start:
    environ = {
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
    arguments = ["-p", job.task, "--allowed-tools", "Read,Edit,Bash,ToolSearch"]
    return Start(arguments, environ, _told("claude", job))


# -- Codex CLI -----------------------------------------------------------------------------------------

_CODEX_FILE: Final = ".codex/config.toml"
_CODEX_EXEC: Final = ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
_CODEX_QUIET: Final = """\

[analytics]
enabled = false

[features]
apps = false
plugins = false
remote_plugin = false
"""


def _codex(job: Job, home: Path) -> Start:
    config = "check_for_update_on_startup = false\n" + _told("codex", job)[_CODEX_FILE] + _CODEX_QUIET
    return Start([*_CODEX_EXEC, job.task], {}, {_CODEX_FILE: config})


def _codex_catalogue(job: Job, home: Path) -> Start:
    """With a catalogue that knows the model: then it offers tools of kinds that only Responses has."""
    entry: dict[str, Any] = {
        "slug": job.model,
        "display_name": job.model,
        "supported_reasoning_levels": [{"effort": "high", "description": "thinks"}],
        "default_reasoning_level": "high",
        "shell_type": "unified_exec",
        "visibility": "list",
        "supported_in_api": True,
        "priority": 1,
        "base_instructions": "You work on the user's files with the tools that there are.",
        "support_verbosity": False,
        "apply_patch_tool_type": "freeform",
        "truncation_policy": {"mode": "tokens", "limit": 10000},
        "supports_parallel_tool_calls": True,
        "supports_search_tool": True,
        "context_window": job.window,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"],
    }
    start = _codex(job, home)
    config = f"model_catalog_json = {json.dumps(str(home / 'models.json'))}\n"
    files = {
        _CODEX_FILE: config + start.files[_CODEX_FILE],
        "models.json": json.dumps({"models": [entry]}),
    }
    return Start(start.arguments, start.environ, files)


# -- opencode ------------------------------------------------------------------------------------------


def _opencode(job: Job, home: Path) -> Start:
    environ = {
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_SHARE": "1",
    }
    return Start(["run", job.task], environ, _told("opencode", job))


# -- Kimi Code -----------------------------------------------------------------------------------------


def _kimi_code(job: Job, home: Path) -> Start:
    environ = {"KIMI_CODE_NO_AUTO_UPDATE": "1", "KIMI_DISABLE_TELEMETRY": "1"}
    return Start(["-p", job.task], environ, _told("kimi-code", job))


_CLAUDES: Final = {
    kind: f"@anthropic-ai/claude-code-{kind}/claude" for kind in ("linux-x64", "linux-arm64", "darwin-arm64")
}
_CODEXES: Final = {
    kind: f"@openai/codex-{kind}/vendor/{triple}/bin/codex"
    for kind, triple in (
        ("linux-x64", "x86_64-unknown-linux-musl"),
        ("linux-arm64", "aarch64-unknown-linux-musl"),
        ("darwin-arm64", "aarch64-apple-darwin"),
    )
}
# The machine's own Node may be too old for it.
_NODES: Final = {kind: f"node-{kind}/bin/node" for kind in ("linux-x64", "linux-arm64")}
CLIENTS: Final[Mapping[str, Client]] = {
    "claude": Client(_CLAUDES, _claude),
    "codex": Client(_CODEXES, _codex),
    "codex-catalogue": Client(_CODEXES, _codex_catalogue),
    "kimi-code": Client(_NODES, _kimi_code, "@moonshot-ai/kimi-code/dist/main.mjs"),
    "opencode": Client({"linux-x64": "opencode-linux-x64/bin/opencode"}, _opencode),
}
