"""What only this dialect has is told to a model that has functions and text, and comes back as it was."""

import json
import operator
from typing import Any

import pytest
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Image, Message, Request, TextPart, Thought, Tool, ToolChoice
from moonwire.wire import chat
from moonwire.wire.responses import Kinds, as_functions, bare, decode, encode
from moonwire.wire.responses.functions import SCHEMAS, Kind
from tests.simulator.surfaces.test_responses import reading
from tests.wire.responses.writer_cases import REQUEST

Json = dict[str, Any]

CODEX: Json = {
    **REQUEST,
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "prompt_cache_key": "k",
    "tools": [*REQUEST["tools"], {"type": "web_search", "external_web_access": False}],
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Rules."}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Fix it."},
                {"type": "input_image", "image_url": "data:,"},
            ],
        },
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "e"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "On it."}],
            "phase": "commentary",
        },
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin Patch"},
        {
            "type": "local_shell_call",
            "call_id": "c2",
            "action": {"type": "exec", "command": ["ls"], "env": {}},
            "status": "completed",
        },
        {"type": "tool_search_call", "call_id": "c3", "execution": "client", "arguments": {"query": "sky"}},
        {"type": "function_call", "call_id": "c4", "name": "open", "namespace": "browser", "arguments": "{}"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "Done"},
        {"type": "function_call_output", "call_id": "c2", "output": "a.txt"},
        {
            "type": "tool_search_output",
            "call_id": "c3",
            "status": "completed",
            "execution": "client",
            "tools": [
                {
                    "type": "namespace",
                    "name": "sky",
                    "description": "d",
                    "tools": [
                        {
                            "type": "function",
                            "name": "look",
                            "defer_loading": True,
                            "parameters": {"type": "object"},
                        }
                    ],
                }
            ],
        },
        {"type": "function_call_output", "call_id": "c4", "output": [{"type": "input_text", "text": "x"}]},
        {
            "type": "web_search_call",
            "id": "ws",
            "status": "completed",
            "action": {"type": "search", "query": "q"},
        },
        {"type": "message", "role": "user", "content": "And?"},
    ],
}


def told(body: Json) -> tuple[Request, list[str]]:
    request, notes = as_functions(decode({"input": "hi", **body}))
    return request, [note.code for note in notes]


def offered(body: Json) -> Tool:
    """The one tool that is offered."""
    (tool,) = told(body)[0].tools or (Tool(name="none"),)
    return tool


def test_a_request_of_codex_becomes_one_of_chat_completions() -> None:
    request, codes = told(CODEX)
    body = chat.encode(bare(request))
    assert codes == ["item-as-text", *["tool-as-function"] * 4, "tool-hosted"]
    names = ["f", "apply_patch", "local_shell", "shell", "tool_search", "browser__open", "sky__look"]
    assert [tool["function"]["name"] for tool in body["tools"]] == names
    assert {tool["type"] for tool in body["tools"]} == {"function"}
    calls = [call for message in body["messages"] for call in message.get("tool_calls", ())]
    assert [(call["type"], call["function"]["name"]) for call in calls] == [
        ("function", name) for name in ("apply_patch", "local_shell", "tool_search", "browser__open")
    ]
    assert json.loads(calls[0]["function"]["arguments"]) == {"input": "*** Begin Patch"}
    results = [message for message in body["messages"] if message["role"] == "tool"]
    assert [message["tool_call_id"] for message in results] == ["c1", "c2", "c3", "c4"]
    assert results[2]["content"] == "Found, and offered from now on: sky__look"
    first = body["messages"][3]
    assert (first["reasoning_content"], first["content"]) == ("hm", "On it.")
    assert body["messages"][2]["content"][1] == {"type": "image_url", "image_url": {"url": "data:,"}}
    assert body["messages"][-2]["content"].startswith('[web_search_call] {"type":"web_search_call"')
    assert "\\u0000" not in json.dumps(body)
    assert body.keys() - {"messages", "tools"} == {
        "model",
        "tool_choice",
        "parallel_tool_calls",
        "prompt_cache_key",
        "reasoning",
    }


def test_a_request_of_codex_is_read_by_moonshots_own_surface() -> None:
    assert reading({**CODEX, "store": False}).refused is not None
    request, _ = told(CODEX)
    found = reading(encode(request))
    assert found.refused is None
    assert [message["role"] for message in found.body["messages"]][:4] == [
        "system",
        "system",
        "user",
        "assistant",
    ]
    assert len(found.body["tools"]) == 7


def test_what_has_functions_alone_is_left_as_it_is() -> None:
    body: Json = {"input": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "name": "f"}]}
    request, codes = told(body)
    assert encode(request) == body and codes == []
    assert told({"tools": None})[0].tools is None
    assert told({"tools": []})[0].tools == ()
    assert told({})[0].tools is UNSET


# -- tools -------------------------------------------------------------------------------------


def test_a_grammar_is_told_in_the_description() -> None:
    tool = offered({"tools": [REQUEST["tools"][1]]})
    assert tool.description == "d\n\nThe input follows this lark grammar:\nstart: x"
    assert tool.parameters == SCHEMAS["custom"][1]
    tool = offered({"tools": [{"type": "custom", "name": "p", "format": {"type": "text"}}]})
    assert (tool.description, tool.kind) == (None, "function")


def test_a_search_keeps_its_own_words() -> None:
    tool = offered({"tools": [REQUEST["tools"][4]]})
    assert (tool.description, tool.parameters) == ("d", {"type": "object"})
    tool = offered({"tools": [{"type": "tool_search"}]})
    assert (tool.description, tool.parameters) == SCHEMAS["tool_search"]


def test_tools_that_items_bring_are_offered_and_their_messages_say_so() -> None:
    brought = {"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "f"}]}
    request, _ = told({"input": [brought], "tools": [{"type": "function", "name": "f", "strict": True}]})
    assert request.messages == ()
    assert [(tool.name, tool.strict) for tool in request.tools or ()] == [("f", True)]


def test_a_tool_that_is_not_offered_is_not_forced() -> None:
    request, codes = told({"tool_choice": {"type": "web_search"}})
    assert codes == ["tool-choice-hosted"] and "tool_choice" not in encode(request)
    request, codes = told({"tool_choice": {"type": "custom", "name": "p"}})
    assert codes == [] and encode(request)["tool_choice"] == {"type": "function", "name": "p"}
    assert told({"tool_choice": "auto"})[0].tool_choice == ToolChoice(mode="auto")


def test_kinds_know_what_the_caller_calls_a_tool() -> None:
    kinds = Kinds.of(decode(CODEX))
    assert kinds.of_call("apply_patch") == Kind("custom", "apply_patch")
    assert kinds.of_call("sky__look") == Kind("function", "look", "sky")
    assert kinds.of_call("f") == kinds.of_call("f") == Kind(name="f")


# -- items -------------------------------------------------------------------------------------


def test_a_result_without_an_id_is_of_the_call_before_it() -> None:
    call: Json = {
        "type": "tool_search_call",
        "id": "ts",
        "call_id": None,
        "arguments": {},
        "execution": "server",
    }
    output: Json = {"type": "tool_search_output", "call_id": None, "tools": []}
    request, _ = told({"input": [call, output, output]})
    assert [message.call_id for message in request.messages] == [None, "ts", None]
    assert [call.id for call in request.messages[0].calls or ()] == ["ts"]


def test_thoughts_that_nobody_opened_are_left_out() -> None:
    sealed: Json = {"type": "reasoning", "summary": [], "encrypted_content": "e"}
    open_: Json = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    said: Json = {"type": "message", "role": "assistant", "content": "a"}
    request, codes = told({"input": [sealed, said]})
    assert (request.messages[0].thoughts, codes) == (UNSET, ["reasoning-sealed"])
    request, _ = told({"input": [sealed, open_, said]})
    assert request.messages[0].thoughts == (Thought(text="hm"),)
    both, codes = told({"input": [{**open_, "encrypted_content": "e"}, {**open_, "id": "rs"}, said]})
    assert both.messages[0].thoughts == (Thought(text="hm"), Thought(text="hm", id="rs"))
    assert codes == []
    request, codes = told({"input": [{"type": "reasoning", "summary": []}, said]})
    assert (request.messages[0].reasoning, codes) == ("", [])


@pytest.mark.parametrize("kind", ["item_reference", "compaction", "compaction_trigger"])
def test_what_only_a_store_can_read_is_refused_with_its_place(kind: str) -> None:
    items: list[Json] = [
        {"role": "user", "content": "a"},
        {"type": "reasoning", "summary": []},
        {"type": kind, "id": "x"},
    ]
    with pytest.raises(LocalProtocolError) as caught:
        told({"input": items})
    place = "input[1]" if kind == "compaction" else "input[2]"
    assert caught.value.path == place and caught.value.remedy


def test_a_part_of_no_known_kind_is_left_to_whoever_gets_it() -> None:
    content: list[Any] = [{"type": "input_audio", "x": 1}, "a", {"type": "dream"}]
    request, codes = told({"input": [{"type": "message", "role": "user", "content": content}]})
    parts: Any = request.messages[0].content
    assert [type(part).__name__ for part in parts] == ["Other", "Other", "TextPart"]
    assert codes == ["item-as-text"]


def test_layout_does_not_outlive_what_it_lays_out() -> None:
    hm: Json = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    sealed: Json = {"type": "reasoning", "summary": [], "encrypted_content": "e"}
    call: Json = {"type": "shell_call", "call_id": "c", "action": {"commands": []}}
    assert told({"input": [call, hm, call]})[0].messages[0].layout == "crc"
    assert told({"input": [call, sealed, call]})[0].messages[0].layout == ""


def test_what_was_worked_out_is_not_worked_out_again() -> None:
    once, twice = (told(CODEX)[0] for _ in range(2))
    assert all(map(operator.is_, once.messages, twice.messages))
    assert all(map(operator.is_, bare(once).messages, bare(twice).messages))
    body: Json = {"tools": REQUEST["tools"]}
    once, twice = (told(body)[0] for _ in range(2))
    assert once.tools is twice.tools and bare(once).tools is bare(twice).tools


def test_notes_name_the_message_that_they_are_of() -> None:
    search: Json = {"type": "web_search_call", "id": "ws"}
    for before in (0, 2):
        _, notes = as_functions(decode({"input": [{"role": "user", "content": "a"}] * before + [search]}))
        assert [note.path for note in notes] == [f"messages[{before}]"]


# -- for other dialects ------------------------------------------------------------------------


def test_nothing_of_this_dialects_spelling_stays() -> None:
    body: Json = {
        **CODEX,
        "max_output_tokens": 5,
        "store": True,
        "previous_response_id": "resp_1",
        "text": {"format": {"type": "json_object", "x": 1}},
        "tool_choice": {"type": "function", "name": "f", "x": 1},
        "logit_bias": {},
    }
    request = bare(told(body)[0])
    assert (request.previous, request.store, request.caps) == (None, UNSET, {"max_completion_tokens": 5})
    assert request.extra == {"logit_bias": {}}
    assert "\\u0000" not in json.dumps(chat.encode(request))
    assert request.tool_choice == ToolChoice(mode="named", name="f")


def test_what_is_bare_already_stays() -> None:
    message = Message(role="user", content=(TextPart(text="a"), Image(url="u")))
    request = Request(model="m", messages=(message,), tools=(Tool(name="f"),))
    assert bare(request) == request
    assert bare(Request(model="m", messages=())) == Request(model="m", messages=())


def test_calls_of_functions_stay_beside_others() -> None:
    call: Json = {
        "type": "function_call",
        "call_id": "a",
        "name": "f",
        "arguments": "{}",
        "status": "completed",
    }
    shell: Json = {"type": "shell_call", "call_id": "b", "action": {"commands": []}}
    request, _ = told({"input": [call, shell]})
    items = encode(request)["input"]
    assert items[0] == call and (items[1]["type"], items[1]["name"]) == ("function_call", "shell")
