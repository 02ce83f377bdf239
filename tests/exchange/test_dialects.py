"""Which dialect is spoken where."""

from typing import Any

import pytest

from moonwire.exchange.dialects import ANTHROPIC, DIALECTS, RESPONSES, spoken_at
from moonwire.wire import chat

PLACES = [("/v1/chat/completions", "chat"), ("/v1/models", "chat"), ("/healthz", "chat"), ("", "chat")]


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_a_path_has_a_dialect(path: str, name: str) -> None:
    assert spoken_at(path).name == name


def test_names_and_places_are_each_dialects_own() -> None:
    assert len({one.name for one in DIALECTS}) == len(DIALECTS)
    places = [path for one in DIALECTS for path in one.paths]
    assert len(set(places)) == len(places)


def test_what_is_only_an_items_does_not_reach_a_server_of_another_dialect() -> None:
    # As Codex CLI 0.171 sends its turns back: each item has an id, which is not the call's.
    items: list[Any] = [
        {"role": "user", "content": "Look."},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "I do.", "annotations": [], "logprobs": []}]},
        {"type": "function_call", "id": "fc_1", "status": "completed", "call_id": "call1", "name": "ls",
         "arguments": "{}"},
        {"type": "function_call_output", "id": "fco_1", "call_id": "call1", "output": "a.txt"},
    ]  # fmt: skip  # an item is easier to see whole
    asked = RESPONSES.decode({"model": "kimi-k3", "input": items, "client_metadata": {"a": "b"}})
    request, notes = RESPONSES.plain(asked, False)
    assert notes == ()
    assert chat.encode(request) == {
        "model": "kimi-k3",
        "messages": [
            {"role": "user", "content": "Look."},
            {
                "role": "assistant",
                "content": "I do.",
                "tool_calls": [
                    {"id": "call1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "call1", "content": "a.txt"},
        ],
    }


def test_words_of_anthropics_do_not_reach_a_server_of_another_dialect() -> None:
    asked = ANTHROPIC.decode(
        {
            "model": "kimi-k3",
            "max_tokens": 9,
            "context_management": {"edits": []},
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Look.", "cache_control": {"type": "ephemeral"}}],
                }
            ],
            "tools": [{"name": "later", "input_schema": {"type": "object"}, "defer_loading": True}],
        }
    )
    request, _ = ANTHROPIC.plain(asked, False)
    assert chat.encode(request) == {
        "model": "kimi-k3",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Look."}]}],
        "tools": [],
    }
