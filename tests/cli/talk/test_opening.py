"""Who is asked: a table of flags and environment; and the simulator where they say nothing."""

import asyncio
import sys
from pathlib import Path

import pytest

from moonwire.cli.talk.opening import MODEL, begin, opened
from moonwire.cli.talk.options import Talk
from moonwire.core.errors import LocalProtocolError, MoonwireError

AI, CN, CODING = "https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1", "https://api.kimi.com/coding/v1"
RACK = "http://rack:8000/v1"
KEY = {"MOONSHOT_API_KEY": "sk-1"}

# Flags, environment, and where that leads: the URL and the kind of endpoint.
ROWS: dict[str, tuple[Talk, dict[str, str], str, str]] = {
    "a key": (Talk(), KEY, AI, "platform"),
    "a key of China": (Talk(region="cn"), KEY, CN, "platform-cn"),
    "a key of the coding endpoint": (Talk(), {"KIMI_API_KEY": "sk-kimi-1"}, CODING, "coding"),
    "an endpoint by its name": (Talk(endpoint="coding"), KEY, CODING, "coding"),
    "a URL": (Talk(base_url=RACK), {}, RACK, "generic"),
    "a URL and what it is": (Talk(base_url=RACK, endpoint="vllm"), KEY, RACK, "vllm"),
    "a URL of the environment": (Talk(endpoint="sglang"), {"KIMI_BASE_URL": RACK}, RACK, "sglang"),
    "the environment's URL, though the kind has one": (
        Talk(endpoint="platform"),
        {"KIMI_BASE_URL": RACK},
        RACK,
        "platform",
    ),
    "a key that is named": (Talk(key="env:MINE"), {"MINE": "sk-2"}, AI, "platform"),
}


@pytest.mark.parametrize(("talk", "environ", "url", "kind"), ROWS.values(), ids=ROWS)
def test_where_flags_and_environment_lead(talk: Talk, environ: dict[str, str], url: str, kind: str) -> None:
    with opened(talk, environ) as place:
        kimi = place.kimi("kimi-k3", None)
        assert (kimi.base_url, kimi.target.endpoint, place.simulated) == (url, kind, False)


@pytest.mark.parametrize(
    ("talk", "environ", "why"),
    [
        (Talk(endpoint="plattform"), KEY, "no endpoint is called plattform"),
        (Talk(endpoint="coding-anthropic"), KEY, r"does not speak Chat Completions \(take coding\)"),
        (Talk(endpoint="vllm"), KEY, "may be anywhere"),
        (Talk(env_file="/no/such/file"), KEY, "cannot be read"),
    ],
)
def test_what_leads_nowhere_says_so(talk: Talk, environ: dict[str, str], why: str) -> None:
    with pytest.raises(LocalProtocolError, match=why), opened(talk, environ):
        pass


def test_a_file_of_variables_stands_behind_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"KIMI_BASE_URL={RACK}\nMOONSHOT_BASE_URL={CN}\n")
    with opened(Talk(env_file=str(tmp_path / ".env")), {"KIMI_BASE_URL": AI}) as place:
        assert place.kimi("kimi-k3", None).base_url == AI


def test_without_a_key_a_simulated_kimi_answers(tmp_path: Path) -> None:
    talk = Talk(endpoint="platform-cn", session=str(tmp_path / "a.jsonl"), max_steps=3, system="Be brief.")
    with opened(talk, {}) as place:
        assert place.simulated

        async def told() -> str:
            agent = begin(talk, place)
            assert (agent.limits.steps, agent.kimi.model, agent.system) == (3, MODEL, "Be brief.")
            async with agent.kimi:
                return (await agent.run("Say 'hello'.")).text

        assert asyncio.run(told()) == "hello"


def test_a_session_goes_on_with_its_model(tmp_path: Path) -> None:
    session = str(tmp_path / "a.jsonl")
    with opened(Talk(), KEY) as place:
        begin(Talk(session=session, model="kimi-k2.6"), place)
        assert begin(Talk(session=session), place).kimi.model == "kimi-k2.6"
        assert begin(Talk(session=session, model="kimi-k3"), place).kimi.model == "kimi-k3"


def test_without_the_simulator_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("moonwire.simulator")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with (
        pytest.raises(MoonwireError, match=r"uvicorn.* not installed .*moonwire\[simulator\]"),
        opened(Talk(), {}),
    ):
        pass
