"""The feature suite's other half: forms of response, and effort (verification.md 1.4)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.recorded import DATA, missing
from tests.simulator.verifier import prompts_cases as say
from tests.simulator.verifier.client import Client, serving
from tests.simulator.verifier.test_features import (
    IN_EVERY_MODE,
    WHOLE_AND_STREAMED,
    asked,
    assert_plain,
    assert_refused,
    system,
    user,
)

Json = dict[str, Any]

OFF: Json = {"thinking": {"type": "disabled"}}
VOCABULARY = DATA / "tiktoken.model"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """With the vocabulary where there is one, as the constants of the suite are exact."""
    with serving(tokenizer="" if missing(VOCABULARY.name) else str(VOCABULARY)) as client:
        yield client


CITY: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "population"],
    "additionalProperties": False,
}
PERSON: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "married": {"type": "boolean"},
        "height": {"type": "number"},
        "hobbies": {"type": "array", "items": {"type": "string"}},
        "address": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip": {"type": ["string", "null"]}},
            "required": ["city", "zip"],
            "additionalProperties": False,
        },
        "mood": {"type": "string", "enum": ["good", "bad"]},
    },
    "required": ["name", "age", "married", "height", "hobbies", "address", "mood"],
    "additionalProperties": False,
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def form(schema: Any, **more: Any) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.PLAIN)
def test_text(client: Client, text: str, stream: bool, mode: Json) -> None:
    assert_plain(asked(client, text, stream, response_format={"type": "text"}, **mode))


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.JSON_CITY)
def test_object(client: Client, text: str, stream: bool, mode: Json) -> None:
    for messages in (
        [user(text)],
        [system("You are a helpful assistant that outputs JSON."), user(text)],
        [system(text), user("Beijing")],
    ):
        folded = asked(client, messages, stream, response_format={"type": "json_object"}, **mode)
        assert_plain(folded)
        answer = json.loads(folded.content)
        assert isinstance(answer, dict)
        assert "city" in answer, f"{messages}: {folded.content}"


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("schema", [CITY, PERSON], ids=["city", "person"])
@pytest.mark.parametrize("strict", [{"strict": True}, {}, {"strict": False}], ids=str)
@pytest.mark.parametrize("text", say.JSON_SCHEMA)
def test_schema(client: Client, text: str, schema: Json, strict: Json, stream: bool, mode: Json) -> None:
    folded = asked(client, text, stream, response_format=form(schema, **strict), **mode)
    assert_plain(folded)
    answer = json.loads(folded.content)
    assert "\n" not in folded.content
    assert "\t" not in folded.content
    if strict.get("strict", True):
        assert set(answer) == set(schema["properties"])
        for name, inner in schema["properties"].items():
            assert isinstance(answer[name], KINDS[inner["type"]])
            if inner["type"] == "integer":
                assert not isinstance(answer[name], bool)


REFUSED: dict[str, Json] = {
    "type bogus": {"type": "bogus"},
    "type unknown": {"type": "xml"},
    "no name": {"type": "json_schema", "json_schema": {"schema": CITY}},
    "no name, strict": {"type": "json_schema", "json_schema": {"schema": CITY, "strict": True}},
    "no schema": {"type": "json_schema", "json_schema": {"name": "answer"}},
    "no schema, strict": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True}},
    "no json_schema": {"type": "json_schema"},
    "strict yes": form(CITY, strict="yes"),
    "strict true as a text": form(CITY, strict="true"),
    "strict 1": form(CITY, strict=1),
    "schema a text": form("not an object"),
    "schema a list": form([]),
    "schema a list of schemas": form([CITY]),
    "schema a number": form(1),
    "schema a boolean": form(True),
}


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("response_format", REFUSED.values(), ids=REFUSED)
def test_what_a_form_must_not_be(client: Client, response_format: Json, stream: bool, mode: Json) -> None:
    for text in ("Return a JSON object with key `city`.", "hello", "返回 JSON"):
        assert_refused(client.ask(text, stream=stream, response_format=response_format, **mode))


# -- effort -------------------------------------------------------------------------------------


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("mode", [{}, {"thinking": {"type": "enabled"}}], ids=["unsaid", "enabled"])
@pytest.mark.parametrize("text", say.THINK)
def test_it_thinks_and_answers(client: Client, text: str, stream: bool, mode: Json) -> None:
    folded = asked(client, text, stream, **mode)
    assert_plain(folded)
    assert folded.reasoning
    if stream:
        assert folded.reasoning_chunks > 0
        assert folded.content_chunks > 0


def thinking(effort: str | None = None, **more: Any) -> Json:
    return {"thinking": {"type": "enabled"} | ({"effort": effort} if effort else {}) | more}


REPORTED: list[tuple[str, Json]] = [
    ("max", {}),
    ("max", thinking()),
    *[(effort, {"reasoning_effort": effort}) for effort in ("low", "high", "max")],
    *[(effort, thinking(effort)) for effort in ("low", "high", "max")],
    *[(effort, thinking() | {"reasoning_effort": effort}) for effort in ("low", "high", "max")],
    ("low", thinking("low") | {"reasoning_effort": "max"}),
    ("max", thinking("max") | {"reasoning_effort": "low"}),
    ("high", thinking("high") | {"reasoning_effort": "low"}),
    ("low", thinking("low") | {"reasoning_effort": "high"}),
    ("low", thinking("low", keep="all") | {"reasoning_effort": "max"}),
    ("max", thinking(keep="all")),
]


@WHOLE_AND_STREAMED
@pytest.mark.parametrize(("effort", "fields"), REPORTED, ids=str)
@pytest.mark.parametrize("text", say.EFFORT)
def test_the_effort_is_reported(client: Client, text: str, effort: str, fields: Json, stream: bool) -> None:
    for messages in ([user(text)], [system("You are a helpful assistant."), user(text)]):
        folded = asked(client, messages, stream, **fields)
        assert_plain(folded)
        word = folded.content.strip().strip(".`'\"").lower()
        assert effort in word.split(), f"{messages} {fields}: {folded.content}"
        others = {"low", "high", "max", "medium"} - {effort}
        assert not others & set(word.split())


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", [text for text in say.EFFORT if "word" in text.lower() or "只" in text])
def test_one_word_is_one_word(client: Client, text: str, stream: bool) -> None:
    for effort in ("low", "high", "max"):
        folded = asked(client, text, stream, reasoning_effort=effort)
        assert folded.content.strip().strip(".`'\"").lower() == effort
    assert asked(client, text, stream).content.strip().lower() == "max"


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.HARD)
def test_more_effort_is_more_reasoning(client: Client, text: str, stream: bool) -> None:
    for low, top in (
        ({"reasoning_effort": "low"}, {"reasoning_effort": "max"}),
        (thinking("low"), thinking("max")),
        ({"reasoning_effort": "low"}, {}),
    ):
        few, many = asked(client, text, stream, **low), asked(client, text, stream, **top)
        assert 0 < len(few.reasoning) < len(many.reasoning)
        assert few.usage is not None
        assert many.usage is not None
        counted = [
            usage["completion_tokens_details"]["reasoning_tokens"] for usage in (few.usage, many.usage)
        ]
        assert counted[0] < counted[1]


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.THINK)
def test_off_is_off(client: Client, text: str, stream: bool) -> None:
    for fields in (OFF, {"reasoning_effort": "none"}):
        folded = asked(client, text, stream, **fields)
        assert_plain(folded)
        assert folded.reasoning == ""
