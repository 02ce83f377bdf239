"""A conversation that is kept here: what to keep of an answer, and how a request goes on from it."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Reply, Request
from moonwire.wire.responses.body import decode, encode
from moonwire.wire.responses.render import Echo
from moonwire.wire.responses.shapes import Json
from moonwire.wire.responses.writer import encode_reply

__all__ = ["referenced", "resolved", "resumed", "stored"]


def stored(request: Request, reply: Reply, id: str, echo: Echo | None = None) -> list[Json]:
    """The items to keep under the answer's id: all that was said, the answer last.

    Instructions are not among them: they are of one request. `echo` is of the request as it came.

    >>> from moonwire.core.messages import TextPart
    >>> reply = Reply(blocks=(TextPart(text="Hi"),), finish="stop")
    >>> [item["role"] for item in stored(decode({"input": "hello"}), reply, "resp_1")]
    ['user', 'assistant']
    """
    answer = encode_reply(reply, id=id, model=request.model, created=0, echo=echo or Echo.of(request))
    return [*_items(encode(request)), *answer["output"]]


def resumed(request: Request, items: Iterable[Json]) -> Request:
    """The request with these earlier items before its own, and no longer in need of a store.

    >>> request = resumed(decode({"input": "b"}), [{"role": "user", "content": "a"}])
    >>> [message.content for message in request.messages]
    ['a', 'b']
    """
    body = encode(request)
    body.pop("previous_response_id", None)
    return decode({**body, "input": [*items, *_items(body)]})


def _items(body: Json) -> list[Any]:
    given: Any = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return cast("list[Any]", given or [])


def referenced(request: Request) -> list[str]:
    """The ids of the items that the request only refers to."""
    items = _items(encode(request))
    return [item["id"] for item in items if _is_reference(item)]


def resolved(request: Request, items: Mapping[str, Json]) -> Request:
    """The request with the items that it refers to. Raises where one is not known."""
    body = encode(request)
    found: list[Any] = []
    for index, item in enumerate(_items(body)):
        if _is_reference(item):
            if item["id"] not in items:
                remedy = "send the item itself"
                raise LocalProtocolError("no such item is kept", path=f"input[{index}]", remedy=remedy)
            item = items[item["id"]]
        found.append(item)
    return decode({**body, "input": found})


def _is_reference(item: Any) -> bool:
    fields = cast("Json", item) if isinstance(item, dict) else {}
    plain = fields.get("type") is None and "role" not in fields
    return (plain or fields.get("type") == "item_reference") and isinstance(fields.get("id"), str)
