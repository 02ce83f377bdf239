"""An answer's object, changed: another content, cut by the filter, or without its end.

Each works on the objects of all three dialects, streamed and whole, and changes none: it gives a new
one. What is of no known shape comes back as it was.
"""

from collections.abc import Callable, Iterable
from typing import Any

from moonwire.simulator.faults.events import Object, obj, objs

__all__ = ["endless", "filtered", "with_content"]

Change = Callable[[str], str]


def with_content(value: Object, change: Change) -> Object | None:
    """The object with its first text changed, or nothing if it has none.

    >>> with_content({"choices": [{"delta": {"content": "Hi"}}]}, str.upper)
    {'choices': [{'delta': {'content': 'HI'}}]}
    """
    if isinstance(value.get("delta"), str):
        return {**value, "delta": change(value["delta"])}
    if "delta" in value:
        return _under(value, "delta", lambda delta: _text(delta, "text", change))
    if "choices" in value:
        return _first(value, "choices", lambda choice: _of_choice(choice, change))
    if "output" in value:
        return _first(
            value, "output", lambda item: _first(item, "content", lambda p: _text(p, "text", change))
        )
    return _first(value, "content", lambda part: _text(part, "text", change))


def _of_choice(choice: Object, change: Change) -> Object | None:
    name = "delta" if "delta" in choice else "message"
    return _under(choice, name, lambda said: _text(said, "content", change))


def _text(value: Object, name: str, change: Change) -> Object | None:
    text = value.get(name)
    return {**value, name: change(text)} if isinstance(text, str) else None


def _under(value: Object, name: str, change: Callable[[Object], Object | None]) -> Object | None:
    changed = change(obj(value.get(name)))
    return None if changed is None else {**value, name: changed}


def _first(value: Object, name: str, change: Callable[[Object], Object | None]) -> Object | None:
    """The first in a list that can be changed."""
    many = objs(value.get(name))
    for place, one in enumerate(many):
        if (changed := change(one)) is not None:
            return {**value, name: [*many[:place], changed, *many[place + 1 :]]}
    return None


# -- the filter (kimi-api.md I3; the other dialects have their own words for it) ------------------------


def filtered(value: Object, text: Change) -> Object:
    """A final event or a whole answer that the filter ended; `text` says what it left of a text.

    >>> filtered({"choices": [{"delta": {}, "finish_reason": "stop"}]}, str)
    {'choices': [{'delta': {}, 'finish_reason': 'content_filter'}]}
    """
    if "choices" in value:
        return {**value, "choices": [_filtered_choice(one, text) for one in objs(value["choices"])]}
    if "response" in value:
        inner = _filtered_response(obj(value["response"]), text)
        return {**value, "type": "response.incomplete", "response": inner}
    if "output" in value:
        return _filtered_response(value, text)
    if "delta" in value:
        return {**value, "delta": {**obj(value["delta"]), "stop_reason": "refusal"}}
    if "stop_reason" in value:
        return {**value, "stop_reason": "refusal", "content": _filtered_parts(value.get("content"), text)}
    return value


def _filtered_choice(choice: Object, text: Change) -> Object:
    if "message" in choice:
        message = {name: said for name, said in obj(choice["message"]).items() if name != "tool_calls"}
        content = message.get("content")
        message["content"] = text(content) if isinstance(content, str) else content
        return {**choice, "message": message, "finish_reason": "content_filter"}
    ended = choice.get("finish_reason")
    return {**choice, "finish_reason": "content_filter"} if ended else choice


def _filtered_response(response: Object, text: Change) -> Object:
    items = [
        {**item, "content": _filtered_parts(item.get("content"), text)}
        if item.get("type") == "message"
        else item
        for item in objs(response.get("output"))
        if item.get("type") in {"message", "reasoning"}
    ]
    details = {"reason": "content_filter"}
    return {**response, "status": "incomplete", "incomplete_details": details, "output": items}


def _filtered_parts(parts: Any, text: Change) -> list[Object]:
    """The parts that are no calls; those of text as the filter left them."""
    kept = [part for part in objs(parts) if part.get("type") != "tool_use"]
    return [_text(part, "text", text) or part for part in kept]


def endless(value: Object) -> Object:
    """A whole answer that does not say how it ended, nor what it used.

    >>> endless({"choices": [{"finish_reason": "stop"}], "usage": {}})
    {'choices': [{'finish_reason': None}]}
    """
    rest = _without(value, {"usage"})
    if "choices" in value:
        choices = [{**_without(one, {"usage"}), "finish_reason": None} for one in objs(value["choices"])]
        return {**rest, "choices": choices}
    if "output" in value:
        return {**rest, "status": "in_progress"}
    return {**rest, "stop_reason": None} if "stop_reason" in value else rest


def _without(value: Object, names: Iterable[str]) -> Object:
    return {name: held for name, held in value.items() if name not in set(names)}
