"""Keys of turns: what they survive, what they tell apart, and that doubt is silence."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import Usage
from moonwire.core.messages import (
    Image,
    Message,
    Reply,
    Request,
    TextPart,
    Thought,
    Tool,
    ToolCall,
)
from moonwire.core.recall import (
    Kept,
    Prefix,
    Recalled,
    Record,
    Turn,
    TurnKeys,
    Used,
    before,
    keys,
    match,
    records,
)
from moonwire.core.recall import Keys as Asked

OPAQUE = "call" + "a1" * 12


def user(text: Any) -> Message:
    return Message(role="user", content=text)


def call(identity: str = OPAQUE, arguments: str = '{"a":1,"b":[2]}') -> ToolCall:
    return ToolCall(id=identity, name="read", arguments=arguments)


def turn(**fields: Any) -> Message:
    given: dict[str, Any] = {"content": "Reading.", "calls": (call(),), **fields}
    return Message(role="assistant", **given)


def asked(*messages: Message, **fields: Any) -> Request:
    return Request(model="m", messages=messages, **fields)


def key_of(kind: str, request: Request) -> str:
    """The last turn's key of a kind."""
    return next(key for key in keys(request).turns[-1].keys if key.startswith(f"{kind}:"))


BASE = asked(user("go"), turn())


@pytest.mark.parametrize(
    "other",
    [
        asked(user(" go\n"), turn(content="\nReading. ")),
        asked(user("go"), turn(calls=(call(arguments='{ "b": [2], "a": 1 }'),))),
        asked(user((TextPart(text="go"), TextPart(text=" "))), turn(content=(TextPart(text="Reading."),))),
        asked(user("go"), turn(name="n", extra={"refusal": None})),
        asked(user("go"), turn(), tools=(Tool(name="t"),)),
    ],
)
def test_another_spelling_is_the_same_turn(other: Request) -> None:
    assert keys(other).turns == keys(BASE).turns


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        (asked(user("go"), turn(calls=(call("read:0"),))), {"chain", "before"}),
        (asked(user("go"), turn(calls=(call(""),))), {"chain", "before"}),
        (asked(Message(role="system", content="now"), user("go"), turn()), {"ids", "before"}),
        (asked(user("went"), turn()), {"ids"}),
        (asked(user("go"), turn(content="Reading!")), set[str]()),
        (asked(user("go"), turn(calls=(call(arguments='{"a":2}'),))), set[str]()),
        (asked(user("go"), turn(calls=(call(), call(OPAQUE[:-1] + "2")))), set[str]()),
    ],
)
def test_a_mangling_leaves_the_keys_that_it_does_not_touch(other: Request, kept: set[str]) -> None:
    same = set(keys(other).turns[-1].keys) & set(keys(BASE).turns[-1].keys)
    assert {key.partition(":")[0] for key in same} == kept


@pytest.mark.parametrize(
    ("identity", "opaque"),
    [
        (OPAQUE, True),
        ("call_" + "0f" * 12, True),
        ("chatcmpl-tool-" + "0f" * 16, True),
        ("6f1c2b1e-93a4-4d0e-8c55-0a8b8f0c1d2e", True),
        ("toolu_01A09q90qw90lq917835lq9", True),
        ("functions.read:0", False),
        ("functionswritefile12", False),
        ("get_weather_0", False),
        ("call_1", False),
    ],
)
def test_only_an_opaque_id_is_a_key(identity: str, opaque: bool) -> None:
    found = keys(asked(user("go"), turn(calls=(call(identity),)))).turns[0].keys
    assert [key.partition(":")[0] for key in found] == (["ids"] if opaque else []) + ["chain", "before"]


def test_results_in_another_order_are_the_same_history() -> None:
    one, two = (Message(role="tool", call_id=str(n), content=f"r{n}") for n in (1, 2))
    first = keys(asked(user("go"), turn(), one, two, turn(content="next"))).turns[1].keys
    assert keys(asked(user("go"), turn(), two, one, two, turn(content="next"))).turns[1].keys == first
    assert keys(asked(user("go"), turn(), two, turn(content="next"))).turns[1].keys[1:] != first[1:]


def test_pictures_and_unreadable_arguments_count_as_they_stand() -> None:
    shown = asked(user((Image(url="data:a"), TextPart(text="go"))), turn(calls=(call(arguments=" {half "),)))
    other = asked(user((Image(url="data:b"), TextPart(text="go"))), turn(calls=(call(arguments="{half"),)))
    assert key_of("ids", shown) == key_of("ids", other)
    assert key_of("chain", shown) != key_of("chain", other)


def test_what_is_no_json_and_what_cannot_be_encoded_have_keys_too() -> None:
    odd = asked(user("\ud800"), turn(calls=(call(arguments='{"a":"\ud800"}'),)), tools=(Tool(name="\ud800"),))
    assert keys(odd) == keys(odd)
    assert len(keys(odd).turns[0].keys) == 3


def test_turns_that_have_reasoning_are_not_asked_for() -> None:
    known = turn(thoughts=(Thought(text="hm"),))
    blank = turn(thoughts=(Thought(text=" "),))
    request = asked(user("go"), known, user("on"), blank, user("on"), turn())
    assert [found.index for found in keys(request).turns] == [3, 5]
    assert [found.index for found in keys(request, every=True).turns] == [1, 3, 5]


def test_the_longest_prefixes_are_asked_for_first() -> None:
    request = asked(*(message for n in range(6) for message in (user(str(n)), turn(content=str(n)))))
    found = keys(request)
    assert [prefix.messages for prefix in found.prefixes] == [12, 10, 8, 6]
    assert (
        keys(msgspec.structs.replace(request, messages=request.messages[:10])).prefixes[0]
        == found.prefixes[1]
    )
    assert keys(msgspec.structs.replace(request, tools=(Tool(name="t"),))).prefixes != found.prefixes
    assert set(found.wanted) == {key for one in found.turns for key in one.keys} | {
        prefix.key for prefix in found.prefixes
    }


def test_of_turns_that_are_known_the_last_four_say_what_they_cost() -> None:
    known = turn(thoughts=(Thought(text="hm"),))
    found = keys(asked(*(message for n in range(6) for message in (user(str(n)), known))))
    assert found.turns == ()
    assert [prefix.messages for prefix in found.prefixes] == [12, 10, 8, 6]


def test_results_lead_to_what_follows_the_users_words_behind_them() -> None:
    def after(*results: str) -> Asked:
        called = turn(content=None)
        told = [Message(role="tool", call_id=OPAQUE, content=result) for result in results]
        return keys(asked(user("go"), called, *told, user("on")))

    assert after("a", "b").end == after("b", "a", "b").end
    assert after("a", "b").end != after("a").end


def test_an_answers_place_may_be_known_already() -> None:
    request = asked(user("go"))
    assert records(request, reply(), [OPAQUE], at=keys(request).end) == records(request, reply(), [OPAQUE])


# -- what is remembered ---------------------------------------------------------------------------


def reply(**fields: Any) -> Reply:
    native = ToolCall(id="functions.read:0", name="read", arguments='{"b":[2],"a":1}')
    return Reply(blocks=(Thought(text="hm"), TextPart(text="Reading."), native), **fields)


def test_an_answer_is_found_when_it_comes_back() -> None:
    kept = records(asked(user("go")), reply(), [OPAQUE])
    assert kept == dict.fromkeys(
        keys(BASE).turns[0].keys, Turn(reasoning="hm", natives=("functions.read:0",))
    )
    found = match(keys(BASE), {key: [value] for key, value in kept.items()})
    assert found == Recalled(turns={1: Turn(reasoning="hm", natives=("functions.read:0",))})


def test_ids_may_be_the_replys_own() -> None:
    answer = Reply(blocks=(ToolCall(id=OPAQUE, name="read", native="functions.read:0"),))
    kept = records(asked(user("go")), answer)
    assert {key.partition(":")[0] for key in kept} == {"ids", "chain", "before"}
    assert set(kept.values()) == {Turn(natives=("functions.read:0",))}


def test_what_an_answer_cost_is_found_with_the_prefix() -> None:
    usage = Usage(input=100, output=20, reasoning=5)
    kept = records(asked(user("go")), reply(usage=usage), [OPAQUE], size=300)
    longer = msgspec.structs.replace(BASE, messages=(*BASE.messages, user("on")))
    found = match(keys(longer), {key: [value] for key, value in kept.items()})
    assert found.used == Used(prompt=100, completion=20, reasoning=5, bytes=300)
    assert found.messages == 2
    assert not any(
        isinstance(value, Used) for value in records(asked(user("go")), reply(usage=Usage())).values()
    )


A, B, COST = Turn(reasoning="a"), Turn(reasoning="b"), Used(prompt=1, completion=1)
KEPT = Kept(text="a")


@pytest.mark.parametrize(
    ("found", "turns"),
    [
        ({"k1": [A]}, {1: A}),
        ({"k2": [A]}, {1: A}),
        ({"k1": [A], "k2": [A, B]}, {1: A}),
        ({"k1": [A, B], "k2": [A]}, {1: A}),
        ({"k1": [A, A]}, {1: A}),
        ({"k1": [A, B]}, {}),
        ({"k1": [A], "k2": [B]}, {}),
        ({"k1": [A, COST]}, {}),
        ({"k1": [COST]}, {}),
        ({"k1": [A, KEPT]}, {}),
        ({"k1": [KEPT], "k2": [A]}, {1: A}),
        ({}, {}),
    ],
)
def test_doubt_is_silence(found: dict[str, list[Record]], turns: dict[int, Turn]) -> None:
    assert match(Asked(turns=(TurnKeys(index=1, keys=("k1", "k2")),)), found).turns == turns


@pytest.mark.parametrize(
    ("found", "used"),
    [
        ({"p2": [COST], "p1": [Used(prompt=9, completion=1)]}, (COST, 4)),
        ({"p1": [COST]}, (COST, 2)),
        ({"p2": [COST, Used(prompt=2, completion=1)], "p1": [A]}, (None, 0)),
        ({}, (None, 0)),
    ],
)
def test_the_cost_of_the_longest_known_prefix_counts(found: dict[str, list[Record]], used: Any) -> None:
    prefixes = (Prefix(messages=4, key="p2"), Prefix(messages=2, key="p1"))
    known = match(Asked(prefixes=prefixes), found)
    assert (known.used, known.messages) == used


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "ab", "b", ""]), st.sampled_from(["a", "b", "ba", ""])), max_size=4
    )
)
def test_different_conversations_have_different_chains(pairs: list[tuple[str, str]]) -> None:
    """No two ways of cutting the same letters into messages and calls meet."""

    def chain(spoken: list[tuple[str, str]]) -> str:
        said = (
            message
            for text, name in spoken
            for message in (
                user(text),
                Message(role="assistant", content=text, calls=(ToolCall(id="", name=name),)),
            )
        )
        return key_of("chain", asked(*said, user("x"), turn()))

    joined = [("".join(text for text, _ in pairs), "".join(name for _, name in pairs))]
    if [*pairs] != joined:
        assert chain(pairs) != chain(joined)


def test_what_stood_before_a_turn_is_the_same_on_every_later_one() -> None:
    """A seal is bound to it: whatever is left out further up, and in whatever order results come."""
    calls = Message(role="assistant", calls=(ToolCall(id="a", name="f"), ToolCall(id="b", name="f")))
    results = [Message(role="tool", call_id=name, content=name) for name in "ab"]
    first, end = before(asked(user("hi")))
    assert (first, end) == ({}, before(asked(user("earlier"), user("hi")))[1])
    stood, _ = before(asked(user("hi"), calls, *results, Message(role="assistant", content="so")))
    assert stood[1] == end
    assert stood[4] == before(asked(user("hi"), calls, *reversed(results)))[1] != end
