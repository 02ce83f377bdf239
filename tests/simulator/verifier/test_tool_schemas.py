"""The schema suite: one property per schema, one forced call, arguments that hold (verification.md 1.3)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from moonwire.core.schemas import check
from tests.conformance.recorded import DATA, missing
from tests.simulator.verifier.client import Client, serving
from tests.simulator.verifier.reading import READERS
from tests.simulator.verifier.schemas_cases import CASES
from tests.simulator.verifier.streaming import check_stream, is_list, is_object

Json = dict[str, Any]

PUBLISHED = DATA / "mfjs_valid.jsonl"
MISSING = missing(PUBLISHED.name)
NAME = "kvv_walle_case"
CASE = "#/$defs/__case_schema"
PROMPTS = [
    f"Call the tool {NAME} exactly once with minimal valid arguments.",
    f"Please call {NAME} once. Use the smallest arguments that satisfy its JSON schema. Do not explain.",
    "Make one tool call with minimal valid arguments.",
    f"请调用一次 {NAME} 工具, 参数要最小且符合 schema。",
]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving() as client:
        yield client


def without_defaults(schema: Any, names: bool = False) -> Any:
    """`default` goes as a keyword and stays as a name of a property or of a definition."""
    if is_list(schema):
        return [without_defaults(inner) for inner in schema]
    if not is_object(schema):
        return schema
    return {
        key: without_defaults(inner, not names and key in {"properties", "$defs"})
        if key not in {"enum", "required"} or names
        else inner
        for key, inner in schema.items()
        if names or key != "default"
    }


def from_the_root(schema: Any) -> Any:
    """`#` leads to where the schema now stands."""
    if is_list(schema):
        return [from_the_root(inner) for inner in schema]
    if not is_object(schema):
        return schema
    return {
        key: CASE if key == "$ref" and inner == "#" else from_the_root(inner) for key, inner in schema.items()
    }


def wrapped(schema: Json) -> Json:
    schema = without_defaults(schema)
    lifted = {key: schema.pop(key) for key in ("$defs", "$id") if key in schema}
    root: Json = {"type": "object", "required": ["value"], "additionalProperties": False, **lifted}
    text = json.dumps([schema, lifted])
    if '"$ref": "#"' in text:
        definitions: Json = from_the_root(lifted.get("$defs", {}))
        root["$defs"] = {**definitions, "__case_schema": from_the_root(schema)}
        schema = {"$ref": CASE}
    return root | {"properties": {"value": schema}}


def published() -> list[Any]:
    if MISSING:
        return []
    rows = [json.loads(line) for line in PUBLISHED.read_text(encoding="utf-8").splitlines()]
    return [json.loads(row["schema"]) for row in rows if row["schema"].startswith("{")]


def left_out(schema: Any) -> bool:
    """What the suite itself leaves out for its length. What it leaves out for its names is asked here."""
    if is_list(schema):
        return any(left_out(inner) for inner in schema)
    if not is_object(schema):
        return False
    long = schema.get("minLength", 0)
    return (isinstance(long, int) and long > 1000) or any(left_out(inner) for inner in schema.values())


def assert_one_valid_call(client: Client, schema: Json, prompt: str, stream: bool) -> None:
    parameters = wrapped(schema)
    tool: Json = {
        "type": "function",
        "function": {"name": NAME, "description": "A case", "parameters": parameters, "strict": True},
    }
    body: Json = {
        "model": client.model,
        "messages": [{"role": "user", "content": prompt}],
        "tools": [tool],
        "tool_choice": "required",
        "max_tokens": 2048,
        "stream": stream,
    }
    reply = client.post(body)
    assert reply.status == 200, f"{json.dumps(parameters)[:500]}\n{reply}"
    if stream:
        assert check_stream(reply.raw, reply.headers, body) == []
    validator: Any = Draft202012Validator(parameters)
    for reader in READERS.values():
        folded = reader(reply)
        assert folded.names == [NAME]
        assert folded.finish == "tool_calls", f"{json.dumps(parameters)[:500]}\n{folded}"
        arguments = json.loads(folded.calls[0].arguments)
        wrong = [error.message[:200] for error in validator.iter_errors(arguments)]
        assert wrong == [], f"{json.dumps(parameters)[:500]}\n{folded.calls[0].arguments[:500]}"


def test_there_are_as_many_as_in_the_suite() -> None:
    texts = {json.dumps(schema, sort_keys=True) for _, schema in CASES}
    assert len(texts) >= 204
    assert len(texts) == len(CASES)


@pytest.mark.parametrize(("name", "schema"), CASES, ids=[name for name, _ in CASES])
def test_the_rows_are_in_the_flavour(name: str, schema: Json) -> None:
    validator: Any = Draft202012Validator
    validator.check_schema(wrapped(schema))
    assert check(wrapped(schema), "ultra") == (), name


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("name", "schema"), CASES, ids=[name for name, _ in CASES])
def test_a_call_holds(client: Client, name: str, schema: Json, stream: bool) -> None:
    prompt = PROMPTS[len(name + str(schema)) % len(PROMPTS)]
    assert_one_valid_call(client, schema, prompt, stream)


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "all there")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("schema", published(), ids=lambda schema: json.dumps(schema)[:60])
def test_a_call_holds_for_what_is_published(client: Client, schema: Any, stream: bool) -> None:
    if left_out(schema):
        pytest.skip("the suite leaves it out too")
    assert_one_valid_call(client, schema, PROMPTS[0], stream)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_words_do_not_matter(client: Client, prompt: str, stream: bool) -> None:
    for _, schema in CASES[::7]:
        assert_one_valid_call(client, schema, prompt, stream)
