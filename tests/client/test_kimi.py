"""The client against a strict endpoint: what it asks for, what the caller gets, what goes wrong."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pydantic
import pytest

from moonwire.client import Completion, Kimi, WrongForm
from moonwire.core.errors import (
    Auth,
    LocalProtocolError,
    MoonwireError,
)
from moonwire.core.messages import Message
from moonwire.core.settings import Settings as Planning
from moonwire.exchange.config import Options
from moonwire.memory import ProcessMemory
from moonwire.simulator import Server, Settings
from moonwire.wire import chat
from tests.client.asked import PATIENT, QUICK, WEATHER, asks, codes, sent
from tests.client.kimi_cases import ASKED, CAP, seeded
from tests.exchange.upstreams import (
    DONE,
    END,
    HEAD,
    USAGE,
    WELL,
    Say,
    Scripted,
    delta,
)
from tests.transport.peers import Peer, run, serve

PARIS = "How is the weather in Paris?"
RESULT = {"role": "tool", "content": "18 degrees"}


def said(server: Server, *messages: Any, model: str = "kimi-k2.6", **more: Any) -> Completion[Any]:
    """What one call with a client of its own comes to."""
    found: list[Completion[Any]] = []
    call: dict[str, Any] = more.pop("call", {})

    async def main() -> None:
        async with asks(server.base_url, model, **more) as kimi:
            found.append(await kimi.generate(list(messages) or 'Say "OK".', **call))

    run(main)
    return found[0]


def answered(*says: Say, call: dict[str, Any] | None = None, **more: Any) -> tuple[Completion[Any], Scripted]:
    """What one call comes to at an upstream that says this."""
    found: list[Completion[Any]] = []
    scripted = Scripted(*says)

    async def main() -> None:
        async with serve(scripted.run) as server, asks(server.url, **more) as kimi:
            found.append(await kimi.generate("hi", **(call or {})))

    run(main)
    return found[0], scripted


# -- what is asked for -------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "setup", "call", "wanted", "notes"), ASKED.values(), ids=ASKED)
def test_what_is_asked_for(
    model: str, setup: Any, call: dict[str, Any], wanted: dict[str, Any], notes: list[str], strict: Server
) -> None:
    done = said(strict, 'Say "OK".', model=model, call=call, **setup)
    received = sent(strict)
    assert received.pop("messages") == [{"role": "user", "content": 'Say "OK".'}]
    assert received == wanted and codes(done.notes) == notes
    assert done.text or done.calls
    assert done.budget.cap == wanted.get(CAP)


def test_a_plan_is_what_would_be_sent_and_sends_nothing(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url, "kimi-k3") as kimi:
            before = len(strict.exchanges)
            planned = await kimi.plan("hi", tools=[WEATHER], thinking="low", max_tokens=5000)
            assert planned.request.caps == {CAP: 5000} and planned.budget.cap == 5000
            assert "cap-renamed" in codes(planned.notes) and len(strict.exchanges) == before
            done = await kimi.generate("hi", tools=[WEATHER], thinking="low", max_tokens=5000)
            assert done.plan.request == planned.request and done.plan.notes == planned.notes

    run(main)


def test_nobody_touches_what_was_planned(strict: Server) -> None:
    """What the endpoint received is what the plan says, to the last field."""
    done = said(strict, model="kimi-k3", call={"top_p": 1}, hooks=[seeded])
    assert chat.encode(done.plan.request) == strict.exchanges[-1].request


# -- what the caller gets ------------------------------------------------------------------------------


def test_the_first_answer(strict: Server) -> None:
    done = said(strict, model="kimi-k3")
    assert (done.text, done.finish, done.value) == ("OK", "stop", None)
    assert done.reasoning and done.calls == () and not done.cut and not done.thoughts_only
    assert done.usage.input and done.usage.output > done.usage.reasoning > 0
    assert done.usage.total == done.usage.input + done.usage.output
    assert done.cost == done.usage.cost((3.0, 15.0, 0.3)) and done.cost
    assert done.trace_id == dict(strict.exchanges[-1].headers)["x-trace-id"]
    assert done.upstream == "kimi" and done.target.model == "kimi-k3"


def test_what_was_cached_is_cheaper() -> None:
    with Server(Settings(rules="strictest")) as server:
        first, second = (
            said(server, "word " * 2000, model="kimi-k3", call={"max_tokens": 300}) for _ in range(2)
        )
    assert first.usage.cached == 0 < second.usage.cached <= second.usage.input == first.usage.input
    assert first.cost and second.cost and second.cost < first.cost


def test_what_costs_nothing_that_is_known_and_a_price_of_ones_own(strict: Server) -> None:
    assert said(strict).cost is None
    ours = {"models": {"kimi-k2.6": {"price": [1.0, 4.0, 0.2]}}}
    done = said(strict, overrides=ours)
    assert done.cost == done.usage.cost((1.0, 4.0, 0.2)) and done.cost


@pytest.mark.parametrize("as_given", ["the completion's message", "its reply", "a dict without thoughts"])
@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6", "kimi-k2.5"])
def test_a_round_with_a_tool(model: str, as_given: str, strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url, model) as kimi:
            first = await kimi.generate(PARIS, tools=[WEATHER])
            (call,) = first.calls
            assert (call.name, call.arguments, first.finish) == (
                "get_weather",
                '{"city":"Paris"}',
                "tool_calls",
            )
            turn: Any = {
                "the completion's message": first.message,
                "its reply": first.reply,
                "a dict without thoughts": {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": call.id,
                            "type": "function",
                            "function": {"name": call.name, "arguments": call.arguments},
                        }
                    ],
                },
            }[as_given]
            second = await kimi.generate([PARIS, turn, {**RESULT, "tool_call_id": call.id}], tools=[WEATHER])
            assert second.text == "Done. get_weather returned: 18 degrees"
            _, assistant, result = sent(strict)["messages"]
            # Where thoughts were dropped they come back from memory, word by word.
            assert assistant["reasoning_content"] == first.reasoning
            assert result["tool_call_id"] == assistant["tool_calls"][0]["id"]

    run(main)


def test_a_memory_that_is_given_outlives_the_client(strict: Server) -> None:
    memory = ProcessMemory()

    async def main() -> None:
        async with asks(strict.base_url, "kimi-k3", memory=memory) as kimi:
            first = await kimi.generate(PARIS, tools=[WEATHER])
        bare = msgspec.structs.replace(first.message, thoughts=None)
        result = Message(role="tool", call_id=first.calls[0].id, content="18 degrees")
        async with asks(strict.base_url, "kimi-k3", memory=memory) as kimi:
            await kimi.generate([PARIS, bare, result], tools=[WEATHER])
        assert sent(strict)["messages"][1]["reasoning_content"] == first.reasoning

    run(main)


# -- the caller's own type -----------------------------------------------------------------------------


class Struct(msgspec.Struct):
    city: str


@dataclasses.dataclass
class Data:
    city: str


class Model(pydantic.BaseModel):
    city: str


@pytest.mark.parametrize("kind", [Struct, Data, Model])
@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6"])
def test_an_answer_of_a_type(kind: Any, model: str, strict: Server) -> None:
    done = said(strict, "Where is the Louvre? In Paris.", model=model, call={"response_format": kind})
    assert isinstance(done.value, kind)
    asked = sent(strict)["response_format"]
    assert asked["type"] == "json_schema" and asked["json_schema"]["name"] == kind.__name__


@pytest.mark.parametrize("form", ["json", {"type": "json_object"}], ids=["json", "as it is sent"])
def test_an_answer_of_any_object(form: Any, strict: Server) -> None:
    assert isinstance(said(strict, call={"response_format": form}).value, dict)
    assert sent(strict)["response_format"] == {"type": "json_object"}


def test_an_answer_of_a_list(strict: Server) -> None:
    done = said(strict, "Which numbers?", call={"response_format": list[int]})
    assert msgspec.convert(done.value, list[int]) == done.value


def test_an_answer_of_another_type_has_what_was_said() -> None:
    with pytest.raises(WrongForm, match=r"^response_format: the answer is not of the form: ") as raised:
        answered(WELL, call={"response_format": Struct})
    assert raised.value.completion.text == "hello" and raised.value.remedy.startswith("ask again")


def test_a_cut_answer_of_a_type_says_to_raise_the_cap() -> None:
    cut = HEAD + delta(content='{"city": "Pa') + delta("length") + USAGE + DONE + END
    with pytest.raises(WrongForm) as raised:
        answered(cut, call={"response_format": Struct})
    assert raised.value.completion.cut and raised.value.remedy == "raise max_completion_tokens"


@pytest.mark.parametrize("words", [b"", delta(content="Let me look.")], ids=["alone", "with words"])
def test_a_call_before_the_answer_has_no_value_yet(words: bytes) -> None:
    call = {
        "index": 0,
        "id": "get_weather:0",
        "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'},
    }
    says = HEAD + words + delta(tool_calls=[call]) + delta("tool_calls") + DONE + END
    done, _ = answered(says, call={"response_format": Struct, "tools": [WEATHER]})
    assert done.value is None and [one.name for one in done.calls] == ["get_weather"]


# -- the endpoint's own tools --------------------------------------------------------------------------

SEARCH = '{"search_result":{"search_id":"s-1"},"usage":{"total_tokens":99}}'
ROUNDS = f"""
script when "once"
  turn
    call $web_search {SEARCH}
  turn
    say Found: {{{{result}}}}
script when "for ever"
{
    f'''  turn
    call $web_search {SEARCH}
'''
    * 5
}
script when "both"
  turn
    call $web_search {SEARCH}
    call get_weather {{"city":"Paris"}}
"""


@pytest.fixture(scope="module")
def searching() -> Any:
    with Server(Settings(rules="strictest", script=ROUNDS)) as server:
        yield server


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6", "kimi-k2.5"])
def test_a_search_goes_on_by_itself(model: str, searching: Server) -> None:
    done = said(searching, "Search once.", model=model, call={"tools": ["$web_search"]})
    assert done.text == f"Found: {SEARCH}" and [one.finish for one in done.earlier] == ["tool_calls"]
    _, assistant, result = sent(searching)["messages"]
    # The endpoint wants its arguments back as they were (kimi-api.md G5).
    assert result["content"] == assistant["tool_calls"][0]["function"]["arguments"] == SEARCH
    assert result["name"] == "$web_search"
    assert done.total_usage == done.usage + done.earlier[0].usage
    if model != "kimi-k3":
        assert sent(searching)["thinking"] == {"type": "disabled"}
        assert "!thinking-off-for-search" in codes(done.notes)


def test_a_search_ends(searching: Server) -> None:
    done = said(searching, "Search for ever.", call={"tools": ["$web_search"]})
    assert len(done.earlier) == 3 and [call.name for call in done.calls] == ["$web_search"]


def test_a_search_beside_a_tool_is_the_callers(searching: Server) -> None:
    done = said(searching, "Search both.", call={"tools": ["$web_search", WEATHER]})
    assert done.earlier == () and [call.name for call in done.calls] == ["$web_search", "get_weather"]


# -- partial mode ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6"])
def test_an_answer_that_is_begun(model: str, strict: Server) -> None:
    done = said(strict, 'Say "Hello there.".', model=model, call={"prefix": "Hel"})
    assert sent(strict)["messages"][-1] == {"role": "assistant", "content": "Hel", "partial": True}
    assert done.reply.text == "lo there." and done.text == done.message.content == "Hello there."


def test_a_beginning_that_the_endpoint_cannot_go_on_from(strict: Server) -> None:
    done = said(strict, 'Say "yes".', call={"prefix": "{", "response_format": "json"})
    assert "!prefill-lost" in codes(done.notes)
    assert done.text == done.reply.text and isinstance(done.value, dict)


# -- thoughts alone --------------------------------------------------------------------------------------

THOUGHTS = HEAD + delta(reasoning_content="hm") + delta("stop") + USAGE + DONE + END


def test_thoughts_alone_are_a_result() -> None:
    done, scripted = answered(THOUGHTS)
    assert (done.text, done.reasoning, done.finish) == ("", "hm", "stop")
    assert done.thoughts_only and not done.cut
    # Once more may say something, and more often does not (kimi-api.md I7).
    assert len(scripted.bodies) == 2 and "answer-escalated" in codes(done.notes)


def test_thoughts_alone_and_then_an_answer() -> None:
    done, scripted = answered(THOUGHTS, WELL)
    assert done.text == "hello" and len(scripted.bodies) == 2


def test_a_filtered_answer_is_a_result() -> None:
    done, scripted = answered(HEAD + delta(reasoning_content="hm") + delta("content_filter") + DONE + END)
    assert done.finish == "content_filter" and len(scripted.bodies) == 1


# -- keys ------------------------------------------------------------------------------------------------


def test_a_token_is_refreshed_and_the_request_sent_once_more() -> None:
    asked: list[str] = []

    async def refresh() -> str:
        await asyncio.sleep(0)
        asked.append("x")
        return "sk-new"

    async def main() -> None:
        with Server(Settings(keys=("sk-new",))) as server:
            async with asks(server.base_url, api_key="sk-old", refresh=refresh) as kimi:
                several = await asyncio.gather(*(kimi.generate(f"Say {number}.") for number in range(4)))
                assert all(done.text for done in several)
                done = await kimi.stream('Say "OK".').finished()
                assert done.text == "OK" and await kimi.models() and asked == ["x"]

    run(main)


def test_a_key_that_nobody_can_refresh() -> None:
    async def main() -> None:
        with Server(Settings(keys=("sk-new",))) as server:
            async with asks(server.base_url, api_key="sk-old") as kimi:
                for call in (kimi.generate("hi"), kimi.models(), kimi.upload(b"x", name="a.png")):
                    with pytest.raises(Auth) as raised:
                        await call
                    assert raised.value.status == 401 and "sk-old" not in str(raised.value)

    run(main)


def test_what_the_refresh_raises_is_raised() -> None:
    def refresh() -> str:
        raise PermissionError("signed out")

    async def main() -> None:
        with Server(Settings(keys=("sk-new",))) as server:
            async with asks(server.base_url, api_key="sk-old", refresh=refresh) as kimi:
                with pytest.raises(PermissionError, match="signed out"):
                    await kimi.generate("hi")

    run(main)


def test_each_request_has_the_token_of_its_time() -> None:
    tokens = iter(["sk-1", "sk-2"])

    async def main() -> None:
        scripted = Scripted(WELL)
        async with serve(scripted.run) as server, asks(server.url, api_key=lambda: next(tokens)) as kimi:
            await kimi.generate("hi")
            await kimi.generate("hi")
        assert scripted.keys == ["sk-1", "sk-2"] and len(scripted.connections) == 1

    run(main)


def test_the_environments_key_and_file(tmp_path: Path) -> None:
    place = tmp_path / ".env"

    async def main() -> None:
        scripted = Scripted(WELL)
        async with serve(scripted.run) as server:
            place.write_text(
                f"KIMI_BASE_URL={server.url}\nKIMI_API_KEY='sk-file'\nKIMI_MODEL_MAX_TOKENS=9000\n"
            )
            async with Kimi("kimi-k2.6", environ={}, env_file=place, endpoint="platform") as kimi:
                assert kimi.base_url == server.url
                await kimi.generate("hi")
            async with Kimi("kimi-k2.6", environ={"KIMI_API_KEY": "sk-env"}, env_file=place) as kimi:
                await kimi.generate("hi")
        assert scripted.keys == ["sk-file", "sk-env"]
        assert scripted.bodies[0]["max_completion_tokens"] == 9000

    run(main)


def test_an_empty_key_is_not_no_key() -> None:
    with pytest.raises(LocalProtocolError, match=r"^api_key: the key is empty"):
        asks("http://127.0.0.1:9/v1", api_key="")


def test_nothing_shows_the_key() -> None:
    kimi = asks("http://127.0.0.1:9/v1", api_key="sk-secret")
    assert repr(kimi) == "Kimi('kimi-k2.6', 'platform')"


# -- the endpoint's other calls ------------------------------------------------------------------------------


def test_models_and_balance(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            assert "kimi-k3" in [model["id"] for model in await kimi.models()]
            assert (await kimi.balance())["available_balance"] > 0

    run(main)


@pytest.mark.parametrize("answer", [b"[]", b'"x"', b"{}", b'{"data": 1}'])
def test_lists_that_are_none(answer: bytes) -> None:
    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)

    async def main() -> None:
        async with serve(script) as server, asks(server.url) as kimi:
            assert (await kimi.models(), await kimi.balance()) == ([], {})

    run(main)


# -- how it is made --------------------------------------------------------------------------------


def test_the_catalogue_before_the_first_call() -> None:
    kimi = Kimi("kimi-k2.6", "sk-1", environ={})
    assert (kimi.target.window, kimi.base_url) == (262_144, "https://api.moonshot.ai/v1")
    assert Kimi(api_key="sk-kimi-1", environ={}).base_url == "https://api.kimi.com/coding/v1"
    assert Kimi(api_key="sk-1", region="cn", environ={}).base_url == "https://api.moonshot.cn/v1"
    assert Kimi(api_key="sk-1", environ={}).model == "kimi-k3"


def test_without_a_key_it_says_what_to_do() -> None:
    with pytest.raises(
        LocalProtocolError, match=r"^api_key: there is no key and no endpoint \(export MOONSHOT"
    ):
        Kimi(environ={})


@pytest.mark.parametrize(
    "settings", [Planning(budget="off"), {"budget": "off"}], ids=["a value", "a mapping"]
)
def test_settings_either_way(settings: Any, strict: Server) -> None:
    assert said(strict, settings=settings).budget.cap is None


def test_settings_that_nobody_knows() -> None:
    with pytest.raises(MoonwireError, match="bugdet"):
        asks("http://127.0.0.1:9/v1", settings={"bugdet": "off"})


def test_options_are_the_exchanges() -> None:
    strictly = Options(retries=QUICK, tail=0.05)
    with pytest.raises(MoonwireError, match="the model thought and said nothing"):
        answered(THOUGHTS, options=strictly)
    assert PATIENT.thoughts_only == "honest"
