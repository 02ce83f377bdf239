"""The blocking client: the same calls, from any thread, and everything is closed behind it."""

import asyncio
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from moonwire.client import KimiSync
from moonwire.client.loop import Loop
from moonwire.core.errors import Auth, LocalProtocolError
from moonwire.core.events import Text
from moonwire.simulator import Server, Settings
from tests.client.asked import WEATHER, asks_blocking, sent
from tests.client.test_kimi import PARIS, RESULT
from tests.exchange.upstreams import HEAD, Scripted, delta, then_hang
from tests.transport.peers import serve


class City(msgspec.Struct):
    city: str


@pytest.fixture
def kimi(strict: Server) -> Iterator[KimiSync]:
    with asks_blocking(strict.base_url) as made:
        yield made


async def entered(server: Any) -> Any:
    return await server.__aenter__()


async def left(server: Any) -> None:
    await server.__aexit__(None, None, None)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "moonwire client"]


def test_an_answer(kimi: KimiSync) -> None:
    done = kimi.generate('Say "OK".')
    assert (done.text, done.finish) == ("OK", "stop") and done.reasoning and done.trace_id


def test_everything_that_can_be_said(kimi: KimiSync, strict: Server) -> None:
    done = kimi.generate("Where?", tools=[], response_format=City, thinking=False, max_tokens=5000)
    assert isinstance(done.value, City)
    received = sent(strict)
    assert received["thinking"] == {"type": "disabled"} and received["max_completion_tokens"] == 5000
    assert kimi.generate('Say "Hello.".', prefix="Hel").text == "Hello."


def test_a_round_with_a_tool(kimi: KimiSync) -> None:
    first = kimi.generate(PARIS, tools=[WEATHER])
    result = {**RESULT, "tool_call_id": first.calls[0].id}
    assert kimi.generate([PARIS, first.message, result], tools=[WEATHER]).text.endswith("18 degrees")


def test_a_stream(kimi: KimiSync) -> None:
    with kimi.stream("Write 40 words.") as stream:
        words = [one.text for one in stream if isinstance(one, Text)]
    assert "".join(words) == stream.completion.text and len(words) > 4 and stream.completion.finish == "stop"


def test_a_streams_text(kimi: KimiSync) -> None:
    stream = kimi.stream("Write 40 words.")
    assert "".join(stream.texts()) == stream.completion.text


def test_a_stream_that_is_left(kimi: KimiSync) -> None:
    # More than is read ahead, so that the end cannot have come.
    with kimi.stream("Write 4000 words.") as stream:
        for one in stream:
            if isinstance(one, Text):
                break
    assert stream.completion.text and stream.completion.finish == "unknown"
    assert kimi.generate('Say "OK".').text == "OK"


@pytest.mark.parametrize("ends", ["the stream", "the client"])
def test_what_is_left_closes_the_upstream(ends: str) -> None:
    gone = threading.Event()
    upstream = serve(Scripted(then_hang(HEAD + delta(content="hel"), gone.set)).run)
    with Loop("upstream") as loop:
        server = loop.run(entered(upstream))
        with asks_blocking(server.url) as kimi:
            stream = kimi.stream("hi")
            assert next(stream.texts()) == "hel"
            if ends == "the stream":
                stream.close()
                assert gone.wait(10)
        assert gone.wait(10)
        loop.run(left(upstream))


def test_a_stream_that_is_not_read(kimi: KimiSync, strict: Server) -> None:
    before = len(strict.exchanges)
    with kimi.stream("hi") as stream:
        pass
    with pytest.raises(LocalProtocolError, match="has not begun"):
        assert stream.completion
    assert len(strict.exchanges) == before


def test_the_rest(kimi: KimiSync, strict: Server) -> None:
    assert "kimi-k3" in [model["id"] for model in kimi.models()]
    assert kimi.balance()["available_balance"] > 0
    picture = kimi.upload(b"\x89PNG\r\n\x1a\n\x00", name="cat.png")
    assert picture.url.startswith("ms://")
    before = len(strict.exchanges)
    assert kimi.plan("hi", thinking=False, max_tokens=5000).budget.cap == 5000
    assert len(strict.exchanges) == before
    assert (kimi.model, kimi.target.window) == ("kimi-k2.6", 262_144)
    assert repr(kimi) == "KimiSync('kimi-k2.6')"


def test_errors_are_raised_where_they_are_waited_for() -> None:
    with Server(Settings(keys=("sk-new",))) as server, asks_blocking(server.base_url) as kimi:
        with pytest.raises(Auth):
            kimi.generate("hi")
        with pytest.raises(Auth):
            list(kimi.stream("hi"))


def test_a_token_is_refreshed() -> None:
    with (
        Server(Settings(keys=("sk-new",))) as server,
        asks_blocking(server.base_url, refresh=lambda: "sk-new") as kimi,
    ):
        assert kimi.generate('Say "OK".').text == "OK"


def test_many_threads_one_client(kimi: KimiSync) -> None:
    with ThreadPoolExecutor(8) as pool:

        def say(number: int) -> str:
            return kimi.generate(f'Say "{number}".').text

        texts = list(pool.map(say, range(24)))
    assert texts == [str(number) for number in range(24)]
    assert len(threads()) == 1


def test_within_a_loop_of_the_callers(kimi: KimiSync) -> None:
    """As in a notebook, whose loop runs already."""

    async def main() -> str:
        return kimi.generate('Say "OK".').text

    assert asyncio.run(main()) == "OK"


def test_nothing_runs_before_the_first_call_and_nothing_after_the_last(strict: Server) -> None:
    kimi = asks_blocking(strict.base_url)
    assert threads() == []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert kimi.generate('Say "OK".').text == "OK"
        kimi.close()
        kimi.close()
        del kimi
    assert threads() == [] and [str(one.message) for one in caught] == []


@pytest.mark.parametrize("call", ["generate", "models", "balance"])
def test_what_is_closed_is_closed(call: str, strict: Server) -> None:
    with asks_blocking(strict.base_url) as kimi:
        pass
    arguments: list[Any] = ["hi"] if call == "generate" else []
    with pytest.raises(LocalProtocolError, match=r"^loop: the loop is closed \(make a new one\)"):
        getattr(kimi, call)(*arguments)
