"""What goes wrong within a stream, and its like in a whole answer."""

import json
from typing import Any

import pytest

from moonwire.simulator.faults.steps import Planned, Step
from tests.simulator.faults.answers import (
    DONE,
    USAGE,
    WHOLE,
    body,
    chat_pieces,
    event,
    fault,
    header,
    messages,
    responses,
    run,
    shown,
    stream,
    understood,
    values,
    whole,
)

PIECES = chat_pieces()
RAW = b"".join(PIECES)
BODY = b"".join(whole().pieces)
NORMAL = ["Head", "Send", "End"]


def done_to(kind: str, planned: Planned, path: str = "/v1/chat/completions", /, **given: Any) -> list[Step]:
    return run(fault(kind, path, **given), planned)


def types(done: list[Step]) -> list[str]:
    return [value["type"] for value in values(body(done))]


def test_the_json_of_an_event_is_cut_off() -> None:
    done = done_to("cut-json", stream([b": hi\n\n", *PIECES]))
    raw = body(done)
    cut = raw.removeprefix(b": hi\n\n" + PIECES[0] + PIECES[1])
    assert shown(done) == NORMAL
    assert PIECES[2].startswith(cut) and len(b"data: {") <= len(cut) < len(PIECES[2]) - 3
    with pytest.raises(ValueError):
        json.loads(cut.removeprefix(b"data: "))


def test_the_json_of_a_whole_answer_is_cut_off() -> None:
    done = done_to("cut-json", whole())
    assert shown(done) == NORMAL and BODY.startswith(body(done)) and 0 < len(body(done)) < len(BODY)
    assert header(done, "content-length") is None


def test_a_stream_shorter_than_the_place_is_left_whole() -> None:
    assert body(done_to("cut-json", stream(), events=99)) == RAW


def test_without_finish() -> None:
    done = done_to("no-finish", stream())
    assert shown(done) == NORMAL and body(done) == b"".join(PIECES[:-3])
    hung = done_to("no-finish-hang", stream())
    assert shown(hung) == ["Head", "Send", "Hang"] and body(hung) == body(done)


def test_a_whole_answer_without_finish() -> None:
    value = json.loads(body(done_to("no-finish", whole())))
    assert value["choices"][0]["finish_reason"] is None and "usage" not in value
    assert body(done_to("no-finish", Planned(200, [], [b"no json"]))) == b"no json"
    hung = done_to("no-finish-hang", whole())
    assert shown(hung) == ["Head", "Send", "Hang"] and body(hung) == BODY[: len(BODY) // 2]


def test_other_dialects_without_finish() -> None:
    assert types(done_to("no-finish", messages()))[-1] == "content_block_stop"
    assert types(done_to("no-finish", responses()))[-1] == "response.function_call_arguments.delta"


def test_without_done() -> None:
    done = done_to("no-done", stream())
    assert shown(done) == NORMAL and body(done) == RAW.removesuffix(DONE)
    assert types(done_to("no-done", messages()))[-1] == "message_delta"
    single = done_to("no-done", whole())
    assert shown(single) == ["Head", "Send", "Close"] and body(single) == BODY


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, 1),
        ({"which": "content"}, 3),
        ({"which": "content", "nth": 2}, 4),
        ({"which": "call"}, 6),
        ({"which": "call", "nth": 3}, 8),
        ({"which": "finish"}, 9),
        ({"which": "done"}, 11),
    ],
)
def test_an_event_comes_twice(given: dict[str, Any], place: int) -> None:
    done = done_to("duplicate", stream(), **given)
    assert shown(done) == NORMAL
    assert body(done) == b"".join([*PIECES[: place + 1], *PIECES[place:]])


def test_what_does_not_come_does_not_come_twice() -> None:
    assert body(done_to("duplicate", stream(), which="call", nth=4)) == RAW
    assert body(done_to("duplicate", whole())) == BODY + BODY


ERRORS = [
    ("overloaded", "engine_overloaded_error"),
    ("rate-limit", "rate_limit_reached_error"),
    ("server-error", "server_error"),
]


@pytest.mark.parametrize(("error", "kind"), ERRORS)
def test_an_error_within_the_stream(error: str, kind: str) -> None:
    done = done_to("error-event", stream(), error=error)
    assert shown(done) == NORMAL and body(done).startswith(b"".join(PIECES[:2]))
    found = values(body(done))
    assert len(found) == 3 and set(found[2]) == {"error"}
    assert found[2]["error"]["type"] == kind and found[2]["error"]["code"] is None


def test_where_the_error_stands_and_what_follows() -> None:
    assert len(values(body(done_to("error-event", stream(), events=0)))) == 1
    assert understood(done_to("error-event", stream(), events=3, done=True)).done
    assert len(understood(done_to("error-event", stream(), events=99)).errors) == 0  # behind [DONE]
    assert json.loads(body(done_to("error-event", whole())))["error"]["type"] == "engine_overloaded_error"


def test_the_error_in_other_dialects() -> None:
    assert types(done_to("error-event", messages(), "/v1/messages"))[-1] == "error"
    found = values(body(done_to("error-event", responses(), "/v1/responses")))[-1]
    assert (found["type"], found["code"]) == ("error", "engine_overloaded_error")
    assert json.loads(body(done_to("error-event", whole(), "/v1/messages")))["type"] == "error"


def test_the_filter_lets_thoughts_pass() -> None:
    got = understood(done_to("filter", stream()))
    assert (got.reasoning, got.content, got.arguments) == ("Hmso", "", "")
    assert (got.finish, got.usage, got.done) == ("content_filter", USAGE, True)


def test_the_filter_cuts_the_content() -> None:
    got = understood(done_to("filter", stream(), where="content"))
    assert (got.reasoning, got.content, got.arguments, got.finish) == (
        "Hmso",
        "Zürichis",
        "",
        "content_filter",
    )


def test_the_filter_in_a_whole_answer() -> None:
    choice = json.loads(body(done_to("filter", whole())))["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", "")
    choice = json.loads(body(done_to("filter", whole(), where="content")))["choices"][0]
    assert choice["message"]["content"] == WHOLE["choices"][0]["message"]["content"][:3]
    assert body(done_to("filter", Planned(200, [], [b"no json"]))) == b"no json"


def test_the_filter_leaves_blocks_of_messages_whole() -> None:
    found = values(body(done_to("filter", messages(), where="content", events=1)))
    assert [(one["type"], one.get("index")) for one in found] == [
        ("message_start", None),
        *[("content_block_start", 0), ("content_block_delta", 0), ("content_block_stop", 0)],
        *[("content_block_start", 1), ("content_block_delta", 1), ("content_block_stop", 1)],
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert found[-2]["delta"]["stop_reason"] == "refusal"
    whole_text = values(body(done_to("filter", messages(), where="content", events=9)))
    assert len(whole_text) == len(found) + 1


def test_the_filter_in_responses() -> None:
    found = values(body(done_to("filter", responses(), where="content", events=1)))
    assert [one["type"] for one in found][-2:] == ["response.output_text.delta", "response.incomplete"]
    output = found[-1]["response"]["output"]
    assert [one["type"] for one in output] == ["reasoning", "message"]
    assert output[1]["content"][0]["text"] == "Zü"


def test_what_is_no_part_of_the_answer_passes_the_filter() -> None:
    pieces = [*PIECES[:4], event({"a": 1}), b": hi\n\n", *PIECES[4:]]
    raw = body(done_to("filter", stream(pieces)))
    assert event({"a": 1}) + b": hi\n\n" in raw
