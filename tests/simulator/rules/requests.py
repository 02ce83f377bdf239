"""Requests as short as they can be, and the simulated endpoint's word on them."""

import json
from typing import Any, NamedTuple

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.endpoints import ENDPOINTS, Endpoint, find_endpoint
from moonwire.core.catalogue.models import find_model
from moonwire.simulator.outcome import Arrived, Model, Outcome
from moonwire.simulator.rules import Refused, Rule, kept
from moonwire.simulator.rules.refused import INVALID
from moonwire.simulator.settings import Settings

Body = dict[str, Any]

AGENT = {"user-agent": "KimiCLI/1.49.0"}
OTHER_AGENT = {"user-agent": "python-httpx/0.28"}

USER: Body = {"role": "user", "content": "Say OK."}
ANSWER: Body = {"role": "assistant", "content": "OK."}


class Row(NamedTuple):
    """One refusal. `{model}` and `{prompt}` in the words are the endpoint's id and its count of the prompt.

    It is asked at `at`, and again at every other endpoint of `EVERYWHERE` that has the rule, except `not_at`.
    """

    rule: str
    section: str
    body: Body
    message: str
    at: str = "platform"
    rules: str = "latest"
    status: int = 400
    type: str = INVALID
    not_at: str = ""
    headers: dict[str, str] = AGENT
    size: int = 0


class Taken(NamedTuple):
    """One request that must be answered, near to what `rule` refuses; without a name: near to none."""

    rule: str
    section: str
    body: Body
    at: str = "platform"
    rules: str = "latest"
    headers: dict[str, str] = AGENT


EVERYWHERE = tuple(place.name for place in ENDPOINTS if place.known)


def kimi(*messages: Any, model: str = "kimi-k2.6", **fields: Any) -> Body:
    """A request; one short message where none is given."""
    return {"model": model, "messages": list(messages or (USER,)), **fields}


def call(*ids: str, **fields: Any) -> Body:
    """A turn of the model's with a call of `read` under each id."""
    calls = [
        {"id": identity, "type": "function", "function": {"name": "read", "arguments": "{}"}}
        for identity in ids
    ]
    return {"role": "assistant", "tool_calls": calls, **fields}


def result(identity: str, content: Any = "done") -> Body:
    """A tool's answer to the call of that id."""
    return {"role": "tool", "tool_call_id": identity, "content": content}


def turn(identity: str = "read:0", **fields: Any) -> list[Body]:
    """A question, the model's call with some thoughts, and its result."""
    return [USER, call(identity, **{"reasoning_content": "I should look.", **fields}), result(identity)]


def function(name: str = "read", /, **parameters: Any) -> Body:
    """A tool; with these parameters where there are any."""
    schema = parameters or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


def user(*parts: Any) -> Body:
    """What a user says in parts."""
    return {"role": "user", "content": list(parts)}


def text(words: str) -> Body:
    """A part of text."""
    return {"type": "text", "text": words}


def picture(url: Any) -> Body:
    """A part with a picture."""
    return {"type": "image_url", "image_url": url}


def answer(
    body: Body, at: str, rules: str, headers: dict[str, str] = AGENT, *, size: int = 0
) -> Outcome | Refused:
    """What the endpoint says under these rules."""
    raw = b" " * size or json.dumps(body).encode()
    return Model(Settings(endpoint=at, rules=rules)).answer(Arrived(body=body, raw=raw, headers=headers))


def there(body: Body, at: str) -> Body:
    """The body with its model under the name that it has at the endpoint."""
    if not isinstance(body.get("model"), str):
        return body
    return {**body, "model": resolve(body["model"], at).model}


def is_there(body: Body, at: str) -> bool:
    """Whether the endpoint may have the model: some are the coding plan's alone (kimi-api.md 1.1)."""
    row = find_model(str(body.get("model")))
    return row is None or not row.only_at or at in row.only_at or place_of(at).rules != "own"


def prompt_of(body: Body, at: str) -> int:
    """The tokens of the prompt, as the endpoint counts them."""
    counted = Model(Settings(endpoint=at)).tokens(body)
    assert isinstance(counted, int)
    return counted


def place_of(at: str) -> Endpoint:
    """The endpoint's row."""
    return find_endpoint(at)


def is_kept(rule: str, at: str, rules: str) -> bool:
    """Whether the endpoint has the rule in this edition."""
    return any(one.name == rule for one in kept_at(at, rules))


def kept_at(at: str, rules: str) -> tuple[Rule, ...]:
    """The rules that the endpoint has in this edition."""
    return kept(place_of(at), Model(Settings(rules=rules)).edition)
