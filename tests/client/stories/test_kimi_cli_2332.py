"""The stories of kimi-cli#2332 and of what was merged of it, as kimi-cli#2494: caps, environment, recovery.

Each row asserts what the endpoint received and what the caller got. The tables stand in kimi-api.md D7 to D9;
tests/core has them as pure functions.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from moonwire.client import Completion, Kimi
from moonwire.core.errors import TransportError
from moonwire.core.estimate import kimi_cli_tokens
from moonwire.core.messages import Message, Request
from moonwire.core.settings import Settings as Planning
from moonwire.simulator import Server, Settings
from moonwire.transport import ClientClosed
from tests.client.asked import ONCE, asks, codes, sent
from tests.exchange.upstreams import WELL, Scripted
from tests.transport.peers import Peer, run, serve

CAP, OLD_CAP = "max_completion_tokens", "max_tokens"
ENV_CAP, ENV_OLD = "KIMI_MODEL_MAX_COMPLETION_TOKENS", "KIMI_MODEL_MAX_TOKENS"


def said(
    server: Server, messages: Any = 'Say "OK".', call: dict[str, Any] | None = None, **more: Any
) -> Completion[Any]:
    found: list[Completion[Any]] = []

    async def main() -> None:
        async with asks(server.base_url, **more) as kimi:
            found.append(await kimi.generate(messages, **(call or {})))

    run(main)
    return found[0]


EMPTY: dict[str, Any] = {"type": "object", "properties": {}}


def words_of(tokens: int) -> str:
    """Words that kimi-cli's estimator counts as so many tokens, in a message of the user's alone."""

    def counted(text: str) -> int:
        return kimi_cli_tokens(Request(model="m", messages=(Message(role="user", content=text),)))

    return "x" * (4 * (tokens - counted("")))


def windowed(window: int) -> dict[str, Any]:
    """What makes a model's window so large; the platform has none of these sizes."""
    return {"overrides": {"models": {"kimi-k2.6": {"window": window}}}}


# the policy, the window, tokens of input, the margin, the cap that is asked for, the one that is sent
CLAMPED: dict[str, tuple[str, int, int, int, int | None, int]] = {
    # kimi-api.md D8, whose inputs have their margin in them
    "merged: what is asked for fits": ("all-remaining", 262_144, 20_000, 0, 50_000, 50_000),
    "merged: less is left": ("all-remaining", 8_192, 7_000, 0, 50_000, 1_192),
    "merged: all that is left": ("all-remaining", 262_144, 20_000, 0, None, 242_144),
    "merged: a loop's margin": ("all-remaining", 100_000, 60_000, 1_024, None, 38_976),
    "merged: a loop's own cap": ("all-remaining", 100_000, 60_000, 1_024, 1_234, 1_234),
    "merged: a loop's small window": ("all-remaining", 8_192, 7_000, 1_024, 50_000, 168),
    "merged: nothing is left": ("all-remaining", 8_192, 8_192, 1_024, None, 1),
    # kimi-api.md D9
    "proposed: what is asked for fits": ("reserved", 262_144, 20_000, 1_024, 50_000, 50_000),
    "proposed: less is left": ("reserved", 8_192, 7_000, 512, 50_000, 680),
    "proposed: 50,000 by itself": ("reserved", 262_144, 20_000, 1_024, None, 50_000),
    "proposed: the margin is given up": ("reserved", 8_192, 8_000, 1_024, None, 192),
}


@pytest.mark.parametrize(
    ("policy", "window", "tokens", "margin", "asked", "cap"), CLAMPED.values(), ids=CLAMPED
)
def test_the_cap_is_clamped(
    policy: Any, window: int, tokens: int, margin: int, asked: int | None, cap: int, strict: Server
) -> None:
    call = {} if asked is None else {CAP: asked}
    planning = Planning(budget=policy, margin=margin)
    done = said(strict, words_of(tokens), call, settings=planning, **windowed(window))
    assert sent(strict)[CAP] == cap == done.budget.cap
    assert done.budget.caller == asked and done.budget.policy == policy
    assert ("!cap-clamped" in codes(done.notes)) is (asked is not None and cap < asked)


def test_the_system_prompt_and_the_tools_are_counted(strict: Server) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "word " * 400, "parameters": EMPTY}}
    messages = [{"role": "system", "content": words_of(500)}, "hi"]
    planning = Planning(budget="all-remaining")
    whole = said(strict, messages, {"tools": [tool]}, settings=planning)
    bare = said(strict, "hi", settings=planning)
    assert bare.budget.cap and whole.budget.cap and bare.budget.cap - whole.budget.cap > 900


def test_what_was_measured_is_the_floor(strict: Server) -> None:
    """The second turn knows what the first one's prompt really took."""

    async def main() -> None:
        planning = Planning(budget="all-remaining")
        async with asks(strict.base_url, settings=planning) as kimi:
            first = await kimi.generate("月" * 3000)
            second = await kimi.generate(["月" * 3000, first.reply, "and?"])
            assert second.budget.estimate.rung != "cold"
            assert sent(strict)[CAP] == second.budget.cap
            assert second.budget.cap and second.budget.cap < 262_144 - first.usage.total

    run(main)


def test_an_unknown_window_gets_the_fallback(strict: Server) -> None:
    done = said(strict, settings=Planning(budget="all-remaining"), **windowed(0))
    assert sent(strict)[CAP] == done.budget.cap == 50_000


def test_a_provider_that_is_no_kimi_is_left_alone() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        planning = Planning(budget="all-remaining")
        async with (
            serve(scripted.run) as server,
            asks(server.url, "gpt-9", endpoint="", settings=planning) as kimi,
        ):
            done = await kimi.generate("hi", max_tokens=5)
        (body,) = scripted.bodies
        assert body == {
            "model": "gpt-9",
            "messages": [{"role": "user", "content": "hi"}],
            "max_tokens": 5,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        assert codes(done.notes) == [] and done.text == "hello"

    run(main)


# the environment, what the constructor says, what the call says, what is sent, the notes
PRECEDENCE: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any], Any, list[str]]] = {
    "nobody": ({}, {}, {}, 32_768, []),
    "the new name": ({ENV_CAP: "9000"}, {}, {}, 9_000, []),
    "the old name": ({ENV_OLD: "9000"}, {}, {}, 9_000, []),
    "both names": ({ENV_CAP: "9000", ENV_OLD: "8000"}, {}, {}, 9_000, []),
    "the new one is junk": ({ENV_CAP: "lots", ENV_OLD: "8000"}, {}, {}, 8_000, []),
    "both are junk": ({ENV_CAP: "lots", ENV_OLD: "1.5"}, {}, {}, 32_768, []),
    "zero": ({ENV_CAP: "0"}, {}, {}, None, ["pass-off"]),
    "less than zero": ({ENV_CAP: "-5", ENV_OLD: "8000"}, {}, {}, None, ["pass-off"]),
    "zero, and the program's own cap": ({ENV_CAP: "0"}, {OLD_CAP: 7_000}, {}, None, ["pass-off"]),
    "the program's own cap": ({}, {OLD_CAP: 7_000}, {}, 7_000, ["cap-renamed"]),
    "beats nothing, and is beaten by the environment": ({ENV_CAP: "9000"}, {OLD_CAP: 7_000}, {}, 9_000, []),
    "the call's own": ({ENV_CAP: "9000"}, {OLD_CAP: 7_000}, {CAP: 6_000}, 6_000, []),
    "the call's null": ({ENV_CAP: "9000"}, {}, {CAP: None}, None, ["pass-off"]),
    "the call's, where the environment says none": ({ENV_CAP: "0"}, {}, {CAP: 6_000}, 6_000, ["pass-off"]),
    "both caps": ({}, {}, {CAP: 6_000, OLD_CAP: 5_000}, 6_000, ["!caps-both"]),
    "both caps, the new one null": ({}, {}, {CAP: None, OLD_CAP: 5_000}, None, ["pass-off"]),
    "both caps, the old one null": ({}, {}, {CAP: 6_000, OLD_CAP: None}, 6_000, []),
    "the old cap alone": ({}, {}, {OLD_CAP: 5_000}, 5_000, ["cap-renamed"]),
}


@pytest.mark.parametrize(("environ", "defaults", "call", "cap", "notes"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_who_says_what_the_cap_is(
    environ: dict[str, str], defaults: Any, call: Any, cap: int | None, notes: list[str], strict: Server
) -> None:
    done = said(strict, call=call, environ=environ, defaults=defaults)
    received = sent(strict)
    # One name is sent, whoever said it under which name.
    assert (received.get(CAP), received.get(OLD_CAP)) == (cap, None) and done.budget.cap == cap
    assert codes(done.notes) == notes and done.text == "OK"


def test_sampling_is_the_environments_where_the_model_takes_any(strict: Server) -> None:
    environ = {"KIMI_MODEL_TEMPERATURE": "0.3", "KIMI_MODEL_TOP_P": "0.9"}
    said(strict, model="moonshot-v1-128k", environ=environ)
    assert (sent(strict)["temperature"], sent(strict)["top_p"]) == (0.3, 0.9)
    said(strict, model="moonshot-v1-128k", environ=environ, call={"temperature": 0.5})
    assert sent(strict)["temperature"] == 0.5
    done = said(strict, environ=environ)
    assert "temperature" not in sent(strict) and "!sampling-fixed" in codes(done.notes)


# the cap, the text, why it ended, whether there are thoughts alone
SHORT: dict[str, tuple[int, str, str, bool]] = {
    "16: thoughts alone": (16, "", "length", True),
    "32: there is an answer": (32, "OK", "stop", False),
}


@pytest.mark.parametrize(("cap", "text", "finish", "alone"), SHORT.values(), ids=SHORT)
def test_thoughts_and_answer_share_the_cap(
    cap: int, text: str, finish: str, alone: bool, strict: Server
) -> None:
    before = len(strict.exchanges)
    done = said(strict, call={CAP: cap})
    # The cap is the caller's: nothing larger is tried.
    assert len(strict.exchanges) == before + 1
    assert (done.text, done.finish, done.thoughts_only, done.cut) == (text, finish, alone, alone)
    assert done.reasoning and sent(strict)[CAP] == cap
    assert done.usage.output <= cap and done.usage.visible == done.usage.output - done.usage.reasoning >= 0
    assert "!cap-below-floor" in codes(done.notes)


def test_a_cap_that_nobody_named_is_raised_where_thoughts_took_it_all() -> None:
    with Server(Settings(rules="strictest")) as server:
        done = said(server, settings=Planning(cap=16))
        caps = [one.request[CAP] for one in server.exchanges]
    assert done.text == "OK" and len(caps) == 2 and caps[0] == 16 < caps[1]
    assert "answer-escalated" in codes(done.notes)


# -- the provider stays the one it was -------------------------------------------------------------------


def identity(kimi: Kimi) -> tuple[int, ...]:
    exchange = kimi._line.exchange
    host = exchange.hosts["kimi"]
    return tuple(map(id, (exchange, host, host.client, kimi._credentials, kimi._defaults, kimi._memory)))


OVERRIDES: dict[str, dict[str, Any]] = {
    "a cap": {CAP: 500},
    "no cap": {CAP: None},
    "thinking": {"thinking": False},
    "another model": {"model": "kimi-k2.5"},
    "sampling": {"temperature": 0.3, "top_p": 0.1},
    "a body": {"extra_body": {"thinking": {"keep": None}, "seed": 7}},
}


@pytest.mark.parametrize("overrides", OVERRIDES.values(), ids=OVERRIDES)
def test_an_override_is_for_one_call_and_clones_nothing(overrides: dict[str, Any], strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            plain = await kimi.generate('Say "OK".')
            before, first = identity(kimi), sent(strict)
            given = {**overrides}
            await kimi.generate('Say "OK".', **given)
            assert given == overrides
            again = await kimi.generate('Say "OK".')
            assert identity(kimi) == before and sent(strict) == first
            assert again.plan.request == plain.plan.request

    run(main)


def counting() -> tuple[Callable[[Peer], Any], list[int]]:
    """An upstream that tells on which connection each request came."""
    connections: list[int] = []

    async def script(peer: Peer) -> None:
        while (asked := await peer.request())[0]:
            connections.append(peer.number)
            if b"break" in asked[1]:
                peer.reset()
                return
            peer.send(WELL)

    return script, connections


def test_the_connection_survives_overrides_and_errors_of_others() -> None:
    script, connections = counting()

    async def main() -> None:
        async with serve(script) as server, asks(server.url, options=ONCE) as kimi:
            for overrides in OVERRIDES.values():
                await kimi.generate("hi", **overrides)
            assert connections == [0] * len(OVERRIDES)
            before = identity(kimi)
            with pytest.raises(TransportError):
                await kimi.generate("break")
            assert [(await kimi.generate("hi")).text for _ in range(2)] == ["hello", "hello"]
            # A kept connection that breaks before a byte came may just have been old: a new one says so too.
            # The next call opens one more, and that is kept.
            assert connections == [*[0] * len(OVERRIDES), 0, 1, 2, 2] and identity(kimi) == before

    run(main)


def test_a_refreshed_token_stays_after_a_connection_error() -> None:
    """kimi-cli rebuilt its client with the token that it was made with."""
    scripted = Scripted(WELL)
    refresh = iter(["sk-2"]).__next__

    async def script(peer: Peer) -> None:
        while (asked := await peer.request())[0]:
            scripted.heads.append(asked[0])
            if "sk-1" in asked[0]:
                data = b'{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}'
                peer.send(b"HTTP/1.1 401 X\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
            elif b"break" in asked[1]:
                peer.reset()
                return
            else:
                peer.send(WELL)

    async def main() -> None:
        async with (
            serve(script) as server,
            asks(server.url, options=ONCE, refresh=refresh) as kimi,
        ):
            assert (await kimi.generate("hi")).text == "hello"
            with pytest.raises(TransportError):
                await kimi.generate("break")
            assert (await kimi.generate("hi")).text == "hello"
        assert scripted.keys == ["sk-1", *["sk-2"] * (len(scripted.keys) - 1)]

    run(main)


def test_a_closed_client_recovers(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            await kimi.generate('Say "OK".')
            await kimi.aclose()
            assert (await kimi.generate('Say "OK".')).text == "OK"

    run(main)


def test_calls_under_way_when_it_is_closed_say_so_and_the_next_one_works() -> None:
    there = asyncio.Event()

    async def hang(peer: Peer) -> None:
        there.set()
        await peer.gone()

    async def main() -> None:
        scripted = Scripted(hang, WELL)
        async with serve(scripted.run) as server, asks(server.url, options=ONCE) as kimi:
            under_way = asyncio.ensure_future(kimi.generate("hi"))
            await there.wait()
            await kimi.aclose()
            with pytest.raises(TransportError) as raised:
                await under_way
            assert isinstance(raised.value, ClientClosed)
            assert (await kimi.generate("hi")).text == "hello"

    run(main)
