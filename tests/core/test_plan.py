"""The laws of planning, for every target: it changes nothing twice, and no byte of earlier turns."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core import plan as module
from moonwire.core.catalogue.endpoints import ENDPOINTS
from moonwire.core.catalogue.models import MODELS
from moonwire.core.catalogue.resolve import resolve
from moonwire.core.catalogue.target import Target
from moonwire.core.draft import Draft
from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import CallArguments, CallEnd, CallStart, Finish
from moonwire.core.fold import fold
from moonwire.core.messages import Message, Request
from moonwire.core.passes import ids
from moonwire.core.plan import Plan, plan
from moonwire.core.recall import Recalled, Turn, Used
from moonwire.core.restore import Restore
from moonwire.core.settings import Settings
from moonwire.wire.chat import decode, encode
from tests.core.conversation_cases import bodies, settled_bodies

TARGETS = {
    f"{endpoint.name}/{model.name}": resolve(model.name, endpoint.name)
    for endpoint in ENDPOINTS
    for model in MODELS
}
EVERY = st.sampled_from(sorted(TARGETS)).map(TARGETS.__getitem__)


def planned(body: dict[str, Any], target: Target) -> Plan | None:
    """The plan, or nothing where the body cannot be healed and is refused with a path."""
    try:
        return plan(decode(body), target)
    except LocalProtocolError as error:
        assert error.path
        return None


@given(bodies(), EVERY)
def test_a_healed_request_needs_no_healing(body: dict[str, Any], target: Target) -> None:
    first = planned(body, target)
    if first is None:
        return
    sent = encode(first.request)
    again = plan(decode(sent), target)
    assert encode(again.request) == sent
    assert [note for note in again.notes if note.level == "info" and note.code not in STANDING] == []


# Said whenever it is so, not because something was changed.
STANDING = {"tools-many"}


@given(bodies(), EVERY)
def test_planning_twice_gives_the_same_bytes(body: dict[str, Any], target: Target) -> None:
    assert planned(body, target) == planned(body, target)


def nothing(draft: Draft, target: Target, settings: Settings) -> None:
    """In the place of what is known of a request without its messages."""


@given(bodies(), EVERY)
def test_what_is_known_of_a_request_without_its_messages_changes_nothing(
    body: dict[str, Any], target: Target
) -> None:
    request = decode({**body, "model": target.model or "m"})
    found: list[Plan | str] = []
    with pytest.MonkeyPatch.context() as patch:
        for known in (True, True, False):
            if not known:
                patch.setattr(module, "_frame", nothing)
            try:
                found.append(plan(request, target))
            except LocalProtocolError as error:
                found.append(str(error))
    assert found[0] == found[1] == found[2]
    assert repr(found[0]) == repr(found[2])


def test_a_field_that_is_no_json_is_planned_all_the_same() -> None:
    request = Request(model="m", messages=(Message(role="user", content="hi"),), extra={"x": object()})
    assert plan(request, Target()) == plan(request, Target())


@given(settled_bodies(), EVERY)
def test_earlier_turns_keep_their_bytes(drawn: tuple[dict[str, Any], list[Any]], target: Target) -> None:
    body, more = drawn
    before = planned(body, target)
    after = planned({**body, "messages": [*body["messages"], *more]}, target)
    if before is None or after is None:
        return
    old, new = encode(before.request), encode(after.request)
    assert new["messages"][: len(old["messages"])] == old["messages"]
    assert new.get("tools") == old.get("tools")


@given(bodies())
def test_the_neutral_target_changes_nothing(body: dict[str, Any]) -> None:
    for target in (Target(), resolve("gpt-4o", "generic"), resolve("my-model", "https://example.org/v1")):
        done = plan(decode({"model": "gpt-4o", **body}), target)
        assert encode(done.request) == {"model": "gpt-4o", **body}
        assert done.notes == ()


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_plain_question_is_left_alone_but_for_what_the_server_needs(name: str) -> None:
    body = {"model": TARGETS[name].model, "messages": [{"role": "user", "content": "hi"}]}
    done = plan(decode(body), TARGETS[name])
    assert encode(done.request)["messages"] == body["messages"]
    assert done.warnings == ()


def test_what_was_renamed_on_the_way_out_has_its_own_name_on_the_way_back() -> None:
    parameters = {"type": "object", "properties": {"$ref": {"type": "string"}, "n": {"type": "integer"}}}
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": "go"}],
        "tools": [{"type": "function", "function": {"name": "21st.search", "parameters": parameters}}],
        "tool_choice": {"type": "function", "function": {"name": "21st.search"}},
        "parallel_tool_calls": False,
    }
    done = plan(decode({**body, "model": "kimi-k2.7-code"}), TARGETS["platform/kimi-k2.7-code"])
    sent = encode(done.request)["tools"][0]["function"]
    wire = next(name for name in sent["parameters"]["properties"] if name != "n")
    assert (sent["name"], wire) != ("21st.search", "$ref")
    restore = Restore(done.restoration(client_id))
    events = [
        CallStart(index=0, id=f"functions.{sent['name']}:0", name=sent["name"]),
        CallArguments(index=0, text=f'{{"{wire}":"x","n":"one"}}'),
        CallEnd(index=0),
        CallStart(index=1, id="functions.b:1", name="b"),
        CallEnd(index=1),
        Finish("tool_calls"),
    ]
    reply = fold([*restore.feed(events), *restore.finish()])
    assert [(call.name, call.id, call.arguments) for call in reply.calls] == [
        ("21st.search", client_id(0, "functions.x:0"), '{"$ref":"x","n":"one"}')
    ]
    assert [note.code for note in reply.notes] == ["arguments-violate-schema", "parallel-call-dropped"]


def client_id(ordinal: int, native: str) -> str:
    return ids.client_id("chatcmpl-1", ordinal)


def test_what_is_known_of_the_conversation_counts() -> None:
    messages = [
        {"role": "user", "content": "go " * 100},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "on"},
    ]
    target = TARGETS["platform/kimi-k3"]
    request = decode({"model": "kimi-k3", "messages": messages})
    used = Used(prompt=5_000, completion=10, bytes=300)
    known = Recalled(turns={1: Turn(reasoning="I see.")}, used=used, messages=2)
    done = plan(request, target, known, count=None)
    assert done.request.messages[1].reasoning == "I see."
    assert done.budget.estimate.rung == "measured"
    assert 5_000 < done.budget.estimate.tokens < 5_100
    assert plan(request, target, count=lambda sent: len(sent.messages)).budget.estimate.tokens == 3


def test_a_pass_that_is_off_does_nothing_and_says_so() -> None:
    body = {"model": "kimi-k2.6", "messages": [{"role": "developer", "content": "x"}], "temperature": 0.5}
    passes = "messages pairing reasoning ids tools schemas thinking sampling budget cache fields"
    off = msgspec.convert(dict.fromkeys(passes.split(), "off"), Settings)
    done = plan(decode(body), TARGETS["platform/kimi-k2.6"], settings=off)
    assert encode(done.request) == body
    assert {note.code for note in done.notes} == {"pass-off"}
    assert len(done.notes) == 11


def test_the_endpoint_gets_the_id_that_it_knows() -> None:
    target = resolve("moonshotai/kimi-k3", "platform")
    done = plan(
        decode({"model": "moonshotai/kimi-k3", "messages": [{"role": "user", "content": "hi"}]}), target
    )
    assert done.request.model == "kimi-k3"
    assert done.notes[0].code == "model-renamed"


def test_a_conversation_that_says_nothing_is_refused_with_its_path() -> None:
    body = {"model": "kimi-k3", "messages": [{"role": "tool", "tool_call_id": "x", "content": "r"}]}
    with pytest.raises(LocalProtocolError, match="messages: no message says anything"):
        plan(decode(body), TARGETS["platform/kimi-k3"])
