"""Which tools are called, in what order and with what."""

import json
import random
from typing import Any

import pytest

from moonwire.simulator.brain.calls import MOST_AT_ONCE, MOST_ROUNDS, next_calls, offered, planned
from tests.simulator.asking import TOOLS, an_ask, called, user

NAMES: dict[str, Any] = {
    "read": {"description": "Reads a file."},
    "write": {"description": "Writes a file."},
    "get_weather": {"description": "The weather of a city."},
}

PLANS: list[tuple[str, list[list[str]]]] = [
    ("First read; afterwards write and read.", [["read"], ["write", "read"]]),
    ("Call read.", [["read"]]),
    ("Call read and write.", [["read", "write"]]),
    ("Call read, then write.", [["read"], ["write"]]),
    ("Call read. Call write.", [["read"], ["write"]]),
    ("Call read twice, 2 times.", [["read"], ["read"]]),
    ("Call read 2 times in parallel, then write.", [["read", "read"], ["write"]]),
    ("What is the weather in Paris?", [["get_weather"]]),
    ("Write it down.", [["write"]]),
    ("Hello!", []),
    ("", []),
    ("   \n", []),
    ("What is 2 + 2? Do not use any tools.", []),
    ("Call read 0 times.", [["read"]]),
]


@pytest.mark.parametrize(("text", "rounds"), PLANS)
def test_the_plan_that_words_make(text: str, rounds: list[list[str]]) -> None:
    assert planned(text, NAMES) == rounds


@pytest.mark.parametrize(
    "text",
    [
        "read " * 5_000,
        "read. " * 3_000,
        "Call read 999 times.",
        "Call read 999 times at once.",
        "read, then " * 900,
    ],
)
def test_no_text_makes_it_call_without_end(text: str) -> None:
    rounds = planned(text, NAMES)
    assert len(rounds) <= MOST_ROUNDS
    assert max(map(len, rounds)) <= MOST_AT_ONCE


def names(text: str | list[Any], **fields: Any) -> list[str]:
    given: dict[str, Any] = {"tools": TOOLS, **fields}
    ask = an_ask(text, **given)
    return [call.name for call in next_calls(ask, random.Random(1))]


NAMED = {"type": "function", "function": {"name": "read_file"}}


def only(*allowed: str, mode: str = "auto") -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in allowed]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


CHOICES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("Call get_weather.", {}, ["get_weather"]),
    ("Call get_weather.", {"tool_choice": "none"}, []),
    ("Hello!", {"tool_choice": "required"}, ["get_weather"]),
    ("Hello!", {"tool_choice": "auto"}, []),
    ("Hello!", {"tool_choice": NAMED, "model": "kimi-k2.6"}, ["read_file"]),
    ("Hello!", {"tool_choice": NAMED, "model": "kimi-k3"}, []),
    ("Call get_weather.", {"tools": []}, []),
    ("Call get_weather.", {"tools": None}, []),
    ("Call get_weather.", {"tool_choice": only("read_file")}, ["read_file"]),
    ("Hello!", {"tool_choice": only("read_file", mode="required")}, ["read_file"]),
    ("Call get_weather.", {"tool_choice": only("unknown")}, ["get_weather"]),
]


@pytest.mark.parametrize(("text", "fields", "expected"), CHOICES)
def test_the_choice_of_tools(text: str, fields: dict[str, Any], expected: list[str]) -> None:
    assert names(text, **fields) == expected


def test_the_round_follows_from_what_stands_behind_the_user() -> None:
    task = user("Call get_weather for Paris, then read_file.")
    done = called("get_weather:0", name="get_weather")
    assert names(task) == ["get_weather"]
    assert names([*task, *done]) == ["read_file"]
    assert names([*task, *done, *called("read_file:1")]) == []
    assert names([*task, *done, *user("Call get_weather.")]) == ["get_weather"]


def test_arguments_are_the_users_words() -> None:
    ask = an_ask("What is the weather in Paris and London?", tools=TOOLS)
    calls = next_calls(ask, random.Random(1))
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"city": "London"}]


def test_tools_of_system_messages_are_offered_on_k3() -> None:
    messages = [{"role": "system", "content": "", "tools": TOOLS}, *user("Read it.")]
    assert list(offered(an_ask(messages))) == ["get_weather", "read_file"]
    assert list(offered(an_ask(messages, model="kimi-k2.6"))) == []


@pytest.mark.parametrize("required", [[[]], [{}], [None], [3], "x", {}, None, ["missing"]])
@pytest.mark.parametrize("properties", [{}, {"a": None}, {"a": []}, [], "x", {"a": {"type": ["string"]}}])
def test_any_schema_is_called_somehow(required: Any, properties: Any) -> None:
    parameters = {"type": "object", "properties": properties, "required": required}
    tool: Any = {"type": "function", "function": {"name": "f", "description": [], "parameters": parameters}}
    ask = an_ask("Use f for Paris and London.", tools=[tool], at="vllm")
    calls = next_calls(ask, random.Random(1))
    assert calls
    assert all(isinstance(json.loads(call.arguments), dict | str | list | int | None) for call in calls)


def test_every_name_is_found_as_it_stands() -> None:
    odd: dict[str, Any] = {"a.b": {}, "a": {}, "a-b": {}, "c(": {}}
    assert planned("Use a.b, a-b, c( and a now", odd) == [["a.b", "a-b", "c(", "a"]]
