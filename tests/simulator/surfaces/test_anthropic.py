import json
from collections.abc import Iterator
from typing import Any

import pytest

from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.simulator import Server, Settings
from moonwire.simulator.brain.turn import Call, Turn
from moonwire.simulator.rules import edition
from moonwire.simulator.surfaces.anthropic import Facts, frames, read, whole
from moonwire.simulator.surfaces.parts import UNREADABLE
from tests.simulator.surfaces.test_parts import CALLS, candidate
from tests.simulator.surfaces.wire import folded, post, read_events

Json = dict[str, Any]

USER: Json = {"role": "user", "content": "Go."}
TOOL: Json = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
TEXT: Json = {"type": "text", "text": "Hi"}
THOUGHT: Json = {"type": "thinking", "thinking": "Hm", "signature": ""}
USE: Json = {"type": "tool_use", "id": "look_0", "name": "look", "input": {"a": 1}}
CALL: Json = {
    "id": "look_0",
    "type": "function",
    "function": {"name": "look", "arguments": '{"a":1}'},
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
SEEN: Json = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}


def result(*content: Any, **more: Any) -> Json:
    return {
        "type": "tool_result",
        "tool_use_id": "look_0",
        **({"content": content[0]} if content else {}),
        **more,
    }


def request(*messages: Json, **fields: Any) -> Json:
    return {"model": "kimi-k3", "max_tokens": 500, "messages": list(messages) or [USER], **fields}


def reading(body: Json, endpoint: str = "platform-anthropic", rules: str = "latest", **headers: str) -> Any:
    return read(body, find_endpoint(endpoint), edition(rules), headers)


# -- reading -----------------------------------------------------------------------------------------

MESSAGES: list[tuple[Json, list[Json]]] = [
    (USER, [USER]),
    ({"role": "user", "content": []}, [{"role": "user", "content": []}]),
    ({"role": "user", "content": [TEXT, IMAGE]}, [{"role": "user", "content": [TEXT, SEEN]}]),
    (
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a/b"}}]},
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b"}}]}],
    ),
    ({"role": "system", "content": [TEXT]}, [{"role": "system", "content": [TEXT]}]),
    ({"role": "assistant", "content": "Hi"}, [{"role": "assistant", "content": "Hi"}]),
    (
        {"role": "assistant", "content": [THOUGHT, TEXT, USE]},
        [{"role": "assistant", "content": [TEXT], "reasoning_content": "Hm", "tool_calls": [CALL]}],
    ),
    (
        {"role": "assistant", "content": [{**THOUGHT, "thinking": ""}, USE]},
        [{"role": "assistant", "reasoning_content": "", "tool_calls": [CALL]}],
    ),
    # Nobody can read it, so it is no thought.
    (
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}, USE]},
        [{"role": "assistant", "tool_calls": [CALL]}],
    ),
    (
        {"role": "user", "content": [result("done"), TEXT]},
        [
            {"role": "tool", "tool_call_id": "look_0", "content": "done"},
            {"role": "user", "content": [TEXT]},
        ],
    ),
    (
        {"role": "user", "content": [TEXT, result([TEXT, IMAGE], is_error=True)]},
        [
            {"role": "user", "content": [TEXT]},
            {"role": "tool", "tool_call_id": "look_0", "content": [TEXT, SEEN]},
        ],
    ),
]


@pytest.mark.parametrize(("message", "wanted"), MESSAGES)
def test_blocks_become_parts_fields_and_messages(message: Json, wanted: list[Json]) -> None:
    found = reading(request(message))
    assert found.body["messages"] == wanted
    assert found.refused is None


FIELDS: list[tuple[Json, Json]] = [
    ({}, {}),
    ({"stop_sequences": ["END"]}, {"stop": ["END"]}),
    ({"stream": True, "temperature": 1, "top_p": 0.95}, {"stream": True, "temperature": 1, "top_p": 0.95}),
    ({"metadata": {"user_id": "u1"}}, {"prompt_cache_key": "u1"}),
    ({"metadata": None, "top_k": 3, "context_management": {"edits": []}}, {}),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"thinking": {"type": "enabled"}}),
    ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
    (
        {"thinking": {"type": "enabled"}, "output_config": {"effort": "high"}},
        {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
    ),
    # An effort beside thinking that is off says nothing.
    (
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}},
        {"thinking": {"type": "disabled"}},
    ),
    ({"thinking": {"type": "adaptive"}}, {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
    (
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"thinking": {"type": "enabled"}, "reasoning_effort": "max"},
    ),
    ({"output_config": {"effort": "low"}}, {"reasoning_effort": "low"}),
    ({"thinking": True}, {"thinking": True}),
    ({"tool_choice": {"type": "auto"}}, {"tool_choice": "auto"}),
    ({"tool_choice": {"type": "none"}}, {"tool_choice": "none"}),
    (
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": "required", "parallel_tool_calls": False},
    ),
    (
        {"tool_choice": {"type": "tool", "name": "look"}},
        {"tool_choice": {"type": "function", "function": {"name": "look"}}},
    ),
    ({"tool_choice": {"type": "bogus"}}, {"tool_choice": {"type": "bogus"}}),
    (
        {"tools": [{**TOOL, "type": "custom", "cache_control": {"type": "ephemeral"}}, {"name": "bare"}]},
        {
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "look",
                        "description": "Looks.",
                        "parameters": TOOL["input_schema"],
                    },
                },
                {"type": "function", "function": {"name": "bare"}},
            ]
        },
    ),
    ({"tools": "none"}, {"tools": "none"}),
]


@pytest.mark.parametrize(("fields", "wanted"), FIELDS)
def test_fields_become_those_of_chat_completions(fields: Json, wanted: Json) -> None:
    found = reading(request(**fields))
    assert found.body == {"model": "kimi-k3", "max_tokens": 500, "messages": [USER], **wanted}
    assert found.refused is None


@pytest.mark.parametrize("system", ["Be brief.", [TEXT]])
def test_the_system_prompt_stands_first(system: Any) -> None:
    found = reading(request(system=system)).body["messages"]
    assert found == [{"role": "system", "content": system}, USER]


def test_messages_that_are_no_list_are_left_for_the_rules() -> None:
    assert reading(request() | {"messages": "Hi"}).body["messages"] == "Hi"
    assert "messages" not in reading({"model": "kimi-k3", "max_tokens": 1}).body


UNREAD: list[tuple[str, Json]] = [
    ("max-tokens", {"model": "kimi-k3", "messages": [USER]}),
    ("role", request({"role": "tool", "content": "x"})),
    ("role", request({"role": "developer", "content": "x"})),
    ("block", request({"role": "user", "content": [{"type": "document"}]})),
    ("block", request({"role": "user", "content": [{"type": "text"}]})),
    ("block", request({"role": "user", "content": ["x"]})),
    ("block", request({"role": "user", "content": [{"type": "image", "source": {"type": "file"}}]})),
    ("block", request({"role": "assistant", "content": [{"type": "server_tool_use"}]})),
    ("block", request({"role": "assistant", "content": [{"type": "thinking"}]})),
    ("block", request(system=[IMAGE | {"source": {}}])),
    ("tool-use-input", request({"role": "assistant", "content": [{**USE, "input": "{}"}]})),
    ("block", request({"role": "user", "content": [result([{"type": "search_result"}])]})),
    ("tool-type", request(tools=[{"type": "web_search_20250305", "name": "web_search"}])),
]


@pytest.mark.parametrize(("rule", "body"), UNREAD)
def test_what_cannot_be_read_is_refused_in_the_opaque_words(rule: str, body: Json) -> None:
    refused = reading(body).refused
    assert (refused.rule, refused.message, refused.status) == (rule, UNREADABLE, 400)


def test_what_the_rules_refuse_in_results_is_left_as_it_is() -> None:
    reference = {"type": "tool_reference", "tool_name": "look"}
    given = [result([reference, TEXT]), result(), result(None)]
    found = reading(request({"role": "user", "content": given}))
    assert [message["content"] for message in found.body["messages"]] == [[reference, TEXT], None, None]
    assert found.refused is None


def test_an_empty_beta_header_is_refused_by_the_strictest_only() -> None:
    beta = {"anthropic-beta": ""}
    assert reading(request(), rules="strictest", **beta).refused.rule == "anthropic-beta"
    assert reading(request(), **beta).refused is None
    assert reading(request(), rules="strictest", **{"anthropic-beta": "a"}).refused is None
    assert reading(request(), rules="strictest").refused is None


# -- writing -----------------------------------------------------------------------------------------

FACTS = Facts(id="msg_1", model="kimi-k3", chunk=2)

TURNS: list[tuple[Turn, int | None, tuple[str, ...], Json, list[str]]] = [
    (Turn(text="Hi"), None, (), {"stop_reason": "end_turn"}, ["text"]),
    (Turn(thoughts="Hm", text="Hi"), None, (), {"stop_reason": "end_turn"}, ["thinking", "text"]),
    (Turn(thoughts="", text="Hi"), None, (), {"stop_reason": "end_turn"}, ["thinking", "text"]),
    (Turn(thoughts="one two three"), 2, (), {"stop_reason": "max_tokens"}, ["thinking"]),
    (
        Turn(thoughts="Hm", text="Both.", calls=CALLS),
        None,
        (),
        {"stop_reason": "tool_use"},
        ["thinking", "text", "tool_use", "tool_use"],
    ),
    (
        Turn(text="one two three", calls=CALLS),
        None,
        ("three", "two"),
        {"stop_reason": "stop_sequence", "stop_sequence": "two"},
        ["text"],
    ),
    (Turn(text="Hi", finish="content_filter"), None, (), {"stop_reason": "refusal"}, ["text"]),
    (Turn(text="Hi", finish="repeat"), None, (), {"stop_reason": "end_turn"}, ["text"]),
    (Turn(), None, (), {"stop_reason": "end_turn"}, []),
]


@pytest.mark.parametrize(("turn", "cap", "stops", "ending", "kinds"), TURNS)
def test_a_stream_and_a_whole_answer_say_the_same(
    turn: Turn, cap: int | None, stops: tuple[str, ...], ending: Json, kinds: list[str]
) -> None:
    one = candidate(turn, cap, stops)
    said = whole(FACTS, one)
    assert {name: said[name] for name in ("stop_reason", "stop_sequence")} == {
        "stop_sequence": None,
        **ending,
    }
    assert [block["type"] for block in said["content"]] == kinds
    assert folded(read_events(b"".join(frames(FACTS, one)))) == said


def test_usage_tells_cached_tokens_apart() -> None:
    said = whole(FACTS, candidate(Turn(text="Hi")))
    assert said["usage"] == {
        "input_tokens": 6,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 4,
        "output_tokens": said["usage"]["output_tokens"],
    }
    assert said["usage"]["output_tokens"] > 0


def test_thoughts_that_were_cut_have_no_signature() -> None:
    turn = Turn(thoughts="one two three four")
    assert whole(FACTS, candidate(turn, 2))["content"][0]["signature"] == ""
    assert whole(FACTS, candidate(turn))["content"][0]["signature"]
    assert b"signature_delta" not in b"".join(frames(FACTS, candidate(turn, 2)))


@pytest.mark.parametrize("arguments", ['{"a":', "[1]", "", "no"])
def test_arguments_that_are_no_object_are_streamed_as_they_are_and_left_out_of_a_whole(
    arguments: str,
) -> None:
    one = candidate(Turn(calls=(Call("look", arguments),)))
    assert whole(FACTS, one)["content"][0]["input"] == {}
    deltas = [
        event["delta"]
        for event in read_events(b"".join(frames(FACTS, one)))
        if "index" in event and "delta" in event
    ]
    assert "".join(delta["partial_json"] for delta in deltas) == arguments


# -- on a socket -------------------------------------------------------------------------------------

WEATHER: Json = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION: Json = {"role": "user", "content": "What is the weather in Paris? Call get_weather."}


@pytest.fixture(scope="module")
def platform() -> Iterator[Server]:
    with Server(Settings(endpoint="platform", fixed=True)) as server:
        yield server


@pytest.fixture(scope="module")
def coding() -> Iterator[Server]:
    with Server(Settings(endpoint="coding", fixed=True)) as server:
        yield server


@pytest.mark.parametrize("path", ["/anthropic/v1/messages", "/v1/messages", "/v1/messages?beta=true"])
@pytest.mark.parametrize("header", [{"x-api-key": "k"}, {"authorization": "Bearer k"}])
def test_it_is_served_below_any_prefix_to_either_header(
    platform: Server, path: str, header: dict[str, str]
) -> None:
    status, headers, data = post(platform, path, request(), headers=header)
    said = json.loads(data)
    assert (status, said["type"], said["model"]) == (200, "message", "kimi-k3")
    used = said["usage"]
    prompt = used["input_tokens"] + used["cache_read_input_tokens"]
    assert headers["x-msh-usage-prompt-tokens"] == str(prompt)


def test_a_loop_of_calls_goes_on_with_what_it_was_given(coding: Server) -> None:
    body = {**request(QUESTION, tools=[WEATHER]), "model": "k3", "stream": True}
    status, headers, data = post(coding, "/coding/v1/messages?beta=true", body)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    first = folded(read_events(data))
    assert first["stop_reason"] == "tool_use"
    use = first["content"][-1]
    assert (use["name"], use["input"]) == ("get_weather", {"city": "Paris"})
    answered = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": use["id"], "content": "sunny"}],
    }
    turn = {"role": "assistant", "content": first["content"]}
    body = {**body, "messages": [QUESTION, turn, answered]}
    second = folded(read_events(post(coding, "/coding/v1/messages?beta=true", body)[2]))
    assert second["stop_reason"] == "end_turn"
    assert "sunny" in second["content"][-1]["text"]
    # The first prompt was seen before, so its tokens are read from the cache.
    assert second["usage"]["cache_read_input_tokens"] > 0


TURN: Json = {"role": "assistant", "content": [USE]}
B1 = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"

REFUSALS: list[tuple[Json, int, str]] = [
    # The coding endpoint thinks though nobody asked (kimi-api.md M4), so the turn must have its thoughts.
    (request(USER, TURN, {"role": "user", "content": [result("x")]}), 400, B1),
    (
        request(USER, TURN, {"role": "user", "content": [result("x")]}, thinking={"type": "enabled"}),
        400,
        B1,
    ),
    (
        request(USER, {"role": "user", "content": [{"type": "text", "text": ""}]}),
        400,
        "Invalid request: text content is empty",
    ),
    (request() | {"model": "k3[1m]"}, 404, "Not found the model k3[1m] or Permission denied"),
    (
        request() | {"model": "k2000", "max_tokens": None},
        404,
        "Not found the model k2000 or Permission denied",
    ),
    (request() | {"max_tokens": None}, 400, UNREADABLE),
    (request(tools=[{"type": "web_search_20250305", "name": "web_search"}]), 400, UNREADABLE),
    (
        request(thinking={"type": "disabled"}) | {"model": "kimi-for-coding"},
        400,
        "invalid thinking: only type=enabled is allowed for this model",
    ),
]


@pytest.mark.parametrize(("body", "status", "words"), REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_whole_and_has_the_shape_of_the_surface(
    coding: Server, body: Json, status: int, words: str, stream: bool
) -> None:
    body = {**body, "stream": stream, "model": "k3" if body["model"] == "kimi-k3" else body["model"]}
    got, headers, data = post(coding, "/coding/v1/messages", body)
    said = json.loads(data)
    assert (got, headers["content-type"]) == (status, "application/json")
    assert (said["type"], said["error"]["message"]) == ("error", words)
    assert said["error"]["type"] == ("invalid_request_error" if status == 400 else "resource_not_found_error")


TAKEN: list[Json] = [
    *(
        request(
            USER,
            {"role": "assistant", "content": [THOUGHT, USE]},
            {"role": "user", "content": [result(given)]},
        )
        for given in ("done", "", [], [TEXT])
    ),
    # Off is off, and asks for no thoughts.
    request(USER, TURN, {"role": "user", "content": [result("x")]}, thinking={"type": "disabled"}),
    request(thinking={"type": "enabled", "budget_tokens": 1024}, output_config={"effort": "low"}),
    request(top_k=5, mcp_servers=[]),
    request({"role": "user", "content": [IMAGE, TEXT]}),
]


REFERENCE: Json = {"type": "tool_reference", "tool_name": "look"}
CONVERT = "failed to convert tool result content: unsupported content type in ContentBlockParamUnion: "


@pytest.mark.parametrize(
    ("content", "on_platform"),
    [(result([REFERENCE]), CONVERT + "tool_reference"), (result(), UNREADABLE)],
)
def test_a_result_that_cannot_be_taken_is_refused_in_the_endpoints_words(
    platform: Server, coding: Server, content: Json, on_platform: str
) -> None:
    turn = {"role": "assistant", "content": [THOUGHT, USE]}
    body = request(USER, turn, {"role": "user", "content": [content]})
    for server, model, words in ((platform, "kimi-k3", on_platform), (coding, "k3", UNREADABLE)):
        status, _, data = post(server, "/v1/messages", {**body, "model": model})
        assert (status, json.loads(data)["error"]["message"]) == (400, words)


@pytest.mark.parametrize("body", TAKEN)
def test_what_is_on_record_as_taken_is_taken(coding: Server, body: Json) -> None:
    assert post(coding, "/coding/v1/messages", {**body, "model": "k3"})[0] == 200


def test_off_means_no_thoughts_on_k3(platform: Server) -> None:
    said = json.loads(post(platform, "/v1/messages", request(thinking={"type": "disabled"}))[2])
    assert [block["type"] for block in said["content"]] == ["text"]


BEFORE: list[tuple[Json, int, str]] = [
    ({"model": "k3", "messages": [USER], "metadata": {"x": "y" * 2_200_000}}, 400, "total message size"),
    ({"model": "kimi-k2-thinking", "messages": [USER]}, 404, "Not found the model"),
    ({"messages": [USER]}, 400, "Invalid request: model is required"),
]


@pytest.mark.parametrize(("body", "status", "words"), BEFORE)
def test_what_comes_before_the_body_is_said_before_the_body_is_looked_at(
    coding: Server, body: Json, status: int, words: str
) -> None:
    got, _, data = post(coding, "/coding/v1/messages", body)
    assert got == status
    assert json.loads(data)["error"]["message"].startswith(words)


def test_nobody_is_let_in_without_a_key(coding: Server) -> None:
    status, _, data = post(coding, "/coding/v1/messages", request(), headers={})
    assert (status, json.loads(data)["type"]) == (401, "error")


def test_tokens_are_not_counted_there(platform: Server) -> None:
    status, _, data = post(platform, "/anthropic/v1/messages/count_tokens", request())
    assert (status, json.loads(data)["type"]) == (404, "error")
    assert post(platform, "/v1/messages", b"", method="GET")[0] == 405
    assert post(platform, "/v1/messages", b"{")[0] == 400


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("platform-cn", 200),
        ("platform-anthropic", 200),
        ("coding-anthropic", 200),
        ("platform-responses", 404),
        ("vllm", 404),
        ("openrouter", 404),
    ],
)
def test_who_has_the_surface_serves_it(endpoint: str, status: int) -> None:
    model = "k3" if endpoint.startswith("coding") else "kimi-k3"
    with Server(Settings(endpoint=endpoint)) as server:
        assert post(server, "/v1/messages", {**request(), "model": model})[0] == status


FAULTS: list[tuple[str, str, str]] = [
    ('kind = "no-finish"', "content_block_stop", "message_stop"),
    ('kind = "no-done"', "message_delta", "message_stop"),
    ('kind = "filter"', '"stop_reason":"refusal"', '"end_turn"'),
]


@pytest.mark.parametrize(("fault", "there", "gone"), FAULTS)
def test_faults_know_its_events(fault: str, there: str, gone: str) -> None:
    with Server(Settings(faults=f"[[fault]]\n{fault}\n")) as server:
        text = post(server, "/v1/messages", request(stream=True))[2].decode()
    assert there in text
    assert gone not in text
