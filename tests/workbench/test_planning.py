"""`plan` on dicts and types alike, and a plan as plain JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.budget import TooLarge
from moonwire.core.catalogue.resolve import resolve
from moonwire.core.errors import LocalProtocolError
from moonwire.core.plan import plan as core_plan
from moonwire.core.settings import Settings
from moonwire.wire import chat
from moonwire.workbench import as_request, explained, plan
from moonwire.workbench.planning import plain, read_settings
from tests.core.conversation_cases import bodies
from tests.tokenizer.vocabularies import needs_tiktoken
from tests.workbench.small import load_small

MESSAGES = [{"role": "user", "content": "hi"}]
BODY: dict[str, Any] = {"model": "kimi-k3", "messages": MESSAGES}


def outcome(request: Any, **more: Any) -> Any:
    """The plan, or the error in words: a request that is refused is refused alike."""
    try:
        return plan(request, **more)
    except LocalProtocolError as error:
        return str(error)


@given(body=bodies(), model=st.sampled_from(["kimi-k3", "kimi-k2.6", "kimi-k2-0905-preview", "gpt-4o"]))
def test_dicts_and_types_are_planned_alike_and_as_the_core_does_it(body: dict[str, Any], model: str) -> None:
    done = outcome(body, model=model)
    assert outcome(chat.decode(body), model=model) == done
    assert outcome({**body, "model": model}, target=resolve(model)) == done
    if not isinstance(done, str):
        assert core_plan(chat.decode({**body, "model": model}), resolve(model)) == done
        value = explained(done)
        assert json.loads(json.dumps(value)) == value
        assert value["request"] == chat.encode(done.request)
        assert [note["code"] for note in value["notes"]] == [note.code for note in done.notes]


def test_the_body_is_left_as_it_was() -> None:
    body = {"model": "kimi-k2.6", "messages": [{"role": "developer", "content": "Be brief."}, *MESSAGES]}
    before = json.dumps(body)
    assert plan(body).request.messages[0].role == "system"
    assert json.dumps(body) == before


def test_where_it_goes() -> None:
    assert plan(BODY, endpoint="coding").request.model == "k3"
    assert plan(BODY, model="kimi-k2.6").request.model == "kimi-k2.6"
    assert plan({"messages": MESSAGES}, model="kimi-k2.6").target.name == "kimi-k2.6"
    overrides = {"models": {"kimi-k3": {"cap": 4321}}}
    assert plan(BODY, overrides=overrides).budget.cap == 4321
    # A target is enough; the model may even have no name.
    assert plan({"messages": MESSAGES}, resolve("kimi-k3")).request.model == "kimi-k3"


def test_settings_come_as_a_dict_or_as_settings() -> None:
    assert plan(BODY, settings={"cap": 77}).budget.cap == 77
    assert plan(BODY, settings=Settings(cap=77)).budget.cap == 77


def test_a_request_without_a_model_is_refused() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        plan({"messages": MESSAGES})
    assert (caught.value.path, caught.value.message) == ("model", "no model is named")


def test_as_request() -> None:
    request = chat.decode(BODY)
    assert as_request(request) is request
    assert as_request(BODY) == request


@needs_tiktoken
def test_a_vocabulary_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moonwire.tokenizer.counter.load", load_small)
    assert plan(BODY).budget.estimate.rung == "cold"
    assert plan(BODY, tokenizer="tiktoken.model").budget.estimate.rung == "exact"


def test_every_field_of_note_and_budget_is_there() -> None:
    done = plan({**BODY, "temperature": 0.2})
    value = explained(done)
    assert list(value) == ["request", "notes", "budget"]
    for note in value["notes"]:
        assert list(note) == ["code", "reason", "level", "path", "before", "after", "avoids", "source"]
    assert list(value["budget"]) == list(type(done.budget).__struct_fields__)
    assert value["budget"]["estimate"]["rung"] == "cold"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (msgspec.UNSET, None),
        (None, None),
        ((1, True, 1.5), [1, True, 1.5]),
        ({"a": (msgspec.UNSET,)}, {"a": [None]}),
        (Settings().degrade, []),
    ],
)
def test_plain(value: Any, told: Any) -> None:
    assert repr(plain(value)) == repr(told)


@pytest.mark.parametrize(
    ("given_as", "spelled", "settings"),
    [
        (None, False, Settings()),
        ({}, False, Settings()),
        ({"ids": "native", "cap": None, "degrade": ["a"]}, False, Settings(ids="native", degrade=("a",))),
        ({"raise_cap": True, "margin": 7}, False, Settings(raise_cap=True, margin=7)),
        ({"raise_cap": "true", "margin": "7", "cap": "5"}, True, Settings(raise_cap=True, margin=7, cap=5)),
        ({"cap": "null", "filler": " "}, True, Settings(filler=" ")),
        ({"filler": ""}, True, Settings(filler="")),
        ({"drop_tools": "a, b,,", "degrade": ""}, True, Settings(drop_tools=("a", "b"))),
    ],
)
def test_settings_are_read(given_as: Any, spelled: bool, settings: Settings) -> None:
    assert read_settings(given_as, spelled=spelled) == settings
    assert read_settings(settings) is settings


@pytest.mark.parametrize(
    ("values", "spelled", "path", "remedy"),
    [
        ({"idz": "native"}, False, "settings.idz", "use one of messages, pairing, reasoning, ids, "),
        ({"ids": "best"}, False, "settings.ids", 'use one of "auto", "off", "canonical", "native", "opaque"'),
        ({"cap": "5"}, False, "settings.cap", "give a whole number or null"),
        ({"cap": True}, False, "settings.cap", "give a whole number or null"),
        ({"cap": "many"}, True, "settings.cap", "give a whole number or null"),
        ({"raise_cap": "maybe"}, True, "settings.raise_cap", "give true or false"),
        ({"margin": None}, False, "settings.margin", "give a whole number"),
        ({"degrade": "a"}, False, "settings.degrade", "give a list of names"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(
    values: dict[str, Any], spelled: bool, path: str, remedy: str
) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        read_settings({"ids": "native", **values}, spelled=spelled)
    assert caught.value.path == path
    assert caught.value.remedy.startswith(remedy)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_can_say_what_it_takes(name: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        read_settings({name: {"no": "such value"}})
    assert caught.value.path == f"settings.{name}"
    assert caught.value.remedy.startswith(("use one of ", "give "))


def test_a_body_over_the_endpoints_limit_is_refused_before_it_is_sent() -> None:
    body = {"model": "kimi-for-coding", "messages": [{"role": "user", "content": "x " * 1_048_576}]}
    with pytest.raises(TooLarge) as caught:
        plan(body, endpoint="coding", settings={"budget": "off"})
    assert caught.value.limit == 2_097_152
    assert caught.value.size > 2_097_152


def test_what_can_hardly_be_written_has_a_size_or_a_path() -> None:
    half = {"model": "k3", "messages": [{"role": "user", "content": "\ud800"}]}
    assert plan(half, endpoint="coding").request.messages[0].content == "\ud800"
    deep: Any = []
    for _ in range(1_500):
        deep = [deep]
    with pytest.raises(LocalProtocolError, match="nested too deeply"):
        plan(
            {"model": "k3", "messages": [{"role": "user", "content": "x"}], "metadata": deep},
            endpoint="coding",
        )
