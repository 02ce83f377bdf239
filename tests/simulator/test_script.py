"""Scripts: their grammar in both forms, whose turn it is, and what is put in."""

import json
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator import App, Settings
from moonwire.simulator.script import Script, load, played
from tests.simulator.asking import TOOLS, an_ask, ask, body, called, chat, user

TEXT = """\
# What an agent is told.
script when "weather"
turn
  think Let me look.
  think And then?
  call get_weather {"city":"Paris"}
  call read_file {"path":"{{user}}"}
turn
  say It is {{result}}, and {{result get_weather}}.
  leak content <|tool_calls_section_begin|>
  leak reasoning <think>
  finish stop

script
turn
  refuse overloaded
turn
  say one
  say
  say two
  cut 3
"""

TOML = """\
[[script]]
when = "weather"

[[script.turn]]
think = "Let me look.\\nAnd then?"

[[script.turn.call]]
name = "get_weather"
arguments = { city = "Paris" }

[[script.turn.call]]
name = "read_file"
arguments = '{"path":"{{user}}"}'

[[script.turn]]
say = "It is {{result}}, and {{result get_weather}}."
leak_content = "<|tool_calls_section_begin|>"
leak_reasoning = "<think>"
finish = "stop"

[[script]]

[[script.turn]]
refuse = "overloaded"

[[script.turn]]
say = "one\\n\\ntwo"
cut = 3
"""


def test_both_forms_say_the_same() -> None:
    assert load(TEXT) == load(TOML)
    assert load(TEXT.replace("\n", "\r\n")) == load(TOML)
    assert load(TEXT.replace("  say one", "\tsay\tone")) == load(TOML)


def test_without_a_script_line_the_turns_are_for_all() -> None:
    assert load("turn\n say a") == load('[[turn]]\nsay = "a"') == load("script\nturn\n say a")
    assert load("") == load("# nothing\n\n") == Script()


WRONG: list[tuple[str, int, str]] = [
    ("turn\nsays hi", 2, "'says' begins no line"),
    ("say hi", 1, "there is none yet"),
    ("script\nsay hi", 2, "there is none yet"),
    ("# a\n\nscript if x", 3, "script when"),
    ("turn 2", 1, "`turn` and no more"),
    ("turn\ncall", 2, "call NAME"),
    ("turn\nleak text x", 2, "leak content"),
    ("turn\nleak", 2, "leak content"),
    ("turn\ncut many", 2, "a number of tokens"),
    ("turn\ncut 0", 2, "a number of tokens"),
    ("turn\ncut -1", 2, "a number of tokens"),
    ("turn\ncut " + "9" * 5_000, 2, "digits"),
    ("turn\nfinish", 2, "one word"),
    ("turn\nfinish a b", 2, "one word"),
    ("turn\nrefuse nobody", 2, "no refusal called 'nobody'"),
]


@pytest.mark.parametrize(("text", "line", "words"), WRONG)
def test_an_error_names_the_line(text: str, line: int, words: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        load(text, "my.script")
    assert caught.value.path == f"my.script:{line}"
    assert words in str(caught.value)


WRONG_TOML: list[tuple[str, str]] = [
    ('[[turn]]\nsay = "a\n', "line 2"),
    ("[[turn]]\nsay = 3", "say"),
    ('[[turn]]\nsays = "a"', "says"),
    ('[[script]]\nwen = "a"', "wen"),
    ('[[turn]]\nsay = "a"\n[other]\nx = 1', "other"),
    ("[[turn]]\ncut = -1", "cut"),
    ('[[turn]]\nrefuse = "nobody"', "nobody"),
    ('[[turn]]\ncall = { name = "a" }', "array"),
    ("[[turn]]\ncall = [{ arguments = 1 }]", "name"),
    ('[[turn]]\ncall = [{ name = "" }]', "length"),
    ('[[turn]]\ncall = [{ name = "a", argument = "x" }]', "argument"),
    ("[[script]]\nturn = 3", "array"),
]


@pytest.mark.parametrize(("text", "words"), WRONG_TOML)
def test_so_does_one_in_toml_name_the_place(text: str, words: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        load(text, "my.toml")
    assert caught.value.path == "my.toml"
    assert words in str(caught.value)


def test_whose_turn_it_is() -> None:
    script = load(TEXT)
    first = script.turn(an_ask("The weather?"))
    assert first is not None
    assert first.think == "Let me look.\nAnd then?"
    assert first == script.turn(an_ask("The weather?"))
    second = script.turn(an_ask([*user("The weather?"), *called("a:0"), *user("Else?")]))
    assert second is not None
    assert second.finish == "stop"
    assert script.turn(an_ask([*user("The weather?"), *called("a:0"), *called("a:1")])) is None
    other = script.turn(an_ask("Else?"))
    assert other is not None
    assert other.refuse == "overloaded"
    assert Script().turn(an_ask("Else?")) is None
    assert script.turn(an_ask([])) == other


def test_placeholders_are_filled() -> None:
    script = load(TEXT)
    first = script.turn(an_ask("The weather?"))
    assert first is not None
    turn = played(first, an_ask('The "weather"?'), "as ever")
    assert [json.loads(call.arguments) for call in turn.calls] == [
        {"city": "Paris"},
        {"path": 'The "weather"?'},
    ]
    after = [
        *user("The weather?"),
        *called("a:0", name="get_weather", result="sunny"),
        *called("b:0", result="a b"),
    ]
    second = script.sequences[0].turns[1]
    turn = played(second, an_ask(after), "as ever")
    assert turn.text == "It is a b, and sunny.<|tool_calls_section_begin|>"
    assert turn.thoughts == "as ever<think>"
    assert played(second, an_ask("x"), None).text == "It is , and .<|tool_calls_section_begin|>"


ARGUMENTS: list[tuple[str, str]] = [
    ("", "{}"),
    ('{"a":  1}', '{"a":1}'),
    ('{"a": "{{user}}"}', '{"a":"Hi."}'),
    ('["{{user}}", [{"x": null}]]', '["Hi.",[{"x":null}]]'),
    ("{{user}} {", "Hi. {"),
    ('{"a": 1', '{"a": 1'),
    ('{"a": "\\ud800"}', '{"a": "\\ud800"}'),
    ("[" * 5_000, "[" * 5_000),
]


@pytest.mark.parametrize(("written", "expected"), ARGUMENTS)
def test_arguments_are_called_as_they_stand_where_they_are_no_json(written: str, expected: str) -> None:
    script = load(f"turn\n call f {written}")
    assert played(script.sequences[0].turns[0], an_ask("Hi."), None).calls[0].arguments == expected


def test_a_turn_thinks_as_long_as_the_model_would_unless_it_says_so() -> None:
    script = load("turn\n say a\nturn\n think\n say b")
    plain, silent = script.sequences[0].turns
    assert played(plain, an_ask("Hi."), "as ever").thoughts == "as ever"
    assert played(silent, an_ask("Hi."), "as ever").thoughts == ""
    assert played(silent, an_ask("Hi.", thinking={"type": "disabled"}), None).thoughts is None


def app(script: str) -> App:
    return App(Settings(script=script))


def test_a_script_runs_on_the_endpoint() -> None:
    told = app(TEXT)
    first = chat(told, "The weather?", tools=TOOLS).message
    assert first["reasoning_content"] == "Let me look.\nAnd then?"
    assert [call["function"]["name"] for call in first["tool_calls"]] == ["get_weather", "read_file"]
    assert chat(told, "Something else.").status == 429
    assert told.exchanges[-1].rule == "script"
    history: list[Any] = [*user("Else."), {"role": "assistant", "content": "x", "reasoning_content": "y"}]
    cut = chat(told, [*history, *user("More.")], thinking={"type": "disabled"})
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert cut.json()["usage"]["completion_tokens"] == 3
    assert ask(told, body("Else.", stream=True)).status == 429


def test_another_finish_reason_is_said() -> None:
    answer = chat(app("turn\n say a\n finish content_filter"))
    assert answer.json()["choices"][0]["finish_reason"] == "content_filter"
