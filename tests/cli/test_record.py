"""One record: what changes, and that nothing else does."""

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from moonwire.cli.field import read_path
from moonwire.cli.record import BOM, Settings, Write, repair
from moonwire.core.errors import LocalProtocolError
from tests.cli.samples import CUT, NAMELESS, ONE_CALL, THOUGHT, TOOLS, WEATHER, record

SETTINGS = Settings(name="f", tools=tuple(TOOLS))
REASONING = read_path("choices[0].message.reasoning_content")


def repaired(line: str, settings: Settings = SETTINGS) -> tuple[str, dict[str, Any]]:
    done = repair(line.encode(), 7, settings)
    return done.kind, json.loads(done.data)


def message(value: dict[str, Any]) -> dict[str, Any]:
    return value["choices"][0]["message"]


@pytest.mark.parametrize(
    "line",
    [
        record("plain text, é"),
        record(""),
        record(None),
        record("a < b <| c"),
        '{"choices":[{"message":{"content":"x"}}],"n":1.10,"m":NaN}\r\n',
        '{"choices" : [ {"message": {"content": "\\ud83d"}} ] }',
    ],
)
@pytest.mark.parametrize("write", ["message", "result"])
def test_a_record_without_markup_stays_byte_for_byte(line: str, write: Write) -> None:
    done = repair(line.encode(), 1, replace(SETTINGS, write=write))
    assert (done.data, done.kind) == (line.encode(), "untouched")


def test_a_call_goes_where_a_chat_completion_has_it() -> None:
    kind, value = repaired(record(ONE_CALL))
    assert kind == "recovered"
    call = message(value)["tool_calls"][0]
    assert call["type"] == "function"
    assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Zürich"}'}
    assert message(value)["content"].strip() == "Let me look."
    assert value["choices"][0]["finish_reason"] == "tool_calls"
    assert "reasoning_content" not in message(value)


def test_content_is_null_beside_calls_only() -> None:
    assert message(repaired(record(WEATHER))[1])["content"] is None
    assert message(repaired(record(CUT, "length"))[1])["content"] == ""


def test_the_rest_of_a_changed_record_stays_byte_for_byte() -> None:
    content = json.dumps(ONE_CALL)
    head, tail = (
        '{"n":1.10,"choices":[{"message":{"content":',
        ',"x":1e2},"finish_reason":"stop"}],"é":"\\u00e9"}\r\n',
    )
    line = head + content + tail
    written = repair(line.encode(), 1, SETTINGS).data.decode()
    assert written.startswith(head + '"Let me look')
    assert ',"x":1e2,"tool_calls":[{"id":"' in written
    assert written.endswith('}]},"finish_reason":"tool_calls"}],"é":"\\u00e9"}\r\n')


def test_reasoning_joins_what_is_there() -> None:
    assert message(repaired(record(THOUGHT))[1])["reasoning_content"] == "Weather, then."
    for name in ("reasoning_content", "reasoning"):
        line = json.dumps({"message": {"content": THOUGHT, name: "First. "}})
        _, value = repaired(line, replace(SETTINGS, field=("message", "content")))
        assert value["message"][name] == "First. Weather, then."
        assert {"reasoning_content", "reasoning"} & set(value["message"]) == {name}


def test_calls_join_those_that_the_server_found_under_ids_of_their_own() -> None:
    there = {
        "id": "functions.get_weather:0",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
    }
    line = json.dumps({"message": {"content": WEATHER, "tool_calls": [there]}})
    _, value = repaired(line, replace(SETTINGS, field=("message", "content")))
    calls = value["message"]["tool_calls"]
    assert calls[0] == there
    assert calls[1]["function"]["name"] == "get_weather"
    assert calls[1]["id"] != there["id"]


@pytest.mark.parametrize("text", [CUT, NAMELESS])
def test_what_is_not_callable_is_beside_the_message_and_not_in_it(text: str) -> None:
    kind, value = repaired(record(text, "length"))
    assert kind == "malformed"
    assert "tool_calls" not in message(value)
    assert value["choices"][0]["finish_reason"] == "length"
    assert set(value["moonwire"]) <= {"cut", "malformed", "notes"}
    assert value["moonwire"].get("cut") or value["moonwire"].get("malformed")
    assert "<|" not in message(value)["content"]


def test_a_call_in_the_reasoning_field() -> None:
    line = json.dumps({"choices": [{"message": {"content": None, "reasoning_content": f"Hm. {ONE_CALL}"}}]})
    kind, value = repaired(line, replace(SETTINGS, field=REASONING))
    assert kind == "recovered"
    assert message(value)["tool_calls"][0]["function"]["name"] == "get_weather"
    assert message(value)["reasoning_content"].startswith("Hm. Let me look.")
    assert message(value)["content"] is None


def test_text_after_the_reasoning_of_the_reasoning_field_comes_before_the_content() -> None:
    line = json.dumps(
        {"choices": [{"message": {"content": "world", "reasoning_content": "Hm.</think>Hello "}}]}
    )
    kind, value = repaired(line, replace(SETTINGS, field=REASONING))
    assert (kind, message(value)) == ("recovered", {"content": "Hello world", "reasoning_content": "Hm."})


@pytest.mark.parametrize("value", ["Only thoughts.", "", None])
def test_reasoning_without_markup_stays(value: str | None) -> None:
    line = json.dumps({"choices": [{"message": {"reasoning_content": value}}]})
    assert repair(line.encode(), 1, replace(SETTINGS, field=REASONING)).kind == "untouched"


def test_the_result_goes_under_a_key_and_the_rest_stays() -> None:
    line = '{"raw": ' + json.dumps(ONE_CALL) + ', "n": 1.10}\n'
    done = repair(line.encode(), 1, replace(SETTINGS, field=("raw",), key="parsed"))
    assert done.data.decode().startswith(line[:-2] + ', "parsed": {"reasoning": null, "text": "Let me look')
    parsed = json.loads(done.data)["parsed"]
    assert parsed["finish"] == "tool_calls"
    assert parsed["calls"][0]["complete"] is True


@pytest.mark.parametrize(
    ("field", "write", "into_message"),
    [
        ("choices[0].message.content", "auto", True),
        ("choices[0].message.reasoning_content", "auto", True),
        ("response.body.choices[2].message.reasoning", "auto", True),
        ("messages[-1].content", "auto", True),
        ("content", "auto", False),
        ("choices[0].text", "auto", False),
        ("choices[0].message.audio", "auto", False),
        ("content", "message", True),
        ("choices[0].message.content", "result", False),
    ],
)
def test_where_auto_writes(field: str, write: Write, into_message: bool) -> None:
    assert Settings(field=read_path(field), write=write).into_message is into_message


def test_the_tools_of_the_record_win() -> None:
    other = [{"type": "function", "function": {"name": "other"}}]
    settings = replace(SETTINGS, write="result")
    rows: list[tuple[dict[str, Any], bool]] = [
        ({}, True),
        ({"tools": None}, True),
        ({"tools": other}, False),
        ({"tools": []}, False),
        ({"request": {"tools": other}}, False),
        ({"request": {"tools": TOOLS}}, True),
        ({"tools": TOOLS, "request": {"tools": other}}, True),
    ]
    for more, declared in rows:
        _, value = repaired(record(ONE_CALL, **more), settings)
        assert value["moonwire"]["calls"][0]["declared"] is declared, more


@pytest.mark.parametrize(
    ("recorded", "given", "after"),
    [
        ("stop", "stop", "tool_calls"),
        (None, "stop", "tool_calls"),
        ("length", "stop", "length"),
        (None, "length", None),
        ("tool_calls", "stop", "tool_calls"),
    ],
)
def test_the_finish_reason_of_the_record_wins(recorded: str | None, given: Any, after: str | None) -> None:
    _, value = repaired(record(ONE_CALL, recorded), replace(SETTINGS, finish=given))
    assert value["choices"][0]["finish_reason"] == after


@pytest.mark.parametrize("recorded", ["eos", "abort", "", 3, ["stop"]])
def test_a_finish_reason_of_the_servers_own_does_no_harm(recorded: Any) -> None:
    kind, value = repaired(record(ONE_CALL, recorded))
    assert (kind, value["choices"][0]["finish_reason"]) == ("recovered", "tool_calls")
    _, value = repaired(record(CUT, recorded))
    assert value["choices"][0]["finish_reason"] == recorded


def test_a_byte_order_mark_stays() -> None:
    done = repair(BOM + record(ONE_CALL).encode(), 1, SETTINGS)
    assert done.kind == "recovered"
    assert done.data.startswith(BOM + b'{"id"')


def test_what_was_repaired_needs_no_repair() -> None:
    once = repair(record(THOUGHT).encode(), 1, SETTINGS)
    assert repair(once.data, 1, SETTINGS).kind == "untouched"


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("{bad", "f:7:2", "not JSON"),
        ("[1]", "f:7:1", "not a JSON object"),
        ("{}", "f:7:1", "the record has no choices"),
        ('{"choices": []}', "f:7:13", "the record has no choices[0]"),
        ('{"choices": [{"message": {}}]}', "f:7:26", "the record has no choices[0].message.content"),
        ('{"choices": "x"}', "f:7:13", "the record has no choices[0]"),
        ('{"choices": [{"message": {"content": [1]}}]}', "f:7:38", "choices[0].message.content is not text"),
        ('{"choices": [{"message": {"content": 3}}]}', "f:7:38", "choices[0].message.content is not text"),
        (
            record("x", tools=[{"function": {"name": 3}}]),
            "f:7:148: tools[0].function.name",
            "a tool needs a name",
        ),
    ],
)
def test_what_is_no_record_is_named(line: str, path: str, message: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        repair(line.encode(), 7, SETTINGS)
    assert (caught.value.path, caught.value.message.partition(":")[0]) == (path, message)
    assert caught.value.remedy


def test_a_part_of_a_list_is_a_result_and_not_a_message() -> None:
    settings = replace(SETTINGS, field=("parts", 0), write="message")
    with pytest.raises(LocalProtocolError, match="--write result"):
        repair(json.dumps({"parts": [ONE_CALL]}).encode(), 1, settings)


def test_a_record_nested_as_deep_as_python_can_go_is_repaired_or_named() -> None:
    outcomes: set[str] = set()
    for depth in range(800, 1001):
        line = record(ONE_CALL)[:-1] + ', "x": ' + "[" * depth + "]" * depth + "}"
        try:
            outcomes.add(repair(line.encode(), 7, SETTINGS).kind)
        except LocalProtocolError as error:
            outcomes.add(error.message)
    assert outcomes <= {"recovered", "nested too deeply to be read"}


def test_bytes_that_are_not_utf8() -> None:
    line = record(ONE_CALL).encode() + b" \xff"
    with pytest.raises(LocalProtocolError, match="not UTF-8"):
        repair(line, 1, SETTINGS)


def test_settings_and_errors_travel_between_processes() -> None:
    error = LocalProtocolError("m", path="p", remedy="r")
    assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
