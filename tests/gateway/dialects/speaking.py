"""Messages and Responses spoken by hand: bodies, and the events of a stream."""

import json
from dataclasses import dataclass
from typing import Any

from tests.gateway.running import Answer

__all__ = ["SPOKEN", "Spoken", "events_of"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Spoken:
    """One dialect: where it is spoken, and what is asked in it."""

    name: str
    path: str
    field: str
    error: str
    """The type of the event that ends a stream that broke off."""

    def body(self, text: Any = "Say 'OK'.", *, model: str = "kimi-k3", **fields: Any) -> Json:
        """A request of one message, or of these."""
        said = [{"role": "user", "content": text}] if isinstance(text, str) else text
        cap = {"max_tokens": 8000} if self.name == "anthropic" else {}
        return {"model": model, self.field: said, **cap, **fields}

    def error_of(self, answer: Answer) -> Json:
        """The error of a refusal, whose shape is the dialect's."""
        body = answer.json()
        if self.name == "anthropic":
            assert set(body) == {"type", "error"} and body["type"] == "error", body
            assert set(body["error"]) == {"type", "message"}, body
        else:
            assert set(body) == {"error"}, body
            assert set(body["error"]) == {"message", "type", "param", "code"}, body
        return body["error"]

    def text(self, answer: Answer) -> str:
        """What an answer says, whole or as a stream."""
        if answer.header("content-type").startswith("text/event-stream"):
            kinds = {"content_block_delta": "text", "response.output_text.delta": "delta"}
            pieces = [one for one in events_of(answer) if one["type"] in kinds]
            said = [one["delta"] for one in pieces]
            return "".join(one if isinstance(one, str) else one.get("text", "") for one in said)
        body = answer.json()
        blocks = (
            body["content"]
            if self.name == "anthropic"
            else [part for item in body["output"] for part in item.get("content", ())]
        )
        return "".join(block.get("text", "") for block in blocks)


SPOKEN = {
    "anthropic": Spoken("anthropic", "/v1/messages", "messages", "error"),
    "responses": Spoken("responses", "/v1/responses", "input", "response.failed"),
}


def events_of(answer: Answer) -> list[Json]:
    """The events of a stream; each says its name twice."""
    found: list[Json] = []
    name = ""
    for line in answer.body.decode().splitlines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            found.append(json.loads(line[6:]))
            assert found[-1]["type"] == name, line
    return found
