"""The verifier's own client: the standard library's, so that nothing is retried, mended or left out."""

import http.client
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from moonwire.simulator import Server, Settings

__all__ = ["MODEL", "Client", "Reply", "serving"]

MODEL = "kimi-k3"


@dataclass(frozen=True)
class Reply:
    """An answer as it came: nothing of it is read yet. The names of the headers are in lower case."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def streamed(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    def json(self) -> Any:
        return json.loads(self.raw)

    def __str__(self) -> str:
        return f"{self.status} {self.raw.decode(errors='replace')[:2000]}"


class Client:
    """One connection to one endpoint."""

    def __init__(self, base_url: str, model: str = MODEL, agent: str = "verifier/1.0") -> None:
        parts = urlsplit(base_url)
        self.base_url = base_url
        self.model = model
        self._path = f"{parts.path}/chat/completions"
        self._headers = {
            "Authorization": "Bearer sk-verifier",
            "Content-Type": "application/json",
            "User-Agent": agent,
        }
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def post(self, body: dict[str, Any]) -> Reply:
        """The body as it is, but for the model's name, which is put in where none stands."""
        data = json.dumps({"model": self.model, **body}, ensure_ascii=False).encode()
        self._connection.request("POST", self._path, data, self._headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, raw)

    def ask(self, messages: str | list[Any], *, stream: bool = False, **fields: Any) -> Reply:
        """As the feature suite asks: a stream is always asked for its usage too."""
        body: dict[str, Any] = {"messages": said(messages), **fields}
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return self.post(body)

    def close(self) -> None:
        self._connection.close()


def said(messages: str | list[Any]) -> list[Any]:
    """A lone text is a user's."""
    return [{"role": "user", "content": messages}] if isinstance(messages, str) else messages


@contextmanager
def serving(
    model: str = MODEL,
    *,
    endpoint: str = "platform",
    rules: str = "verifier",
    tokenizer: str = "",
    agent: str = "verifier/1.0",
) -> Generator[Client]:
    """A client of an endpoint that serves this model, and the endpoint, for as long as the block runs."""
    settings = Settings(endpoint=endpoint, models=(model,), rules=rules, tokenizer=tokenizer)
    with Server(settings) as server:
        client = Client(server.base_url, model, agent)
        try:
            yield client
        finally:
            client.close()
