"""What a call came to: tokens that add up, what it cost, how it ended, whom to ask about it."""

from typing import Any

import msgspec
import pytest

from moonwire.client.completion import BrokenOff, Completion, Tokens, WrongForm, tokens_of
from moonwire.core.catalogue import resolve
from moonwire.core.events import FinishReason, Usage
from moonwire.core.messages import Message, Reply, Request, TextPart, Thought, ToolCall
from moonwire.core.plan import plan

PLAN = plan(
    Request(model="kimi-k3", messages=(Message(role="user", content="hi"),)), resolve("kimi-k3", "platform")
)
CALL = ToolCall(id="f_0", name="f")


def done(*blocks: Any, finish: FinishReason | None = "stop", **more: Any) -> Completion[Any]:
    usage = more.pop("usage", None)
    return Completion(reply=Reply(blocks=blocks, finish=finish, usage=usage), plan=PLAN, **more)


# what the server counted, and what it comes to: input, cached, output, reasoning; fresh, visible, total
USAGES: dict[str, tuple[Usage | None, tuple[int, ...], tuple[int, ...]]] = {
    "none": (None, (0, 0, 0, 0), (0, 0, 0)),
    "plain": (Usage(input=10, output=5), (10, 0, 5, 0), (10, 5, 15)),
    "all": (Usage(input=10, output=5, cached=4, reasoning=3), (10, 4, 5, 3), (6, 2, 15)),
    "all cached": (Usage(input=10, output=5, cached=10), (10, 10, 5, 0), (0, 5, 15)),
    "vercel/ai#19311": (Usage(input=9, output=6000, reasoning=6001), (9, 0, 6000, 6000), (9, 0, 6009)),
    "more cached than there was": (Usage(input=10, output=1, cached=64), (10, 10, 1, 0), (0, 1, 11)),
    "negative": (Usage(input=-1, output=-2, cached=-3, reasoning=-4), (0, 0, 0, 0), (0, 0, 0)),
}


@pytest.mark.parametrize(("usage", "counted", "derived"), USAGES.values(), ids=USAGES)
def test_tokens_add_up(usage: Usage | None, counted: tuple[int, ...], derived: tuple[int, ...]) -> None:
    tokens = tokens_of(usage)
    assert msgspec.structs.astuple(tokens) == counted
    assert (tokens.fresh, tokens.visible, tokens.total) == derived


def test_tokens_that_nobody_counted_right_are_still_not_negative() -> None:
    odd = Tokens(input=1, cached=2, output=3, reasoning=4)
    assert (odd.fresh, odd.visible) == (0, 0)


def test_tokens_of_several() -> None:
    assert Tokens(input=1, cached=1, output=2) + Tokens(input=3, output=4, reasoning=4) == Tokens(
        input=4, cached=1, output=6, reasoning=4
    )


MILLION = 1_000_000
COSTS: dict[str, tuple[Tokens, tuple[float, float, float] | None, float | None]] = {
    "no price": (Tokens(input=1), None, None),
    "nothing": (Tokens(), (3.0, 15.0, 0.3), 0.0),
    "fresh": (Tokens(input=MILLION), (3.0, 15.0, 0.3), 3.0),
    "cached": (Tokens(input=MILLION, cached=MILLION), (3.0, 15.0, 0.3), 0.3),
    "thoughts cost as words do": (Tokens(output=MILLION, reasoning=MILLION), (3.0, 15.0, 0.3), 15.0),
    "a token": (Tokens(input=1), (3.0, 15.0, 0.3), 0.000003),
}


@pytest.mark.parametrize(("tokens", "price", "cost"), COSTS.values(), ids=COSTS)
def test_what_it_costs(tokens: Tokens, price: Any, cost: float | None) -> None:
    assert tokens.cost(price) == cost


def test_rounds_are_paid_together() -> None:
    first = done(usage=Usage(input=100, output=10))
    last = done(usage=Usage(input=200, output=20, cached=100), earlier=(first,))
    assert last.usage == Tokens(input=200, cached=100, output=20)
    assert last.total_usage == Tokens(input=300, cached=100, output=30)
    assert last.cost == last.total_usage.cost(last.target.price) and last.cost


# the answer; finish, cut, thoughts_only
ENDS: dict[str, tuple[Completion[Any], tuple[str, bool, bool]]] = {
    "said": (done(TextPart(text="a")), ("stop", False, False)),
    "thought and said": (done(Thought(text="hm"), TextPart(text="a")), ("stop", False, False)),
    "thought and called": (done(Thought(text="hm"), CALL, finish="tool_calls"), ("tool_calls", False, False)),
    "thoughts alone": (done(Thought(text="hm")), ("stop", False, True)),
    "thoughts and blanks": (done(Thought(text="hm"), TextPart(text=" \n")), ("stop", False, True)),
    "the cap went into thoughts": (done(Thought(text="hm"), finish="length"), ("length", True, True)),
    "cut": (done(TextPart(text="a"), finish="length"), ("length", True, False)),
    "filtered": (done(finish="content_filter"), ("content_filter", False, False)),
    "nothing at all": (done(finish=None), ("unknown", False, False)),
    "empty thoughts": (done(Thought(text="")), ("stop", False, False)),
}


@pytest.mark.parametrize(("completion", "ended"), ENDS.values(), ids=ENDS)
def test_how_it_ended(completion: Completion[Any], ended: tuple[str, bool, bool]) -> None:
    assert (completion.finish, completion.cut, completion.thoughts_only) == ended


def test_what_it_says() -> None:
    completion = done(Thought(text="hm"), TextPart(text="a"), CALL)
    assert (completion.text, completion.reasoning, completion.calls) == ("a", "hm", (CALL,))
    assert done(TextPart(text="a")).reasoning is None
    assert done(Thought(text="")).reasoning == ""


def test_the_turn_begins_as_the_answer_did() -> None:
    completion = done(Thought(text="hm"), TextPart(text="lo."), prefix="Hel")
    assert completion.text == "Hello." == completion.message.content
    assert completion.message.thoughts == (Thought(text="hm"),)
    assert done(TextPart(text="a")).message == Message(role="assistant", content="a")


TRACES: dict[str, tuple[dict[str, str], str]] = {
    "none": ({}, ""),
    "what Moonshot's clients read": ({"msh-request-id": "b", "x-trace-id": "a"}, "a"),
    "the platform's own": ({"msh-gid": "c", "msh-request-id": "b"}, "b"),
    "a vendor's": ({"x-request-id": "d", "x-msh-usage-prompt-tokens": "1"}, "d"),
    "no name of a request": ({"x-msh-usage-prompt-tokens": "1"}, ""),
}


@pytest.mark.parametrize(("traces", "trace"), TRACES.values(), ids=TRACES)
def test_whom_to_ask_about_it(traces: dict[str, str], trace: str) -> None:
    assert done(traces=traces).trace_id == trace


def test_what_was_asked() -> None:
    completion = done(TextPart(text="a"))
    assert completion.target.model == "kimi-k3" and completion.budget is PLAN.budget
    assert completion.budget.cap == 131_072


def test_a_value_or_the_error_that_there_is_none() -> None:
    assert done(TextPart(text="a"), value=7).parsed == 7
    assert done(TextPart(text="a"), value=0).parsed == 0
    with pytest.raises(WrongForm, match="no value of the form") as raised:
        assert done(TextPart(text="a")).parsed
    assert raised.value.completion.text == "a"


def test_errors_have_what_came() -> None:
    part = done(TextPart(text="a"))
    broken = BrokenOff("the connection was lost", part, "connection_lost")
    assert broken.completion is part and broken.code == "connection_lost"
    assert str(broken) == "stream: the connection was lost (what arrived is in its completion; ask again)"


@pytest.mark.parametrize(
    ("finish", "remedy"), [("length", "raise max_completion_tokens"), ("stop", "ask again")]
)
def test_an_answer_of_another_form_says_what_to_do(finish: FinishReason, remedy: str) -> None:
    part = done(TextPart(text="a"), finish=finish)
    wrong = WrongForm("the answer is not of the form: x", part)
    assert wrong.completion is part and wrong.path == "response_format" and wrong.remedy.startswith(remedy)
