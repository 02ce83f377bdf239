"""What is done for an answer that broke off, said nothing, or is to be remembered."""

import itertools
from typing import Any

import msgspec
import pytest

from moonwire.core.events import Finish, Reasoning, Text, UpstreamError
from moonwire.exchange.config import Options
from moonwire.exchange.exchange import Incomplete
from moonwire.memory import ProcessMemory
from moonwire.simulator import Server, Settings
from moonwire.wire import chat
from tests.exchange.upstreams import (
    BOB,
    DONE,
    END,
    HEAD,
    HELLO,
    STOP,
    TOOL,
    USAGE,
    WELL,
    Say,
    Scripted,
    answered,
    asked,
    codes,
    delta,
    event,
    events_of,
    quick,
    refusal,
    running,
    then_reset,
    upstream,
)
from tests.transport.peers import run, serve

# -- resume --------------------------------------------------------------------------------------------

BREAKS = '[[fault]]\nkind = "reset"\nevents = 4\nattempts = 1'
UNBROKEN = "one two three four five six seven eight nine ten eleven twelve"
WORDS = f'Say "{UNBROKEN}".'


def resumed(
    options: Options, *, endpoint: str = "platform", words: str = WORDS, **fields: Any
) -> tuple[str, list[str], bool]:
    """The text that a caller sees, the notes, and whether there was an error."""
    found: list[tuple[str, list[str], bool]] = []
    settings = Settings(models=("kimi-k2.6",), endpoint=endpoint, faults=BREAKS, chunk=2, seed=1)
    with Server(settings) as server:

        async def main() -> None:
            async with running(
                upstream("a", server.base_url, "k", endpoint=endpoint), options=options
            ) as line:
                answer = await line.open(asked(words, thinking={"type": "disabled"}, **fields))
                events = await events_of(answer)
                text = "".join(one.text for one in events if isinstance(one, Text))
                broke = isinstance(events[-1], UpstreamError)
                assert sum(isinstance(one, Finish | UpstreamError) for one in events) == 1
                found.append((text, codes(answer.notes), broke))

        run(main)
    return found[0]


def test_a_text_that_broke_off_is_continued_by_choice() -> None:
    text, notes, broke = resumed(quick(resume=True))
    assert not broke and notes == ["answer-resumed"]
    assert text == UNBROKEN


def test_without_the_choice_it_is_not() -> None:
    text, notes, broke = resumed(quick())
    assert broke and notes == []
    assert text and UNBROKEN.startswith(text) and text != UNBROKEN


def test_a_continued_text_is_asked_for_as_a_beginning() -> None:
    async def main() -> None:
        rest = HEAD + delta(reasoning_content="Again.") + delta(content=" world") + STOP + USAGE + DONE + END
        scripted = Scripted(then_reset(HEAD + delta(reasoning_content="Hm.") + HELLO), rest)
        options = quick(resume=True)
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k"), options=options) as line,
        ):
            answer = await line.open(asked("Greet."))
            reply = await answer.gather()
            assert (reply.text, reply.reasoning, reply.error) == ("hello world", "Hm.", None)
        last = scripted.bodies[1]["messages"][-1]
        assert (last["role"], last["partial"]) == ("assistant", True)
        assert last["content"] == "hello" and last["reasoning_content"] == "Hm."

    run(main)


@pytest.mark.parametrize(
    ("first", "endpoint"),
    [
        (
            HEAD + HELLO + delta(tool_calls=[{"index": 0, "function": {"name": "look", "arguments": "{"}}]),
            "platform",
        ),
        (HEAD + delta(reasoning_content="Hm."), "platform"),
        (HEAD + HELLO, "generic"),
    ],
)
def test_only_text_is_continued_and_only_where_that_can_be_asked_for(first: bytes, endpoint: str) -> None:
    async def main() -> None:
        scripted = Scripted(then_reset(first), WELL)
        options = quick(resume=True)
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", endpoint=endpoint), options=options) as line,
        ):
            answer = await line.open(asked(tools=[TOOL]))
            assert (await answer.gather()).error is not None
        assert len(scripted.bodies) == 1

    run(main)


# -- thoughts alone ------------------------------------------------------------------------------------

CUT = HEAD + delta(reasoning_content="Hm.") + delta("length") + USAGE + DONE + END
SILENT = HEAD + delta(reasoning_content="Hm.") + STOP + USAGE + DONE + END
FILTERED = HEAD + delta(reasoning_content="Hm.") + delta("content_filter") + DONE + END


def test_thoughts_that_took_the_whole_cap_get_a_larger_one() -> None:
    reply, notes, scripted = answered(CUT, WELL)
    assert (reply.text, notes) == ("hello", ["answer-escalated"])
    first, second = (one["max_completion_tokens"] for one in scripted.bodies)
    assert second > first


def test_a_callers_cap_is_not_exceeded_but_the_effort_is_lowered() -> None:
    reply, notes, scripted = answered(CUT, WELL, model="kimi-k3", max_tokens=64)
    assert (reply.text, notes) == ("hello", ["answer-escalated"])
    assert "low" in str(scripted.bodies[1]) and "low" not in str(scripted.bodies[0])
    assert {one["max_completion_tokens"] for one in scripted.bodies} == {64}


@pytest.mark.parametrize("say", [CUT, SILENT])
def test_it_is_escalated_once_then_said(say: Say) -> None:
    with pytest.raises(Incomplete) as caught:
        answered(say)
    assert caught.value.remedy and caught.value.reply.reasoning == "Hm."
    reply, notes, scripted = answered(say, options=quick(thoughts_only="honest"))
    assert reply.text == "" and notes == ["answer-escalated"] and len(scripted.bodies) == 2


def test_an_escalation_that_fails_takes_nothing_back() -> None:
    reply, notes, _ = answered(CUT, refusal(400, "no"), options=quick(thoughts_only="honest"))
    assert (reply.reasoning, notes) == ("Hm.", ["answer-escalated"])
    with pytest.raises(Incomplete):
        answered(CUT, refusal(400, "no"))


def test_an_empty_turn_is_asked_once_more() -> None:
    reply, notes, scripted = answered(SILENT, WELL)
    assert (reply.text, notes) == ("hello", ["answer-escalated"])
    assert scripted.bodies[0] == scripted.bodies[1]


def test_what_the_filter_took_is_not_asked_for_again() -> None:
    reply, notes, scripted = answered(FILTERED)
    assert (reply.finish, notes, len(scripted.bodies)) == ("content_filter", [], 1)


def test_nothing_is_escalated_where_that_is_off_or_nobody_knows_the_model() -> None:
    with pytest.raises(Incomplete):
        answered(SILENT, WELL, options=quick(escalate=False))
    reply, _, scripted = answered(SILENT, WELL, model="my-model")
    assert reply.text == "" and len(scripted.bodies) == 1


def test_a_stream_of_thoughts_alone_is_what_it_is() -> None:
    async def main() -> None:
        scripted = Scripted(CUT)
        async with serve(scripted.run) as server, running(upstream("a", server.url, "k")) as line:
            events = await events_of(await line.open(asked()))
            assert [type(one) for one in events[-1:]] == [Finish]
            assert any(isinstance(one, Reasoning) for one in events)
        assert len(scripted.bodies) == 1

    run(main)


# -- memory --------------------------------------------------------------------------------------------


def test_each_turn_gets_its_own_reasoning_back_and_its_ids() -> None:
    with Server(Settings(models=("kimi-k2.6",), rules="2026-05", seed=5)) as server:
        memory = ProcessMemory()
        thoughts: list[str | None] = []

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k"), memory=memory) as line:
                messages: list[dict[str, Any]] = [{"role": "user", "content": "Call look 3 times."}]
                for turn in itertools.count():
                    given = {"model": "kimi-k2.6", "messages": messages, "tools": [TOOL]}
                    ask = msgspec.structs.replace(asked(chat.decode(given)), id=f"req_{turn}")
                    reply, _ = await line.complete(ask)
                    thoughts.append(reply.reasoning)
                    if not reply.calls or turn > 6:
                        break
                    # A client that drops reasoning, and mangles nothing else.
                    calls = [
                        {
                            "id": one.id,
                            "type": "function",
                            "function": {"name": one.name, "arguments": one.arguments},
                        }
                        for one in reply.calls
                    ]
                    assert all(one.id.startswith("call") for one in reply.calls)
                    messages.append({"role": "assistant", "content": reply.text or None, "tool_calls": calls})
                    messages += [
                        {"role": "tool", "tool_call_id": one.id, "content": f"{turn}"} for one in reply.calls
                    ]

        run(main)
        assert not server.refused
        last = server.exchanges[-1].request["messages"]
        turns = [one for one in last if one["role"] == "assistant"]
        assert len(turns) >= 2
        assert [one["reasoning_content"] for one in turns] == thoughts[: len(turns)]
        ids = [one["id"] for turn in turns for one in turn["tool_calls"]]
        assert ids == [f"functions.look:{number}" for number in range(len(ids))]


def test_tenants_never_meet() -> None:
    async def main() -> None:
        thought = HEAD + delta(reasoning_content="Ann's secret.") + HELLO + STOP + DONE + END
        scripted = Scripted(thought)
        async with serve(scripted.run) as server, running(upstream("a", server.url, "k")) as line:
            await line.complete(asked("Hi."))

            back = chat.decode({"model": "kimi-k2.6", "messages": [
                {"role": "user", "content": "Hi."},
                {"role": "assistant", "content": "hello"},
                {"role": "user", "content": "And?"},
            ]})  # fmt: skip  # a conversation reads best so
            await line.complete(asked(back))
            await line.complete(asked(back, tenant=BOB))
        ann, bob = (str(one["messages"]) for one in scripted.bodies[1:])
        assert "Ann's secret." in ann and "Ann's secret." not in bob

    run(main)


def test_what_a_conversation_cost_is_what_the_next_turn_is_measured_by() -> None:
    async def main() -> None:
        used = event({"choices": [], "usage": {"prompt_tokens": 7777, "completion_tokens": 2}})
        scripted = Scripted(HEAD + HELLO + STOP + used + DONE + END)
        async with serve(scripted.run) as server, running(upstream("a", server.url, "k")) as line:
            _, first = await line.complete(asked("Hi."))
            back = [
                {"role": "user", "content": "Hi."},
                {"role": "assistant", "content": "hello"},
                {"role": "user", "content": "And?"},
            ]
            given = {"model": "kimi-k2.6", "messages": back}
            _, second = await line.complete(asked(chat.decode(given)))
            assert first.plan.budget.estimate.tokens < 100
            assert second.plan.budget.estimate.tokens > 7777

    run(main)


def test_an_answer_is_remembered_before_its_end_is_seen() -> None:
    async def main() -> None:
        thought = HEAD + delta(reasoning_content="Hm.") + HELLO + STOP + USAGE + DONE + END
        memory = ProcessMemory()
        async with (
            serve(Scripted(thought).run) as server,
            running(upstream("a", server.url, "k"), memory=memory) as line,
        ):
            async for batch in await line.open(asked()):
                held = (await memory.stats()).held
                assert bool(held) is any(isinstance(one, Finish) for one in batch)

    run(main)


def test_an_answer_that_broke_off_is_not_remembered() -> None:
    async def main() -> None:
        memory = ProcessMemory()
        async with (
            serve(Scripted(then_reset(HEAD + HELLO)).run) as server,
            running(upstream("a", server.url, "k"), memory=memory) as line,
        ):
            await (await line.open(asked())).gather()
            assert (await memory.stats()).held == 0

    run(main)
