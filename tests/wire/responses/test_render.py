"""The objects of an answer have what the SDK's own types want."""

from typing import Any

import pytest
from openai.types.responses import Response

from moonwire.core.events import UpstreamError, Usage
from moonwire.core.messages import Message, Request
from moonwire.wire.responses import Echo, decode
from moonwire.wire.responses.functions import Kind
from moonwire.wire.responses.render import (
    ECHOED,
    ending,
    error_of,
    free,
    item_id,
    item_of_call,
    quoted,
    reasoning_item,
    response_of,
    sound,
    usage_object,
    written,
)

HEAD: dict[str, Any] = {"id": "resp_1", "object": "response", "created_at": 0, "model": "m"}

ENDINGS: list[tuple[Any, str, Any, Any]] = [
    (("stop", None, None), "completed", None, None),
    (("tool_calls", None, None), "completed", None, None),
    (("unknown", "x", None), "completed", None, None),
    (("length", None, None), "incomplete", {"reason": "max_output_tokens"}, None),
    (("content_filter", None, None), "incomplete", {"reason": "content_filter"}, None),
    (("error", "repeat", None), "failed", None, {"code": "server_error", "message": "repeat"}),
    (("stop", None, UpstreamError("x", code="c")), "failed", None, {"code": "c", "message": "x"}),
]


@pytest.mark.parametrize(("given", "status", "details", "error"), ENDINGS, ids=range(len(ENDINGS)))
def test_an_answer_ends_in_one_of_these_ways(given: Any, status: str, details: Any, error: Any) -> None:
    found = ending(*given)
    assert (found["status"], found["incomplete_details"], found["error"]) == (status, details, error)
    if error is None:
        body = {**response_of(HEAD, found, [], Usage(1, 1)), **ECHOED}
        assert Response.model_validate(body).status == status


def test_an_answer_that_breaks_off_says_so() -> None:
    assert "broke off" in ending(None, None, None)["error"]["message"]
    assert error_of(UpstreamError("x", type="t"))["code"] == "t"
    assert error_of(UpstreamError("x"))["code"] == "server_error"


def test_what_was_not_counted_is_nought() -> None:
    found = usage_object(Usage())
    assert found["output_tokens_details"] == {"reasoning_tokens": 0} and found["total_tokens"] == 0
    assert response_of(HEAD, {}, [], None)["usage"] is None


def test_what_was_asked_for_is_repeated() -> None:
    body = {
        "input": "a",
        "instructions": "Be.",
        "text": {"verbosity": "low"},
        "temperature": 0.5,
        "tools": None,
    }
    fields = Echo.of(decode(body)).fields
    assert fields.items() >= {"instructions": "Be.", "temperature": 0.5, "tools": []}.items()
    assert fields["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    odd: dict[str, Any] = {"input": [], "text": 5}
    assert Echo.of(decode(odd)).fields["text"] == 5
    plain = Echo.of(Request(model="m", messages=(Message(role="user", content="a"),)))
    assert plain.fields == ECHOED == Echo().fields


def test_an_item_is_named_after_its_answer() -> None:
    assert [item_id("resp_a", kind, 17) for kind in ("reasoning", "custom")] == ["rs_a11", "ctc_a11"]
    assert reasoning_item("rs", "", None) == {"id": "rs", "type": "reasoning", "summary": []}


def test_a_patch_is_an_operation_or_a_functions_call() -> None:
    kind = Kind("apply_patch", "apply_patch")
    good = item_of_call("apc", "c", kind, '{"type": "delete_file", "path": "a"}', "completed")
    assert (good["type"], good["operation"]) == ("apply_patch_call", {"type": "delete_file", "path": "a"})
    assert item_of_call("apc", "c", kind, "{}", "completed")["type"] == "function_call"
    custom = item_of_call("ctc", "c", Kind("custom", "p", "n"), '"x"', "completed")
    assert (custom["namespace"], custom["input"]) == ("n", "x")


def test_half_a_character_is_replaced() -> None:
    assert quoted("a\ud800") == '"a\ufffd"'.encode()
    assert written({"a": "\ud800"}) == '{"a": "\ufffd"}'.encode()
    assert sound({"a": "\ud800"}) == {"a": "\ufffd"} and sound({"a": 1}) == {"a": 1}
    assert free({"id": 1, "x": 2, "tools": 3}) == {"x": 2}
