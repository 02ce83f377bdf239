"""`moonwire memory`, as it is typed, on a memory that a gateway's process left."""

import asyncio
import json
from pathlib import Path

import pytest

from moonwire.core.recall import Turn
from moonwire.memory import SqliteMemory, Tenant, load_secret
from tests.cli.samples import moonwire


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory with two conversations of the client `ci` and one of another."""
    monkeypatch.setenv("MOONWIRE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moonwire.toml").write_text('[clients.ci]\nkey = "env:CI_KEY"\n', encoding="utf-8")
    path = tmp_path / "memory.db"
    secret = load_secret(tmp_path / "secret")

    async def filled() -> None:
        memory = SqliteMemory(path, secret)
        for number in range(2):
            memory.put(
                Tenant.of_client("ci"), {f"key{number}": Turn(reasoning="hm")}, f"conversation{number}"
            )
        memory.put(Tenant.of_client("other"), {"key": Turn(reasoning="hm")}, "conversation")
        await memory.aclose()

    asyncio.run(filled())
    return path


def conversations() -> int:
    told = moonwire("memory", "stats", "--json")
    assert told.exit_code == 0
    return json.loads(told.stdout)["conversations"]


def test_the_numbers_are_told(file: Path) -> None:
    # What a client said twice is kept once.
    told = json.loads(moonwire("memory", "stats", "--json").stdout)
    assert told["path"] == str(file)
    assert (told["conversations"], told["values"]) == (3, 2)
    shown = moonwire("memory", "stats").stdout
    assert "conversations  3" in shown
    assert "hm" not in shown


def test_a_client_is_forgotten_and_the_others_are_not(file: Path) -> None:
    assert "forgot 2 conversations" in moonwire("memory", "purge", "--client", "ci").stdout
    assert conversations() == 1


def test_all_is_forgotten(file: Path) -> None:
    assert json.loads(moonwire("memory", "purge", "--all", "--json").stdout) == {"conversations": 3}
    assert conversations() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["purge"], "Say what to forget"),
        (["purge", "--all", "--client", "ci"], "Say what to forget"),
        (["purge", "--client", "nobody"], "clients.nobody: no such client (ci)"),
        (["stats", "--memory", "none"], "memory.path: nothing is kept on disk"),
        (["stats", "--memory", "absent.db"], "absent.db: there is no memory yet"),
    ],
)
def test_what_cannot_be_done_is_said(file: Path, arguments: list[str], said: str) -> None:
    done = moonwire("memory", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
