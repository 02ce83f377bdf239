"""Anthropic Messages as Moonshot's hosts speak it (kimi-api.md M), read and written.

What was on record decides; what was not is the simulator's own choice:

- A refusal without recorded words says `Invalid request Error`, which is what the surface says of most
  things: a missing `max_tokens`, a tool of Anthropic's own, a block of an unknown kind.
- `count_tokens` is not served: whether Moonshot has it nobody has said (M5), and a client must cope
  without it.
- An empty `anthropic-beta` is refused under `strictest` alone: only some backends did.
- `redacted_thinking` cannot be read here, so it does not count as thoughts. Signatures are not looked at.
- `adaptive` thinks as little as the lowest effort does (openclacky#389); `budget_tokens` is not looked at,
  nor is a field that the surface does not know (A1).
- Blocks are taken in their order: a text before a result stands between the call and the result.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.brain.turn import arguments_text
from moonwire.simulator.output.chat import Candidate
from moonwire.simulator.output.usage import Used
from moonwire.simulator.rules.ask import Json, an_object, is_list, is_object
from moonwire.simulator.rules.edition import Edition
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.surfaces.parts import Part, Reading, event, parts, unreadable

__all__ = ["Facts", "frames", "read", "whole"]

# -- the request -------------------------------------------------------------------------------------

SAME: Final = ("model", "max_tokens", "stream", "temperature", "top_p")
"""Fields that Chat Completions calls by the same names."""


def read(body: Json, place: Endpoint, edition: Edition, headers: Mapping[str, str]) -> Reading:
    """A Messages body in Chat Completions' words; where it stands is for the rules to look at."""
    reader = _Reader()
    if edition.kind == "strictest" and headers.get("anthropic-beta") == "":
        reader.refuse(unreadable("anthropic-beta"))
    if body.get("max_tokens") is None:
        reader.refuse(unreadable("max-tokens"))
    found: Json = {name: body[name] for name in SAME if name in body}
    if "messages" in body:
        found["messages"] = reader.messages(body)
    if "tools" in body:
        found["tools"] = reader.tools(body["tools"])
    if "tool_choice" in body:
        found |= _choice(body["tool_choice"])
    if "stop_sequences" in body:
        found["stop"] = body["stop_sequences"]
    if isinstance(user := an_object(body.get("metadata")).get("user_id"), str):
        # What Moonshot's own client keeps its cache by on this surface (kimi-api.md J).
        found["prompt_cache_key"] = user
    return Reading({**found, **_thinking(body)}, reader.refused)


class _Reader:
    """Reads what is made of blocks, and remembers the first thing that it could not read."""

    def __init__(self) -> None:
        self.refused: Refused | None = None

    def refuse(self, refused: Refused) -> None:
        """Only the first thing is said."""
        self.refused = self.refused or refused

    def messages(self, body: Json) -> Any:
        """System prompt and messages; what is no list is left for the rules to refuse."""
        given = body["messages"]
        if not is_list(given):
            return given
        found: list[Any] = []
        if (system := body.get("system")) is not None:
            found.append({"role": "system", "content": self._content(system)})
        for message in given:
            found += self._message(message)
        return found

    def _message(self, message: Any) -> list[Any]:
        role, content = an_object(message).get("role"), an_object(message).get("content")
        if role == "assistant":
            return [self._assistant(content)]
        if role == "user" and is_list(content):
            return list(self._user(content))
        if role not in ("user", "system"):
            self.refuse(unreadable("role"))
        return [{"role": role, "content": self._content(content)}]

    def _content(self, content: Any) -> Any:
        return [self._part(block) for block in content] if is_list(content) else content

    def _user(self, blocks: list[Any]) -> Iterator[Json]:
        """Results are messages of their own."""
        held: list[Any] = []
        for block in blocks:
            if an_object(block).get("type") != "tool_result":
                held.append(self._part(block))
                continue
            if held:
                yield {"role": "user", "content": held}
            held = []
            yield self._result(block)
        if held or not blocks:
            yield {"role": "user", "content": held}

    def _part(self, block: Any) -> Json:
        block = an_object(block)
        kind = block.get("type")
        if kind == "text" and isinstance(block.get("text"), str):
            return {"type": "text", "text": block["text"]}
        if kind == "image" and (url := _address(an_object(block.get("source")))):
            return {"type": "image_url", "image_url": {"url": url}}
        self.refuse(unreadable("block"))
        return block

    def _result(self, block: Json) -> Json:
        """Content that is left out and `tool_reference` stay: the rules refuse them (kimi-api.md M2, M3)."""
        content = block.get("content")
        if is_list(content):
            content = [
                part if an_object(part).get("type") == "tool_reference" else self._part(part)
                for part in content
            ]
        return {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": content}

    def _assistant(self, content: Any) -> Json:
        if not is_list(content):
            return {"role": "assistant", "content": content}
        thoughts: list[str] = []
        texts: list[Json] = []
        calls: list[Json] = []
        for block in map(an_object, content):
            kind = block.get("type")
            if kind == "thinking" and isinstance(block.get("thinking"), str):
                thoughts.append(block["thinking"])
            elif kind == "tool_use":
                calls.append(self._call(block))
            elif kind != "redacted_thinking":
                texts.append(self._part(block))
        message: Json = {"role": "assistant"}
        if texts:
            message["content"] = texts
        if thoughts:
            message["reasoning_content"] = "".join(thoughts)
        if calls:
            message["tool_calls"] = calls
        return message

    def _call(self, block: Json) -> Json:
        given = block.get("input")
        if not is_object(given):
            self.refuse(unreadable("tool-use-input"))
        function = {"name": block.get("name"), "arguments": arguments_text(given)}
        return {"id": block.get("id"), "type": "function", "function": function}

    def tools(self, given: Any) -> Any:
        """Functions. Of Anthropic's own tools none is known to be there."""
        if not is_list(given):
            return given
        found: list[Json] = []
        for tool in map(an_object, given):
            if tool.get("type") not in (None, "custom"):
                self.refuse(unreadable("tool-type"))
            function = {name: tool[name] for name in ("name", "description") if name in tool}
            if "input_schema" in tool:
                function["parameters"] = tool["input_schema"]
            found.append({"type": "function", "function": function})
        return found


def _address(source: Json) -> str:
    """The image as Chat Completions has it; an address elsewhere is for the rules to refuse (H7)."""
    kind, data = source.get("type"), source.get("data")
    if kind == "base64" and isinstance(data, str):
        return f"data:{source.get('media_type', '')};base64,{data}"
    return str(source.get("url") or "") if kind == "url" else ""


_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}


def _choice(value: Any) -> Json:
    said = an_object(value)
    kind = said.get("type")
    chosen: Any = value
    if kind == "tool":
        chosen = {"type": "function", "function": {"name": said.get("name")}}
    elif isinstance(kind, str) and kind in _CHOICES:
        chosen = _CHOICES[kind]
    alone = said.get("disable_parallel_tool_use") is True
    return {"tool_choice": chosen, **({"parallel_tool_calls": False} if alone else {})}


def _thinking(body: Json) -> Json:
    """`thinking` and `output_config.effort` (kimi-api.md M4); what is of no known type is for the rules."""
    value = body.get("thinking")
    if value is not None and not is_object(value):
        return {"thinking": value}
    kind = an_object(value).get("type")
    effort = an_object(body.get("output_config")).get("effort")
    found: Json = {}
    if kind == "adaptive":
        found["thinking"] = {"type": "enabled"}
        effort = effort or "low"
    elif value is not None:
        found["thinking"] = {"type": kind}
    if effort is not None and kind != "disabled":
        found["reasoning_effort"] = effort
    return found


# -- the answer --------------------------------------------------------------------------------------


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of itself; `chunk` is how many tokens a delta has at most."""

    id: str
    model: str
    chunk: int = 4


_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def _ending(candidate: Candidate) -> Json:
    made = candidate.generation
    reason = "stop_sequence" if made.stop else _REASONS.get(made.finish, "end_turn")
    return {"stop_reason": reason, "stop_sequence": made.stop or None}


def _usage(used: Used, output: int) -> Json:
    """Cached tokens are told apart and not counted twice; writing the cache costs nothing (J)."""
    return {
        "input_tokens": used.prompt - used.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": used.cached,
        "output_tokens": output,
    }


def _message(facts: Facts, content: list[Json], ending: Json, usage: Json) -> Json:
    head: Json = {"id": facts.id, "type": "message", "role": "assistant", "model": facts.model}
    return {**head, "content": content, **ending, "usage": usage}


def whole(facts: Facts, candidate: Candidate) -> Json:
    """The answer to a caller that did not ask for a stream."""
    content = [_block(part, candidate) for part in parts(candidate, facts.chunk)]
    usage = _usage(candidate.used, candidate.used.completion)
    return _message(facts, content, _ending(candidate), usage)


def _block(part: Part, candidate: Candidate) -> Json:
    if part.kind == "content":
        return {"type": "text", "text": part.text}
    if part.kind == "reasoning":
        return {"type": "thinking", "thinking": part.text, "signature": _signature(part)}
    return {**_begun(part, candidate), "input": _arguments(part.text)}


def _arguments(text: str) -> Json:
    """What is no JSON object, as of a call that the cap cut, has no form here: nothing is left of it."""
    try:
        return msgspec.json.decode(text, type=Json)
    except (msgspec.DecodeError, RecursionError):
        return {}


def _signature(part: Part) -> str:
    """Something to keep and send back, made of the thoughts; thoughts that were cut have none."""
    if not part.closed:
        return ""
    return base64.b64encode(hashlib.blake2b(part.text.encode("utf-8", "surrogatepass")).digest()).decode()


def _begun(part: Part, candidate: Candidate) -> Json:
    if part.kind == "content":
        return {"type": "text", "text": ""}
    if part.kind == "reasoning":
        return {"type": "thinking", "thinking": "", "signature": ""}
    identity, call = candidate.calls[part.call]
    return {"type": "tool_use", "id": identity, "name": call.name, "input": {}}


_DELTAS: Final = {
    "content": ("text_delta", "text"),
    "reasoning": ("thinking_delta", "thinking"),
    "call": ("input_json_delta", "partial_json"),
}


def frames(facts: Facts, candidate: Candidate) -> Iterator[bytes]:
    """The events of a stream, each whole: message, blocks one after the other, ending."""
    begun = _message(facts, [], {"stop_reason": None, "stop_sequence": None}, _usage(candidate.used, 0))
    yield event("message_start", [("message", begun)])
    yield event("ping", ())
    for index, part in enumerate(parts(candidate, facts.chunk)):
        yield event("content_block_start", [("index", index), ("content_block", _begun(part, candidate))])
        for delta in _deltas(part):
            yield event("content_block_delta", [("index", index), ("delta", delta)])
        yield event("content_block_stop", [("index", index)])
    usage = _usage(candidate.used, candidate.used.completion)
    yield event("message_delta", [("delta", _ending(candidate)), ("usage", usage)])
    yield event("message_stop", ())


def _deltas(part: Part) -> Iterator[Json]:
    kind, field = _DELTAS[part.kind]
    for piece in part.pieces:
        yield {"type": kind, field: piece}
    if part.kind == "reasoning" and part.closed:
        yield {"type": "signature_delta", "signature": _signature(part)}
