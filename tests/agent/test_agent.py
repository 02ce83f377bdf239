"""The step loop, against an endpoint under the strictest rules whose model is played turn by turn."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moonwire.agent import Agent, Compacted, Limits, ToolDone, TurnDone, Warned
from moonwire.client import BrokenOff
from moonwire.core.errors import ContentFiltered, LocalProtocolError
from moonwire.core.events import Text
from moonwire.core.messages import Image, Message
from moonwire.core.settings import Settings as Passes
from moonwire.simulator import Server, Settings
from moonwire.simulator.brain import Call, Turn
from moonwire.simulator.rules import Ask
from moonwire.wire.chat import encode_message
from tests.agent.model import Think, agent_at, counting, go, kimi_at, playing, requests

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def script(*turns: Turn) -> Think:
    """These turns one after the other, whatever is asked; then "Done."."""
    left: Iterator[Turn] = iter(turns)

    def think(ask: Ask, rng: random.Random, count: Callable[[str], int]) -> Turn:
        turn = next(left, Turn(text="Done."))
        return (
            turn
            if turn.thoughts or not ask.thinking
            else Turn(thoughts="Hm.", text=turn.text, calls=turn.calls, cut=turn.cut, refused=turn.refused)
        )

    return think


def calling(name: str, arguments: str = "{}", *more: Call) -> Turn:
    return Turn(calls=(Call(name, arguments), *more))


def results_of(request: dict[str, Any]) -> list[str]:
    return [message["content"] for message in request["messages"] if message["role"] == "tool"]


async def said(agent: Agent, prompt: str = "Go.") -> list[Any]:
    return [event async for event in agent.stream(prompt)]


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def broken() -> str:
    """Never works."""
    raise OSError("the disk is full")


async def slow() -> str:
    """Takes for ever."""
    await asyncio.Event().wait()
    return "never"


def picture() -> tuple[str, Image]:
    """A picture."""
    return "here it is", Image(url=PIXEL)


# -- tools ---------------------------------------------------------------------------------------------

RESULTS = [
    # What the model calls, and what it is told.
    ("a result", calling("add", '{"a": 1, "b": 2}'), "3"),
    ("numbers in quotes", calling("add", '{"a": "1", "b": "2"}'), "3"),
    ("an error", calling("broken"), "<system>ERROR: OSError: the disk is full</system>"),
    ("a wrong type", calling("add", '{"a": "one", "b": 2}'), "do not fit the tool's schema"),
    ("a missing argument", calling("add", '{"a": 1}'), "missing required field `b`"),
    ("too slow", calling("slow"), "took longer than 0.05 s"),
]


@pytest.mark.parametrize(("turn", "told"), [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS])
def test_whatever_a_tool_does_the_model_is_told(
    turn: Turn, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with playing(monkeypatch, script(turn)) as server:
        agent = agent_at(server, add, broken, slow, limits=Limits(seconds=0.05 if "longer" in told else 20))
        done = go(agent.run("Go."))
        assert done.ok and done.steps == 2
        assert told in results_of(requests(server)[1])[0]
        assert server.refused == []


def test_a_tool_that_nobody_offered_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(calling("subtract"))) as server:
        done = go(agent_at(server, add).run("Go."))
        assert done.ok
        assert "there is no tool named subtract; the tools are add" in results_of(requests(server)[1])[0]


def test_a_call_that_the_cap_cut_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def write(text: str) -> str:
        """Writes."""
        ran.append(text)
        return "written"

    cut = Turn(thoughts="Hm.", calls=(Call("write", '{"text": "' + "word " * 200 + '"}'),), cut=60)
    with playing(monkeypatch, script(cut, calling("write", '{"text": "short"}'))) as server:
        done = go(agent_at(server, write).run("Go."))
        assert (done.text, ran) == ("Done.", ["short"])
        assert "cut this call off" in results_of(requests(server)[1])[0]
        assert server.refused == []


def test_a_picture_is_a_result_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(calling("picture"))) as server:
        assert go(agent_at(server, picture).run("Go.")).ok
        content = next(one["content"] for one in requests(server)[1]["messages"] if one["role"] == "tool")
        assert [part["type"] for part in content] == ["text", "image_url"]


def test_calls_run_side_by_side_and_same_ones_once(monkeypatch: pytest.MonkeyPatch) -> None:
    met = asyncio.Barrier(2)
    names: list[str] = []

    async def meet(name: str) -> str:
        """Waits for another one."""
        names.append(name)
        await met.wait()
        return f"{name} was there"

    turn = calling("meet", '{"name": "ann"}', Call("meet", '{"name":"ann"}'), Call("meet", '{"name": "bob"}'))
    with playing(monkeypatch, script(turn)) as server:
        done = go(agent_at(server, meet, limits=Limits(seconds=10)).run("Go."))
        assert done.ok
        assert sorted(names) == ["ann", "bob"]
        # In the order of the calls, whichever came first.
        assert results_of(requests(server)[1]) == ["ann was there", "ann was there", "bob was there"]


def test_the_endpoints_own_tool_gets_its_arguments_back(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = '{"query":"kimi"}'
    with playing(monkeypatch, script(calling("$web_search", arguments))) as server:
        agent = Agent(kimi_at(server, "kimi-k2.6", thinking=False), ["$web_search"])
        assert go(agent.run("Go.")).ok
        result = next(one for one in requests(server)[1]["messages"] if one["role"] == "tool")
        assert (result["name"], result["content"]) == ("$web_search", arguments)
        assert [one.rule for one in server.refused] == []


# -- how a turn ends -----------------------------------------------------------------------------------


def test_the_same_call_again_and_again_is_reminded_of_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(*[calling("add", '{"a": 1, "b": 2}')] * 50)) as server:
        done = go(agent_at(server, add).run("Go."))
        assert (done.stopped, done.steps, done.ok) == ("repeats", 12, False)
        results = results_of(requests(server)[-1])
        assert [number for number, text in enumerate(results, 1) if "in a row" in text] == [3, 5, 8]


def test_a_turn_has_a_most_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(*[calling("add", f'{{"a": {n}, "b": 2}}') for n in range(9)])) as server:
        agent = agent_at(server, add, limits=Limits(steps=3))
        assert go(agent.run("Go.")).stopped == "steps"
        # Every call has its result, so that the next turn can go on.
        assert [message.role for message in agent.history] == ["user", *["assistant", "tool"] * 3]


THOUGHTS = Turn(thoughts="I think and think. " * 40, cut=30)


def test_thoughts_alone_are_asked_for_once_more_and_then_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(THOUGHTS)) as server:
        events = go(said(agent_at(server)))
        assert [event.reason for event in events if isinstance(event, Warned)]
        assert events[-1].turn.text == "Done."
    with playing(monkeypatch, script(THOUGHTS, THOUGHTS)) as server:
        done = go(agent_at(server).run("Go."))
        assert (done.stopped, done.completion.thoughts_only, done.completion.cut) == (
            "thoughts-only",
            True,
            True,
        )


def test_an_answer_that_breaks_off_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = '[[fault]]\nkind = "reset"\nevents = 4\nat = {at}\nstream = true'
    with playing(
        monkeypatch, settings=Settings(faults=faults.format(at=[1, 2]), rules="strictest")
    ) as server:
        agent = agent_at(server)
        events = go(said(agent, 'Say "one two three four five six seven eight nine ten".'))
        assert events[-1].turn.ok
        assert sum(isinstance(event, Warned) for event in events) == 2
        assert len(agent.history) == 2
    with playing(monkeypatch, settings=Settings(faults=faults.format(at=[1, 2, 3]))) as server:
        with pytest.raises(BrokenOff) as caught:
            go(agent_at(server).run("Say 'one two three'."))
        assert caught.value.completion.reasoning


def test_a_prompt_that_is_filtered_is_taken_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    faults = '[[fault]]\nkind = "status"\nerror = "filter"\nat = [1]'
    with playing(monkeypatch, settings=Settings(faults=faults)) as server:
        agent = agent_at(server, session=tmp_path / "talk.jsonl")
        with pytest.raises(ContentFiltered):
            go(agent.run("Something bad."))
        assert agent.history == ()
        assert go(agent.run("Something good.")).ok
        assert "bad" not in str(requests(server)[-1])
        stored = agent_at(server, session=tmp_path / "talk.jsonl").history
        assert [message.content for message in stored] == [message.content for message in agent.history]


def test_one_turn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(agent: Agent) -> None:
        stream = agent.stream("Go.")
        await anext(stream)
        with pytest.raises(LocalProtocolError, match="under way"):
            await agent.run("And now?")
        await stream.aclose()
        assert (await agent.run("And now?")).ok

    with playing(monkeypatch) as server:
        go(both(agent_at(server)))


# -- interruptions -------------------------------------------------------------------------------------


def test_a_turn_that_is_left_in_its_tools_can_be_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn = calling("add", '{"a": 1, "b": 2}', Call("slow"))

    async def leave(agent: Agent) -> None:
        async with contextlib.aclosing(agent.stream("Go.")) as events:
            async for event in events:
                if isinstance(event, ToolDone):
                    break
        assert (await agent.run("Go on.")).ok

    with playing(monkeypatch, script(turn)) as server:
        agent = agent_at(server, add, slow)
        go(leave(agent))
        assert results_of(requests(server)[-1]) == [
            "3",
            "<system>ERROR: interrupted: whether it took effect is not known</system>",
        ]
        assert server.refused == []


def test_a_turn_that_is_cancelled_while_the_model_speaks_keeps_what_was_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def cancel(agent: Agent) -> None:
        spoke = asyncio.Event()

        async def turn() -> None:
            async for event in agent.stream('Say "one two three four five six seven".'):
                if isinstance(event, Text):
                    spoke.set()

        task = asyncio.create_task(turn())
        await spoke.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert [message.role for message in agent.history] == ["user"]
        assert (await agent.run("And?")).ok

    with playing(monkeypatch, settings=Settings(rules="strictest", pace=0.01)) as server:
        go(cancel(agent_at(server)))
        assert server.refused == []


# -- side questions ------------------------------------------------------------------------------------


def test_a_side_question_counts_its_own_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = 8192
    narrow = {"targets": {"platform/kimi-k3": {"window": window, "cap": 8192, "floor": 256}}}
    long = "far " * 2000
    turns = script(Turn(text="Fine."), calling("add", '{"a": 1, "b": 2}'), Turn(text="Four."))
    with playing(monkeypatch, turns) as server:
        agent = Agent(kimi_at(server, overrides=narrow), [add], "Be brief.")
        go(agent.run("Go. " + long))
        before = agent.history
        done = go(agent.side_question("How much is two and two?"))
        assert done.text == "Four."
        assert agent.history == before
        first, second = requests(server)[-2:]
        # The same tools, for the cache; and the second request, being larger, is capped lower.
        assert first["tools"] == second["tools"] == requests(server)[0]["tools"]
        assert len(second["messages"]) == len(first["messages"]) + 2
        assert "no tool runs" in results_of(second)[0]
        assert second["max_completion_tokens"] < first["max_completion_tokens"] < window
        assert done.budget.estimate.tokens + second["max_completion_tokens"] <= window


def test_a_side_question_has_two_turns_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = script(Turn(text="Fine."), *[calling("add", '{"a": 1, "b": 2}')] * 5)
    with playing(monkeypatch, turns) as server:
        agent = agent_at(server, add)
        go(agent.run("Go."))
        done = go(agent.side_question("And?"))
        assert done.calls
        assert len(requests(server)) == 3


def test_a_side_question_in_the_middle_of_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(agent: Agent) -> None:
        async for event in agent.stream("Go."):
            if isinstance(event, ToolDone):
                # The call is not answered in the history as yet; the request is whole all the same.
                assert (await agent.side_question("How far?")).text == "Far."
        assert [message.role for message in agent.history] == ["user", "assistant", "tool", "assistant"]

    turns = script(calling("add", '{"a": 1, "b": 2}'), Turn(text="Far."))
    with playing(monkeypatch, turns) as server:
        go(ask(agent_at(server, add)))
        assert server.refused == []


# -- compaction ----------------------------------------------------------------------------------------

NARROW = {"targets": {"platform/kimi-k3": {"window": 8192, "cap": 4096, "floor": 256}}}


def grown(server: Server, words: int = 600, **more: Any) -> Agent:
    """An agent with a history of some length."""
    agent = Agent(kimi_at(server, overrides=NARROW), [add], "Be brief.", **more)
    agent._history = tuple(
        message
        for number in range(6)
        for message in (
            Message(role="user", content=f"The counter stands at {number}. " + "far " * words),
            Message(role="assistant", content="I see."),
        )
    )
    return agent


def test_a_summary_is_as_long_as_the_next_request_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, counting) as server:
        agent = grown(server)
        compacted = go(agent.compact("the counter"))
        assert compacted is not None and compacted.after < compacted.before
        summary = requests(server)[-1]
        planned = go(agent._planned(agent.history))
        rest = planned.budget.estimate.tokens
        # Even a summary of full length leaves room for an answer.
        assert summary["max_completion_tokens"] + rest + planned.budget.floor <= 8192
        assert summary["tool_choice"] == "none" and summary["tools"]
        assert "Above all: the counter" in summary["messages"][-1]["content"]
        assert agent.history[0].content == (
            "<system>The conversation before this was too long and was replaced by this summary of it. "
            "Go on from here as if you remembered it.</system>\n\nThe counter stands at 4."
        )
        assert [message.role for message in agent.history] == ["user", "user", "assistant"]


def test_compaction_comes_before_the_step_that_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, script(Turn(text="All of it."), Turn(text="Done."))) as server:
        events = go(said(grown(server, 1030)))
        kinds = [type(event).__name__ for event in events]
        assert kinds.index("Compacted") < kinds.index("StepStarted")
        assert events[-1].turn.ok
        assert server.refused == []


def test_an_overflow_that_the_server_tells_of_is_compacted_away(monkeypatch: pytest.MonkeyPatch) -> None:
    # The client believes in a window that the server has not.
    wide = {"targets": {"platform/kimi-k2.6": {"window": 10_000_000}}}
    with playing(monkeypatch, counting) as server:
        agent = Agent(kimi_at(server, "kimi-k2.6", overrides=wide), [add])
        agent._history = grown(server, 46_000).history
        events = go(said(agent, "The counter stands at 30."))
        assert [event.why for event in events if isinstance(event, Compacted)] == ["overflow"]
        assert isinstance(events[-1], TurnDone)
        assert events[-1].turn.text == "Done: 30."
        assert len(server.refused) == 1
        # Of the text as much was shown for the summary as fits.
        assert all(one.get("max_completion_tokens") for one in requests(server))


def test_what_cannot_be_compacted_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch, counting) as server:
        agent = Agent(kimi_at(server, overrides=NARROW), [add])
        with pytest.raises(LocalProtocolError, match="nothing before it to compact"):
            go(agent.run("far " * 20_000))
        assert go(agent_at(server).compact()) is None


def test_reasoning_is_kept_to_after_compaction(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = script(calling("add", '{"a": 1, "b": 2}'), Turn(text="Three."), Turn(text="A summary."))
    with playing(monkeypatch, turns) as server:
        agent = Agent(kimi_at(server), [add])

        async def work() -> None:
            await agent.run("Go.")
            await agent.compact()
            assert (await agent.run("And?")).ok

        go(work())
        assistants = [one for one in requests(server)[-1]["messages"] if one["role"] == "assistant"]
        assert [one["reasoning_content"] for one in assistants] == ["Hm.", "Hm."]
        assert [one.rule for one in server.refused] == []


# -- every generation is capped ------------------------------------------------------------------------


@pytest.mark.parametrize("off", [False, True], ids=["capped", "switched off"])
def test_no_caller_goes_uncapped_unless_clamping_is_off(off: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Passes(budget="off") if off else Passes()
    turns = script(
        calling("add", '{"a": 1, "b": 2}'),
        calling("$web_search", '{"query":"kimi"}'),
        Turn(text="Three."),
        Turn(text="Aside."),
        calling("$web_search", '{"query":"kimi"}'),
        Turn(text="A summary."),
    )

    async def work(server: Server) -> None:
        async with kimi_at(server, settings=settings) as kimi:
            agent = Agent(kimi, [add, "$web_search"])
            await agent.run("Go.")
            await agent.side_question("And?")
            await kimi.generate("Search.", tools=["$web_search"])
            await agent.compact()
            async for _ in kimi.stream("Go."):
                pass

    with playing(monkeypatch, turns, Settings()) as server:
        go(work(server))
        asked = requests(server)
        assert len(asked) == 8
        assert [("max_completion_tokens" in one) for one in asked] == [not off] * 8


# -- sessions ------------------------------------------------------------------------------------------


def test_a_session_goes_on_even_after_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "talk.jsonl"
    with playing(monkeypatch, script(calling("add", '{"a": 1, "b": 2}'))) as server:
        agent = agent_at(server, add, session=place)
        go(agent.run("Go."))
        key = requests(server)[-1]["prompt_cache_key"]
        # The process died while it wrote the last line, behind a call that was not answered.
        lines = place.read_bytes().splitlines(keepends=True)
        place.write_bytes(b"".join(lines[:3]) + lines[3][:20])
        again = agent_at(server, add, session=place)
        assert [message.role for message in again.history] == ["user", "assistant", "tool"]
        assert "interrupted" in str(again.history[-1].content)
        assert go(again.run("Go on.")).ok
        assert requests(server)[-1]["prompt_cache_key"] == key
        stored = agent_at(server, add, session=place).history
        assert [encode_message(one) for one in stored] == [encode_message(one) for one in again.history]
        assert server.refused == []


def test_what_is_no_tool_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(monkeypatch) as server:
        for tools, why in (((add, add), "one name"), (("search",), "no builtin tool"), ((3,), "is no tool")):
            with pytest.raises(LocalProtocolError, match=why) as caught:
                agent_at(server, *tools)
            assert caught.value.path == "tools"
            assert caught.value.remedy
