"""One table of conversations, said in each dialect: the same bytes upstream, the same replies back."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from moonwire.core.fold import Fold
from moonwire.core.intent import read_intent
from moonwire.core.messages import Reply, Request, TextPart, Thought, ToolCall
from moonwire.simulator import App, Server, Settings
from moonwire.wire import anthropic, chat, responses
from moonwire.wire.chat.reader import Reader
from moonwire.wire.sse import Decoder
from tests.gateway.dialects.conversations import CONVERSATIONS
from tests.gateway.running import Answer, Running, running

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One dialect: how a conversation is said in it, with thinking, cap and cache key made explicit."""

    path: str
    reader: Callable[[], Any]
    encode: Callable[[Request], Json]
    cap: str
    thinking: Json

    def reply(self, answer: Answer) -> Reply:
        """The answer, read by the dialect's own reader."""
        reader, fold = self.reader(), Fold()
        data = [answer.body]
        if answer.header("content-type").startswith("text/event-stream"):
            decoder = Decoder()
            data = [*decoder.feed(answer.body), *decoder.finish()]
        for one in data:
            fold.feed(reader.feed(one))
        fold.feed(reader.finish())
        return fold.finish()

    def body(self, request: Request, **fields: Any) -> Json:
        said = msgspec.structs.replace(
            request,
            thinking=read_intent(self.thinking),
            caps={self.cap: 16_000},
            cache_key="conversation-1",
            **fields,
        )
        return self.encode(said)


WAYS = {
    "chat": Way(
        "/v1/chat/completions",
        Reader,
        chat.encode,
        "max_completion_tokens",
        {"reasoning_effort": "high"},
    ),
    "anthropic": Way(
        "/v1/messages",
        anthropic.Reader,
        anthropic.encode,
        "max_tokens",
        {"thinking": {"type": "enabled"}, "output_config": {"effort": "high"}},
    ),
    "responses": Way(
        "/v1/responses",
        responses.Reader,
        responses.encode,
        "max_output_tokens",
        {"reasoning": {"effort": "high"}},
    ),
}


class Recording(App):
    """A simulated endpoint that keeps the bytes that it gets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()

        async def kept() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await super().__call__(scope, kept, send)
        if scope["type"] == "http":
            self.bodies.append(bytes(body))


@dataclass
class Served:
    gateway: Running
    app: Recording

    def ask(self, way: Way, body: Json) -> tuple[Answer, bytes]:
        """The answer, and what the endpoint got."""
        before = len(self.app.bodies)
        answer = self.gateway.ask(way.path, body)
        assert answer.status == 200, answer.body
        (sent,) = self.app.bodies[before:]
        return answer, sent


@pytest.fixture(scope="module")
def served() -> Generator[Served]:
    app = Recording(Settings(models=("kimi-k3", "kimi-k2.6"), rules="strictest", seed=5))
    with Server(app=app) as server, running(server.base_url, endpoint="platform") as gateway:
        yield Served(gateway, app)


def said(reply: Reply) -> list[tuple[str, Any]]:
    """What a reply says, without what each dialect calls it."""
    found: list[tuple[str, Any]] = []
    for block in reply.blocks:
        match block:
            case Thought():
                found.append(("thought", block.text))
            case TextPart():
                found.append(("text", block.text))
            case ToolCall():
                found.append(("call", (block.name, msgspec.json.decode(block.arguments), block.complete)))
    usage = reply.usage
    assert usage is not None
    return [*found, ("finish", reply.finish), ("usage", (usage.input, usage.output))]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("request_", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_the_same_bytes_go_up_and_the_same_reply_comes_down(
    request_: Request, stream: bool, served: Served
) -> None:
    more: Json = {"stream": True} if stream else {}
    sent: dict[str, bytes] = {}
    heard: dict[str, list[tuple[str, Any]]] = {}
    for name, way in WAYS.items():
        usage = {"stream_usage": True} if stream and name == "chat" else {}
        answer, sent[name] = served.ask(way, way.body(request_, **more, **usage))
        reply = way.reply(answer)
        heard[name] = said(reply)
        if name != "chat":
            # All of the prompt is in the server's cache already.
            assert reply.usage is not None and reply.usage.cached == reply.usage.input
    assert sent["anthropic"] == sent["chat"]
    assert sent["responses"] == sent["chat"]
    assert heard["anthropic"] == heard["chat"]
    assert heard["responses"] == heard["chat"]
    kinds = {kind for kind, _ in heard["chat"]}
    assert kinds >= {"thought", "finish", "usage"} and kinds & {"text", "call"}
