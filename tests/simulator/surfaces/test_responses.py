import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from openai import OpenAI
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.simulator import Server, Settings
from moonwire.simulator.brain.turn import Turn
from moonwire.simulator.rules import edition
from moonwire.simulator.surfaces.parts import UNREADABLE
from moonwire.simulator.surfaces.responses import Facts, frames, read, whole
from tests.simulator.surfaces.test_parts import CALLS, candidate
from tests.simulator.surfaces.wire import AGENT, post, read_events

Json = dict[str, Any]

HI: Json = {"role": "user", "content": "Hi"}
SAID: Json = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
TEXT: Json = {"type": "text", "text": "Hi"}
THOUGHT: Json = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]}
PARAMETERS: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: Json = {"type": "function", "name": "get_weather", "parameters": PARAMETERS}
NAMESPACE: Json = {"type": "namespace", "name": "mcp__sky", "description": "The sky.", "tools": [WEATHER]}
QUESTION = "What is the weather in Paris? Call get_weather."


def called(identity: str, **more: Any) -> Json:
    return {"type": "function_call", "call_id": identity, "name": "look", "arguments": "{}", **more}


def answered(identity: str, output: Any = "done") -> Json:
    return {"type": "function_call_output", "call_id": identity, "output": output}


def calls(*identities: str) -> list[Json]:
    return [
        {"id": one, "type": "function", "function": {"name": "look", "arguments": "{}"}} for one in identities
    ]


def tool(identity: str) -> Json:
    return {"role": "tool", "tool_call_id": identity, "content": "done"}


def reading(body: Json) -> Any:
    return read(body, find_endpoint("platform-responses"), edition("latest"), {})


# -- reading -----------------------------------------------------------------------------------------

USER: Json = {"role": "user", "content": "Hi"}

ITEMS: list[tuple[Any, list[Json]]] = [
    ("Hi", [USER]),
    ([HI], [USER]),
    (
        [{"type": "message", "role": "system", "content": "Be brief."}],
        [{"role": "system", "content": "Be brief."}],
    ),
    ([{"type": "message", "role": "developer", "content": "Hi"}], [{"role": "system", "content": "Hi"}]),
    (
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Hi"},
                    {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
                ],
            }
        ],
        [
            {
                "role": "user",
                "content": [
                    TEXT,
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            }
        ],
    ),
    ([SAID], [{"role": "assistant", "content": [TEXT]}]),
    ([{"role": "assistant", "content": "Hi"}], [{"role": "assistant", "content": [TEXT]}]),
    (
        [{"role": "assistant", "content": [{"type": "refusal", "refusal": "Hi"}]}],
        [{"role": "assistant", "content": [TEXT]}],
    ),
    (
        [THOUGHT, SAID, called("a"), called("b"), answered("a"), answered("b")],
        [
            {
                "role": "assistant",
                "reasoning_content": "Hm",
                "content": [TEXT],
                "tool_calls": calls("a", "b"),
            },
            tool("a"),
            tool("b"),
        ],
    ),
    (
        [THOUGHT, called("a"), answered("a"), THOUGHT, called("b"), answered("b")],
        [
            {"role": "assistant", "reasoning_content": "Hm", "tool_calls": calls("a")},
            tool("a"),
            {"role": "assistant", "reasoning_content": "Hm", "tool_calls": calls("b")},
            tool("b"),
        ],
    ),
    # Thoughts between two calls of one turn do not part them; behind a text they begin the next turn.
    (
        [THOUGHT, called("a"), THOUGHT, called("b")],
        [{"role": "assistant", "reasoning_content": "HmHm", "tool_calls": calls("a", "b")}],
    ),
    (
        [THOUGHT, SAID, THOUGHT, SAID],
        [{"role": "assistant", "reasoning_content": "Hm", "content": [TEXT]}] * 2,
    ),
    # Of what is encrypted nothing can be read.
    (
        [{"type": "reasoning", "summary": [], "encrypted_content": "x"}, SAID],
        [{"role": "assistant", "content": [TEXT]}],
    ),
    (
        [{"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm"}]}, SAID],
        [{"role": "assistant", "reasoning_content": "Hm", "content": [TEXT]}],
    ),
    (
        [{"type": "reasoning", "summary": [{"type": "summary_text", "text": ""}]}, SAID],
        [{"role": "assistant", "reasoning_content": "", "content": [TEXT]}],
    ),
    (
        [called("a", namespace="n"), answered("a", [{"type": "input_text", "text": "Hi"}])],
        [
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "n__look", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": [TEXT]},
        ],
    ),
    # What stands between a call and its result stays there, and is refused for it (opencodex#4726).
    (
        [called("a"), {"role": "developer", "content": "Hi"}, answered("a")],
        [
            {"role": "assistant", "tool_calls": calls("a")},
            {"role": "system", "content": "Hi"},
            tool("a"),
        ],
    ),
    (None, []),
]


@pytest.mark.parametrize(("given", "wanted"), ITEMS)
def test_items_become_messages(given: Any, wanted: list[Json]) -> None:
    found = reading({"model": "kimi-k3", "input": given})
    assert found.body == {"model": "kimi-k3", "messages": wanted}
    assert found.refused is None


FUNCTION: Json = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
CHOSEN: Json = {"type": "function", "function": {"name": "look"}}

FIELDS: list[tuple[Json, Json]] = [
    ({"instructions": None, "store": False, "include": ["reasoning.encrypted_content"]}, {}),
    (
        {"reasoning": {"effort": "low", "summary": "auto"}},
        {"reasoning": {"effort": "low", "summary": "auto"}},
    ),
    ({"max_output_tokens": 7, "stream": True}, {"max_completion_tokens": 7, "stream": True}),
    ({"max_output_tokens": None, "prompt_cache_key": "k"}, {"prompt_cache_key": "k"}),
    ({"parallel_tool_calls": False, "top_p": 0.95}, {"parallel_tool_calls": False, "top_p": 0.95}),
    ({"previous_response_id": "resp_1"}, {"previous_response_id": "resp_1"}),
    ({"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
    ({"text": {"verbosity": "low"}}, {}),
    (
        {"text": {"format": {"type": "json_schema", "name": "n", "strict": True, "schema": PARAMETERS}}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "strict": True, "schema": PARAMETERS},
            }
        },
    ),
    ({"tools": [WEATHER]}, {"tools": [FUNCTION]}),
    (
        {"tools": [NAMESPACE]},
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "mcp__sky__get_weather", "parameters": PARAMETERS},
                }
            ]
        },
    ),
    (
        {"tools": [{**WEATHER, "description": "D", "strict": None}]},
        {"tools": [{"type": "function", "function": {**FUNCTION["function"], "description": "D"}}]},
    ),
    ({"tools": "none"}, {"tools": "none"}),
    ({"tool_choice": "required"}, {"tool_choice": "required"}),
    ({"tool_choice": {"type": "function", "name": "look"}}, {"tool_choice": CHOSEN}),
    ({"tool_choice": {"type": "bogus"}}, {"tool_choice": {"type": "bogus"}}),
    (
        {
            "tool_choice": {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "look"}],
            }
        },
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [CHOSEN]},
            }
        },
    ),
]


@pytest.mark.parametrize(("fields", "wanted"), FIELDS)
def test_fields_become_those_of_chat_completions(fields: Json, wanted: Json) -> None:
    found = reading({"model": "kimi-k3", "input": "Hi", **fields})
    assert found.body == {"model": "kimi-k3", "messages": [USER], **wanted}
    assert found.refused is None


def test_instructions_stand_first() -> None:
    found = reading({"model": "kimi-k3", "input": "Hi", "instructions": "Be brief."})
    assert found.body["messages"] == [{"role": "system", "content": "Be brief."}, USER]


UNREAD: list[tuple[str, Json]] = [
    *(
        ("item", {"input": [{"type": kind}]})
        for kind in ("tool_search_call", "tool_search_output", "item_reference", "web_search_call")
    ),
    ("item", {"input": ["Hi"]}),
    ("item", {"input": [{"type": "function_call_output", "call_id": "a"}]}),
    ("item", {"input": [called("a", arguments=None)]}),
    ("role", {"input": [{"role": "tool", "content": "Hi"}]}),
    ("part", {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}),
    ("part", {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}),
    ("part", {"input": [{"role": "user", "content": [{"type": "input_text"}]}]}),
    ("stateless", {"input": "Hi", "background": True}),
    ("stateless", {"input": "Hi", "conversation": "conv_1"}),
]


@pytest.mark.parametrize(("rule", "body"), UNREAD)
def test_what_cannot_be_read_is_refused_in_the_opaque_words(rule: str, body: Json) -> None:
    refused = reading({"model": "kimi-k3", **body}).refused
    assert (refused.rule, refused.message, refused.status) == (rule, UNREADABLE, 400)


# -- writing -----------------------------------------------------------------------------------------


def facts(**request: Any) -> Facts:
    return Facts(id="0" * 24, model="kimi-k3", created=1_790_000_000, request=request, chunk=2)


# What this SDK asks of a usage and Moonshot has no name for: writing its cache costs nothing (kimi-api.md J).
OF_OPENAI_ALONE = {"cache_write_tokens": 0}
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def checked(events: list[Json]) -> list[Json]:
    """The events, each of which is one that the SDK knows, with all that its type has."""
    for number, event in enumerate(events):
        assert event["sequence_number"] == number
        usage = event.get("response", {}).get("usage")
        full = event
        if usage:
            details = {**usage["input_tokens_details"], **OF_OPENAI_ALONE}
            full = {
                **event,
                "response": {**event["response"], "usage": {**usage, "input_tokens_details": details}},
            }
        assert EVENT.validate_json(json.dumps(full)).type == event["type"]
    return events


def folded(events: list[Json]) -> Json:
    """The response that a stream ends with; its items must be what the events before it said."""
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    items: list[Json] = []
    texts: dict[str, str] = {}
    open_item = ""
    for event in events[2:-1]:
        kind = event["type"]
        if kind == "response.output_item.added":
            assert open_item == ""
            assert event["output_index"] == len(items)
            assert event["item"]["status"] == "in_progress"
            open_item = event["item"]["id"]
        elif kind == "response.output_item.done":
            assert event["item"]["id"] == open_item
            items.append(event["item"])
            open_item = ""
        else:
            assert (event["item_id"], event["output_index"]) == (open_item, len(items))
            texts[open_item] = texts.get(open_item, "") + event.get("delta", "")
            if kind.endswith(".done"):
                said = event.get("text", event.get("arguments", event.get("part", {}).get("text")))
                assert said == texts[open_item]
    assert open_item == ""
    last = events[-1]
    assert last["type"] == f"response.{last['response']['status']}"
    assert last["response"]["output"] == items
    assert [text_of(item) for item in items] == [texts[item["id"]] for item in items]
    return last["response"]


def text_of(item: Json) -> str:
    inner = item.get("content", item.get("summary"))
    return item["arguments"] if inner is None else inner[0]["text"]


CUT: Json = {"incomplete_details": {"reason": "max_output_tokens"}}

TURNS: list[tuple[Turn, int | None, str, Json, list[tuple[str, str]]]] = [
    (Turn(text="Hi there, you"), None, "completed", {}, [("message", "completed")]),
    (
        Turn(thoughts="Hm", text="Hi"),
        None,
        "completed",
        {},
        [("reasoning", "completed"), ("message", "completed")],
    ),
    (
        Turn(thoughts="", text="Hi"),
        None,
        "completed",
        {},
        [("reasoning", "completed"), ("message", "completed")],
    ),
    (
        Turn(thoughts="Hm", calls=CALLS),
        None,
        "completed",
        {},
        [("reasoning", "completed"), ("function_call", "completed"), ("function_call", "completed")],
    ),
    (Turn(thoughts="one two three four"), 2, "incomplete", CUT, [("reasoning", "incomplete")]),
    (Turn(text="one two three four"), 2, "incomplete", CUT, [("message", "incomplete")]),
    (
        Turn(text="Hi", finish="content_filter"),
        None,
        "incomplete",
        {"incomplete_details": {"reason": "content_filter"}},
        [("message", "completed")],
    ),
    (
        Turn(text="Hi", finish="server_interrupted"),
        None,
        "failed",
        {"error": {"code": "server_error", "message": "server_interrupted"}},
        [("message", "completed")],
    ),
    (Turn(), None, "completed", {}, []),
]


@pytest.mark.parametrize(("turn", "cap", "status", "why", "items"), TURNS)
def test_a_stream_and_a_whole_answer_say_the_same(
    turn: Turn, cap: int | None, status: str, why: Json, items: list[tuple[str, str]]
) -> None:
    one = candidate(turn, cap)
    said = whole(facts(), one)
    assert (said["status"], [(item["type"], item["status"]) for item in said["output"]]) == (status, items)
    none: Json = {"error": None, "incomplete_details": None}
    assert {name: said[name] for name in none} == none | why
    assert folded(checked(read_events(b"".join(frames(facts(), one))))) == said


ORDER = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
    "response.output_item.done",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.completed",
]


def test_the_events_come_in_their_order() -> None:
    one = candidate(Turn(thoughts="Hm", text="Hi", calls=CALLS[:1]))
    whole_chunks = Facts(id="0", model="m", created=1, request={}, chunk=100)
    found = [event["type"] for event in read_events(b"".join(frames(whole_chunks, one)))]
    assert found == ORDER


def test_an_answer_repeats_what_was_asked_for_and_says_that_nothing_is_stored() -> None:
    asked = {"instructions": "Be brief.", "reasoning": {"effort": "low"}, "tools": [WEATHER], "top_p": None}
    said = whole(facts(**asked), candidate(Turn(thoughts="Hm", text="Hi")))
    assert {name: said[name] for name in ("instructions", "tools", "top_p", "store", "reasoning")} == {
        "instructions": "Be brief.",
        "tools": [WEATHER],
        "top_p": None,
        "store": False,
        "reasoning": {"effort": "low", "summary": None},
    }
    used = said["usage"]
    assert used["input_tokens"] + used["output_tokens"] == used["total_tokens"]
    assert used["input_tokens_details"] == {"cached_tokens": 4}
    assert 0 < used["output_tokens_details"]["reasoning_tokens"] < used["output_tokens"]
    assert said["output"][0] == {
        "id": said["output"][0]["id"],
        "type": "reasoning",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": "Hm"}],
    }


# -- on a socket -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def platform() -> Iterator[Server]:
    with Server(Settings(endpoint="platform", fixed=True)) as server:
        yield server


@pytest.fixture(scope="module")
def coding() -> Iterator[Server]:
    with Server(Settings(endpoint="coding", fixed=True)) as server:
        yield server


@pytest.mark.parametrize("tool", [WEATHER, NAMESPACE])
def test_a_loop_of_calls_goes_on_with_what_it_was_given(coding: Server, tool: Json) -> None:
    body: Json = {"model": "k3", "input": QUESTION, "tools": [tool], "stream": True}
    status, headers, data = post(coding, "/coding/v1/responses", body)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    first = folded(checked(read_events(data)))
    call = first["output"][-1]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "Paris"})
    assert call.get("namespace") == ("mcp__sky" if tool is NAMESPACE else None)
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    body |= {"input": [{"role": "user", "content": QUESTION}, *first["output"], result]}
    second = folded(checked(read_events(post(coding, "/coding/v1/responses", body)[2])))
    assert "sunny" in second["output"][-1]["content"][0]["text"]
    assert second["usage"]["input_tokens_details"]["cached_tokens"] > 0
    # Without the thoughts, as a client sends that drops what is not encrypted (maka#5428).
    body["input"] = [item for item in body["input"] if item.get("type") != "reasoning"]
    status, _, data = post(coding, "/coding/v1/responses", body)
    assert status == 400
    assert "reasoning_content is missing" in json.loads(data)["error"]["message"]


MISSING = (
    "an assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: a"
)
REFUSALS: list[tuple[Json, int, str]] = [
    ({"input": [HI, {"type": "tool_search_call"}]}, 400, UNREADABLE),
    ({"store": True}, 400, "Invalid request: store must be false"),
    ({"previous_response_id": "resp_1"}, 400, "Invalid request: previous_response_id is not supported"),
    ({"tools": [{"type": "tool_search"}]}, 400, 'tools.0: tool type "tool_search" is not supported'),
    (
        {"tools": [WEATHER, {**NAMESPACE, "tools": [WEATHER, {"type": "custom"}]}]},
        400,
        'tools.1.tools.1: tool type "custom" is not supported',
    ),
    (
        {"input": [HI, THOUGHT, called("a"), {"role": "developer", "content": "x"}]},
        400,
        MISSING,
    ),
    ({"input": None}, 400, "Invalid request: messages must not be empty"),
    ({"model": "k3[1m]"}, 404, "Not found the model k3[1m] or Permission denied"),
]


@pytest.mark.parametrize(("fields", "status", "words"), REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_whole_and_is_not_doubled(
    coding: Server, fields: Json, status: int, words: str, stream: bool
) -> None:
    body = {"model": "k3", "input": "Hi", **fields, "stream": stream}
    got, headers, data = post(coding, "/coding/v1/responses", body)
    said = json.loads(data)
    assert (got, headers["content-type"], list(said)) == (status, "application/json", ["error"])
    assert said["error"]["message"].removeprefix("Invalid request: ") == words.removeprefix(
        "Invalid request: "
    )


def test_a_stranger_is_told_so_before_the_body_is_looked_at(coding: Server) -> None:
    headers = {**AGENT, "user-agent": "curl/8"}
    body = {"model": "k3", "input": [{"type": "tool_search_call"}]}
    assert post(coding, "/coding/v1/responses", body, headers=headers)[0] == 403


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nothing_that_was_said_can_be_asked_for_again(platform: Server, method: str) -> None:
    identity = json.loads(post(platform, "/v1/responses", {"model": "kimi-k3", "input": "Hi"})[2])["id"]
    assert post(platform, f"/v1/responses/{identity}", b"", method=method)[0] == 404
    assert post(platform, "/v1/responses", b"{")[0] == 400


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("platform-cn", 200),
        ("platform-responses", 200),
        ("coding-responses", 200),
        ("platform-anthropic", 404),
        ("sglang", 404),
        ("fireworks", 404),
    ],
)
def test_who_has_the_surface_serves_it(endpoint: str, status: int) -> None:
    model = "k3" if endpoint.startswith("coding") else "kimi-k3"
    with Server(Settings(endpoint=endpoint)) as server:
        assert post(server, "/v1/responses", {"model": model, "input": "Hi"})[0] == status


FAULTS: list[tuple[str, str, str]] = [
    ('kind = "no-finish"', "response.output_item.done", "response.completed"),
    ('kind = "filter"', '"reason":"content_filter"', '"status":"completed","error":null'),
]


@pytest.mark.parametrize(("fault", "there", "gone"), FAULTS)
def test_faults_know_its_events(fault: str, there: str, gone: str) -> None:
    with Server(Settings(faults=f"[[fault]]\n{fault}\n")) as server:
        body = {"model": "kimi-k3", "input": "Hi", "stream": True}
        text = post(server, "/v1/responses", body)[2].decode()
    assert there in text
    assert gone not in text


# -- the SDK -----------------------------------------------------------------------------------------


@pytest.fixture
def client(platform: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=platform.base_url, api_key="sk-secret", max_retries=0) as one:
        yield one


TOOLS = cast("Any", [WEATHER])


def test_the_sdk_reads_the_events_as_they_come(client: OpenAI) -> None:
    events = list(client.responses.create(model="kimi-k3", input=QUESTION, tools=TOOLS, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == ["reasoning", "function_call"]


def test_the_sdk_puts_the_events_together(client: OpenAI) -> None:
    with client.responses.stream(model="kimi-k3", input=QUESTION, tools=TOOLS) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert final.output[-1].type == "function_call"
    assert json.loads(final.output[-1].arguments) == {"city": "Paris"}
    with client.responses.stream(model="kimi-k3", input="Say 'OK'.") as stream:
        assert stream.get_final_response().output_text == "OK"


def test_the_sdk_reads_a_whole_answer(client: OpenAI) -> None:
    said = client.responses.create(model="kimi-k3", input="Say 'OK'.", reasoning={"effort": "low"})
    assert (said.output_text, said.status, said.model_extra and said.model_extra["store"]) == (
        "OK",
        "completed",
        False,
    )
    assert said.usage is not None
    assert said.usage.output_tokens_details.reasoning_tokens > 0
