"""OpenAI Responses as Moonshot's hosts speak it (kimi-api.md N), read and written. Nothing is stored.

What was on record decides; what was not is the simulator's own choice:

- `store: true` is a 400 and so is `previous_response_id` (GoModel#916); the words are the simulator's own.
  `background` and `conversation` need a store too, and are refused like an item that cannot be read.
- A tool that is neither a function nor a namespace is refused in the words of CLIProxyAPI#5656, which were
  said of `tool_search`. Namespaces are documented as supported (sub2api#6463): to the model a function in
  one is called `namespace__name`, to the caller it keeps its name and its namespace.
- `developer` is taken for `system`: Codex sends it with every request, and between a call and its result
  it is refused for where it stands, not for what it is (opencodex#4726).
- A reasoning item counts by its plaintext; encrypted content cannot be read here. A reference to an item,
  a file, and calls of tools that are not there are refused.
- `include` and the like, and an effort that the model does not know, are passed over (A1).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.output.chat import Candidate
from moonwire.simulator.output.usage import Used
from moonwire.simulator.rules.ask import Json, a_list, an_object, is_list
from moonwire.simulator.rules.edition import Edition
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.surfaces.parts import Part, Reading, event, parts, unreadable

__all__ = ["Facts", "frames", "read", "whole"]

# -- the request -------------------------------------------------------------------------------------

SAME: Final = (
    "model",
    "stream",
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "prompt_cache_key",
    "previous_response_id",
    "reasoning",
)
"""Fields that keep their names; `previous_response_id` is for the rules to refuse."""


def read(body: Json, place: Endpoint, edition: Edition, headers: Mapping[str, str]) -> Reading:
    """A Responses body in Chat Completions' words; where it stands changes nothing here."""
    reader = _Reader()
    if body.get("store") is True:
        reader.refuse(Refused("Invalid request: store must be false", rule="store"))
    if body.get("background") is True or body.get("conversation") is not None:
        reader.refuse(unreadable("stateless"))
    found: Json = {name: body[name] for name in SAME if name in body}
    found["messages"] = reader.messages(body)
    if "tools" in body:
        found["tools"] = reader.tools(body["tools"])
    if "tool_choice" in body:
        found["tool_choice"] = _choice(body["tool_choice"])
    if body.get("max_output_tokens") is not None:
        found["max_completion_tokens"] = body["max_output_tokens"]
    if (form := an_object(body.get("text")).get("format")) is not None:
        found["response_format"] = _format(form)
    return Reading(found, reader.refused)


def _flat(namespace: Any, name: Any) -> str:
    """The name that the model knows a function by.

    >>> _flat("mcp__files__", "read"), _flat("browser", "open"), _flat(None, "look")
    ('mcp__files__read', 'browser__open', 'look')
    """
    if not isinstance(namespace, str) or not namespace:
        return str(name or "")
    return f"{namespace}{'' if namespace.endswith('__') else '__'}{name}"


class _Reader:
    """Puts items together to messages, and remembers the first thing that it could not read."""

    def __init__(self) -> None:
        self.refused: Refused | None = None
        self._found: list[Json] = []
        self._turn: Json | None = None
        """The assistant's turn, as long as nothing else came."""

    def refuse(self, refused: Refused) -> None:
        """Only the first thing is said."""
        self.refused = self.refused or refused

    def messages(self, body: Json) -> list[Json]:
        """Instructions and items, in their order."""
        if body.get("instructions") is not None:
            self._add({"role": "system", "content": body["instructions"]})
        given = body.get("input")
        if isinstance(given, str):
            self._add({"role": "user", "content": given})
        for item in map(an_object, a_list(given)):
            self._item(item)
        return self._found

    def _add(self, message: Json) -> None:
        self._turn = None
        self._found.append(message)

    def _item(self, item: Json) -> None:
        kind = item.get("type", "message" if "role" in item else None)
        if kind == "message":
            self._message(item)
        elif kind == "function_call" and isinstance(item.get("arguments"), str):
            self._call(item)
        elif kind == "reasoning":
            self._reasoning(item)
        elif kind == "function_call_output" and item.get("output") is not None:
            output = self._content(item["output"])
            self._add({"role": "tool", "tool_call_id": item.get("call_id"), "content": output})
        else:
            # Codex' `tool_search_call` and `tool_search_output` among them (CLIProxyAPI#5647).
            self.refuse(unreadable("item"))

    def _message(self, item: Json) -> None:
        role, content = item.get("role"), self._content(item.get("content"))
        if role == "assistant":
            turn = self._open()
            said = [{"type": "text", "text": content}] if isinstance(content, str) else a_list(content)
            turn["content"] = [*turn.get("content", []), *said]
            return
        if role not in ("user", "system", "developer"):
            self.refuse(unreadable("role"))
        self._add({"role": "system" if role == "developer" else role, "content": content})

    def _open(self) -> Json:
        if self._turn is None:
            self._turn = {"role": "assistant"}
            self._found.append(self._turn)
        return self._turn

    def _call(self, item: Json) -> None:
        function = {
            "name": _flat(item.get("namespace"), item.get("name")),
            "arguments": item.get("arguments"),
        }
        call = {"id": item.get("call_id"), "type": "function", "function": function}
        turn = self._open()
        turn["tool_calls"] = [*turn.get("tool_calls", []), call]

    def _reasoning(self, item: Json) -> None:
        # Thoughts begin a turn; between two calls that are one turn's they do not end it.
        if self._turn is not None and "content" in self._turn and "tool_calls" not in self._turn:
            self._turn = None
        turn = self._open()
        given = a_list(item.get("summary")) or a_list(item.get("content"))
        texts = [text for part in given if isinstance(text := an_object(part).get("text"), str)]
        if texts:
            turn["reasoning_content"] = turn.get("reasoning_content", "") + "".join(texts)

    def _content(self, content: Any) -> Any:
        return [self._part(part) for part in content] if is_list(content) else content

    def _part(self, part: Any) -> Json:
        part = an_object(part)
        kind = part.get("type")
        text = part.get("refusal" if kind == "refusal" else "text")
        if kind in ("input_text", "output_text", "refusal") and isinstance(text, str):
            return {"type": "text", "text": text}
        if kind == "input_image" and isinstance(part.get("image_url"), str):
            return {"type": "image_url", "image_url": {"url": part["image_url"]}}
        self.refuse(unreadable("part"))
        return part

    def tools(self, given: Any) -> Any:
        """Functions, those of namespaces among them."""
        if not is_list(given):
            return given
        found: list[Json] = []
        for index, tool in enumerate(map(an_object, given)):
            if tool.get("type") != "namespace":
                found.append(self._tool(tool, f"tools.{index}", None))
                continue
            for place, inner in enumerate(map(an_object, a_list(tool.get("tools")))):
                found.append(self._tool(inner, f"tools.{index}.tools.{place}", tool.get("name")))
        return found

    def _tool(self, tool: Json, path: str, namespace: Any) -> Json:
        if tool.get("type") != "function":
            words = f'{path}: tool type "{tool.get("type")}" is not supported'
            self.refuse(Refused(words, rule="tool-type"))
        function: Json = {"name": _flat(namespace, tool.get("name"))}
        for name in ("description", "parameters", "strict"):
            if tool.get(name) is not None:
                function[name] = tool[name]
        return {"type": "function", "function": function}


def _choice(value: Any) -> Any:
    said = an_object(value)
    if said.get("type") == "function":
        return _named(said)
    if said.get("type") == "allowed_tools":
        tools = [_named(tool) for tool in map(an_object, a_list(said.get("tools")))]
        allowed = {"mode": said.get("mode", "auto"), "tools": tools}
        return {"type": "allowed_tools", "allowed_tools": allowed}
    return value


def _named(said: Json) -> Json:
    return {"type": "function", "function": {"name": _flat(said.get("namespace"), said.get("name"))}}


def _format(form: Any) -> Any:
    if an_object(form).get("type") != "json_schema":
        return form
    inner = {name: value for name, value in an_object(form).items() if name != "type"}
    return {"type": "json_schema", "json_schema": inner}


# -- the answer --------------------------------------------------------------------------------------


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of itself. `id` is bare: each object puts its own letters before it."""

    id: str
    model: str
    created: int
    request: Json
    """The body as it came: the answer repeats what was asked for."""
    chunk: int = 4


Status = tuple[str, str, Json]
"""Status, name of the last event, and the fields that say why."""

_CUT: Final = ("incomplete", "response.incomplete")
_ENDINGS: Final[Mapping[str, Status]] = {
    "stop": ("completed", "response.completed", {}),
    "tool_calls": ("completed", "response.completed", {}),
    "length": (*_CUT, {"incomplete_details": {"reason": "max_output_tokens"}}),
    "content_filter": (*_CUT, {"incomplete_details": {"reason": "content_filter"}}),
}


def _ending(candidate: Candidate) -> Status:
    """Any further finish reason of verification.md P0.15 says that the server failed."""
    finish = candidate.generation.finish
    failed: Json = {"error": {"code": "server_error", "message": finish}}
    return _ENDINGS.get(finish, ("failed", "response.failed", failed))


def whole(facts: Facts, candidate: Candidate) -> Json:
    """The answer to a caller that did not ask for a stream."""
    status, _, why = _ending(candidate)
    items = _Items(facts, candidate)
    found = parts(candidate, facts.chunk)
    output = [items.done(index, part) for index, part in enumerate(found)]
    return _response(facts, status, {**why, "output": output, "usage": _usage(candidate.used)})


def _usage(used: Used) -> Json:
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.completion,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.prompt + used.completion,
    }


_ECHOED: Final[Mapping[str, Any]] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
}
"""What an answer repeats of the request, and what it says where the request said nothing."""


def _response(facts: Facts, status: str, more: Json) -> Json:
    asked = {name: facts.request.get(name) for name in _ECHOED}
    reasoning = an_object(facts.request.get("reasoning"))
    return {
        "id": f"resp_{facts.id}",
        "object": "response",
        "created_at": facts.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": facts.model,
        "output": [],
        **{name: _ECHOED[name] if value is None else value for name, value in asked.items()},
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "store": False,
        "truncation": "disabled",
        "usage": None,
        **more,
    }


def _namespaces(tools: Any) -> dict[str, tuple[str, str]]:
    """Namespace and name of each function in a namespace, by the name that the model has for it."""
    found: dict[str, tuple[str, str]] = {}
    for tool in map(an_object, a_list(tools)):
        for inner in map(an_object, a_list(tool.get("tools"))):
            whose, name = str(tool.get("name")), str(inner.get("name"))
            found[_flat(whose, name)] = (whose, name)
    return found


class _Items:
    """The items of one answer: begun, and done."""

    def __init__(self, facts: Facts, candidate: Candidate) -> None:
        self._id = facts.id
        self._calls = candidate.calls
        self._namespaces = _namespaces(facts.request.get("tools"))

    def id(self, index: int, part: Part) -> str:
        """An item's id."""
        return f"{_LETTERS[part.kind]}_{self._id}{index:02x}"

    def begun(self, index: int, part: Part) -> Json:
        """The item before anything came of it."""
        return self._item(index, part, "in_progress", [], "")

    def done(self, index: int, part: Part) -> Json:
        """The item, and whether the cap cut it."""
        status = "completed" if part.closed else "incomplete"
        return self._item(index, part, status, [inside(part.kind, part.text)], part.text)

    def _item(self, index: int, part: Part, status: str, inner: list[Json], text: str) -> Json:
        head: Json = {"id": self.id(index, part), "type": _TYPES[part.kind], "status": status}
        if part.kind == "content":
            return {**head, "role": "assistant", "content": inner}
        if part.kind == "reasoning":
            # Plaintext, and no `encrypted_content` (maka#5428).
            return {**head, "summary": inner}
        identity, call = self._calls[part.call]
        whose, name = self._namespaces.get(call.name, ("", call.name))
        found = {**head, "call_id": identity, "name": name, "arguments": text}
        return {**found, "namespace": whose} if whose else found


_LETTERS: Final = {"reasoning": "rs", "content": "msg", "call": "fc"}
_TYPES: Final = {"reasoning": "reasoning", "content": "message", "call": "function_call"}


def inside(kind: str, text: str) -> Json:
    """The one part that a message or a reasoning item has."""
    if kind == "reasoning":
        return {"type": "summary_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


class _Events:
    """Events with their numbers."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        return event(kind, [("sequence_number", self._number - 1), *fields.items()])


def frames(facts: Facts, candidate: Candidate) -> Iterator[bytes]:
    """The events of a stream, each whole and numbered: the response, its items one by one, its end."""
    say = _Events()
    begun = _response(facts, "in_progress", {})
    yield say("response.created", response=begun)
    yield say("response.in_progress", response=begun)
    items = _Items(facts, candidate)
    output: list[Json] = []
    for index, part in enumerate(parts(candidate, facts.chunk)):
        yield say("response.output_item.added", output_index=index, item=items.begun(index, part))
        place: Json = {"item_id": items.id(index, part), "output_index": index}
        item = items.done(index, part)
        yield from _inner(say, place, part, item)
        output.append(item)
        yield say("response.output_item.done", output_index=index, item=item)
    status, last, why = _ending(candidate)
    more = {**why, "output": output, "usage": _usage(candidate.used)}
    yield say(last, response=_response(facts, status, more))


def _inner(say: _Events, place: Json, part: Part, item: Json) -> Iterator[bytes]:
    if part.kind == "call":
        name = "response.function_call_arguments"
        for piece in part.pieces:
            yield say(f"{name}.delta", **place, delta=piece)
        yield say(f"{name}.done", **place, name=item["name"], arguments=part.text)
        return
    thoughts = part.kind == "reasoning"
    name = "response.reasoning_summary_text" if thoughts else "response.output_text"
    around = "response.reasoning_summary_part" if thoughts else "response.content_part"
    place = {**place, "summary_index" if thoughts else "content_index": 0}
    beside: Json = {} if thoughts else {"logprobs": []}
    yield say(f"{around}.added", **place, part=inside(part.kind, ""))
    for piece in part.pieces:
        yield say(f"{name}.delta", **place, delta=piece, **beside)
    yield say(f"{name}.done", **place, text=part.text, **beside)
    yield say(f"{around}.done", **place, part=inside(part.kind, part.text))
