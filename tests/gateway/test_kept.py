"""Answers that are kept: shown, deleted, gone on from, and nobody else's."""

import hashlib
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from moonwire.gateway import kept
from moonwire.gateway.guard import Client
from moonwire.memory import ProcessMemory, Secret, SqliteMemory
from moonwire.simulator import Settings
from tests.gateway.running import Answer, Running, running

Json = dict[str, Any]

SCRIPT = """
script
turn
think One thought.
say One.
turn
think Two thoughts.
say Two.
turn
think Three thoughts.
say Three.
"""
K3 = Settings(models=("kimi-k3",), seed=3, script=SCRIPT)
RESPONSES = "/v1/responses"
ANN, BOB = (Client(name, (hashlib.sha256(name.encode()).digest(),)) for name in ("ann", "bob"))
AS_ANN, AS_BOB = ({"authorization": f"Bearer {name}"} for name in ("ann", "bob"))


@pytest.fixture
def gateway() -> Generator[Running]:
    """A gateway that remembers, with two clients."""
    with running(K3, memory=ProcessMemory(), clients=[ANN, BOB]) as running_one:
        yield running_one


def asked(gateway: Running, said: Any, to: dict[str, str] = AS_ANN, **fields: Any) -> Answer:
    return gateway.ask(RESPONSES, {"model": "kimi-k3", "input": said, **fields}, headers=to)


def answer_of(answer: Answer) -> Json:
    """The response, whole or as the stream's last event has it."""
    assert answer.status == 200, answer.body
    if not answer.header("content-type").startswith("text/event-stream"):
        return answer.json()
    lines = [line[6:] for line in answer.body.decode().splitlines() if line.startswith("data: {")]
    last: Json = json.loads(lines[-1])
    assert last["type"] == "response.completed"
    return last["response"]


def seen(gateway: Running) -> list[tuple[str, Any, Any]]:
    """What the server saw last: roles, texts and thoughts."""
    messages: list[Json] = gateway.simulator.exchanges[-1].request["messages"]
    return [(one["role"], one["content"], one.get("reasoning_content")) for one in messages]


def text_of(item: Json) -> str:
    return "".join(part["text"] for part in item["content"])


WHOLE_TALK = [
    ("user", "a", None),
    ("assistant", "One.", "One thought."),
    ("user", "b", None),
    ("assistant", "Two.", "Two thoughts."),
    ("user", "c", None),
]


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_goes_on_from_the_answer_before(stream: bool, gateway: Running) -> None:
    first = answer_of(asked(gateway, "a", stream=stream))
    second = answer_of(asked(gateway, "b", stream=stream, previous_response_id=first["id"]))
    third = answer_of(asked(gateway, "c", stream=stream, previous_response_id=second["id"]))
    assert text_of(third["output"][-1]) == "Three."
    assert seen(gateway) == WHOLE_TALK
    assert (second["previous_response_id"], third["previous_response_id"]) == (first["id"], second["id"])


def test_instructions_are_of_one_request(gateway: Running) -> None:
    first = answer_of(asked(gateway, "a", instructions="Be brief."))
    answer_of(asked(gateway, "b", instructions="Be kind.", previous_response_id=first["id"]))
    assert seen(gateway)[0] == ("system", "Be kind.", None)
    assert [role for role, _, _ in seen(gateway)] == ["system", "user", "assistant", "user"]


def test_one_answer_may_be_gone_on_from_twice(gateway: Running) -> None:
    first = answer_of(asked(gateway, "a"))
    for said in ("b", "B"):
        answer_of(asked(gateway, said, previous_response_id=first["id"]))
        assert seen(gateway) == [
            ("user", "a", None),
            ("assistant", "One.", "One thought."),
            ("user", said, None),
        ]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_shown_as_it_was_given(stream: bool, gateway: Running) -> None:
    given = answer_of(asked(gateway, "a", stream=stream))
    shown = gateway.ask(f"{RESPONSES}/{given['id']}", headers=AS_ANN)
    assert (shown.status, shown.json()) == (200, given)


def test_an_answer_that_was_deleted_is_gone(gateway: Running) -> None:
    given = answer_of(asked(gateway, "a"))
    later = answer_of(asked(gateway, "b", previous_response_id=given["id"]))
    path = f"{RESPONSES}/{given['id']}"
    deleted = gateway.ask(path, method="DELETE", headers=AS_ANN)
    assert deleted.json() == {"id": given["id"], "object": "response", "deleted": True}
    for method in ("GET", "DELETE"):
        assert gateway.ask(path, method=method, headers=AS_ANN).status == 404
    # What goes on from it is still shown, and can no longer be gone on from.
    assert gateway.ask(f"{RESPONSES}/{later['id']}", headers=AS_ANN).status == 200
    for name in (given["id"], later["id"]):
        refused = asked(gateway, "c", previous_response_id=name)
        assert (refused.status, refused.error["param"]) == (404, "previous_response_id")
        assert given["id"] in refused.error["message"]


def test_nothing_is_kept_of_what_is_not_to_be_stored(gateway: Running) -> None:
    given = answer_of(asked(gateway, "a", store=False))
    assert given["store"] is False
    assert gateway.ask(f"{RESPONSES}/{given['id']}", headers=AS_ANN).status == 404
    refused = asked(gateway, "b", previous_response_id=given["id"])
    assert refused.status == 404
    assert "was not to be stored" in refused.error["message"]


def test_an_answer_is_its_own_tenants(gateway: Running) -> None:
    given = answer_of(asked(gateway, "a"))
    before = len(gateway.simulator.exchanges)
    path = f"{RESPONSES}/{given['id']}"
    assert gateway.ask(path, headers=AS_BOB).status == 404
    assert gateway.ask(path, method="DELETE", headers=AS_BOB).status == 404
    assert asked(gateway, "b", to=AS_BOB, previous_response_id=given["id"]).status == 404
    item = {"type": "item_reference", "id": given["output"][-1]["id"]}
    assert asked(gateway, [item], to=AS_BOB).status == 400
    assert len(gateway.simulator.exchanges) == before
    assert gateway.ask(path, headers=AS_ANN).status == 200


@pytest.mark.parametrize("bare", [False, True])
def test_items_may_be_named_instead_of_sent(bare: bool, gateway: Running) -> None:
    given = answer_of(asked(gateway, "a"))
    names = [
        {"id": item["id"]} if bare else {"type": "item_reference", "id": item["id"]}
        for item in given["output"]
    ]
    answer_of(asked(gateway, [{"role": "user", "content": "a"}, *names, {"role": "user", "content": "b"}]))
    assert seen(gateway) == [("user", "a", None), ("assistant", "One.", "One thought."), ("user", "b", None)]


def test_an_item_that_nobody_keeps_is_named_in_the_refusal(gateway: Running) -> None:
    refused = asked(gateway, [{"type": "item_reference", "id": "msg_none"}])
    assert (refused.status, refused.error["param"]) == (400, "input[0]")
    assert "no such item is kept" in refused.error["message"].lower()


def test_a_chain_that_is_too_long_is_refused(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LONGEST", 2)
    name: str | None = None
    for said in "ab":
        name = answer_of(asked(gateway, said, previous_response_id=name))["id"]
    name = answer_of(asked(gateway, "c", previous_response_id=name))["id"]
    assert asked(gateway, "d", previous_response_id=name).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_was_never_there_is_not_found(method: str, gateway: Running) -> None:
    answer = gateway.ask(f"{RESPONSES}/resp_none", method=method, headers=AS_ANN)
    assert (answer.status, answer.error["param"]) == (404, "response_id")
    assert answer.error["type"] == "invalid_request_error"


def test_an_answer_that_broke_off_is_not_kept() -> None:
    faults = '[[fault]]\nkind = "error-event"\nevents = 4\n'
    settings = Settings(models=("kimi-k3",), seed=3, script=SCRIPT, faults=faults)
    with running(settings, memory=ProcessMemory()) as gateway:
        answer = gateway.ask(RESPONSES, {"model": "kimi-k3", "input": "a", "stream": True})
        events = [
            json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: {")
        ]
        assert events[-1]["type"] == "response.failed"
        name = events[0]["response"]["id"]
        assert gateway.ask(f"{RESPONSES}/{name}").status == 404


def test_without_a_memory_nothing_is_kept() -> None:
    with running(K3) as gateway:
        given = answer_of(gateway.ask(RESPONSES, {"model": "kimi-k3", "input": "a"}))
        assert gateway.ask(f"{RESPONSES}/{given['id']}").status == 404


def test_answers_outlive_the_process(tmp_path: Path) -> None:
    secret = Secret.random()
    given: Json = {}
    for said in ("a", "b"):
        with running(K3, memory=SqliteMemory(tmp_path / "memory.db", secret), clients=[ANN]) as gateway:
            previous = given.get("id")
            given = answer_of(asked(gateway, said, previous_response_id=previous))
            if said == "b":
                assert seen(gateway) == WHOLE_TALK[:3]
                assert gateway.ask(f"{RESPONSES}/{previous}", headers=AS_ANN).status == 200
                item = {"type": "item_reference", "id": given["output"][-1]["id"]}
                assert asked(gateway, [{"role": "user", "content": "a"}, item]).status == 200
