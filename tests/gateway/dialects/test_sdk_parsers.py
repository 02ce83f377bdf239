"""The official SDKs' own types take every event that is written, of streams of every server and every fault.

Where the SDKs only look, and take what is not there for nothing, the types are asked to be strict: a field
that they require and an event does not have is an error here.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from msgspec import structs
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from moonwire.core.events import CallStart, Event
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext import TextParser
from moonwire.exchange.sealing import Sealing
from moonwire.simulator import Server, Settings
from moonwire.simulator.faults.kinds import KINDS
from moonwire.wire import anthropic, responses
from moonwire.wire.chat.reader import CLOSES, Reader
from moonwire.wire.sse import Decoder
from tests.gateway.running import ask, chat
from tests.simulator.asking import TOOLS as WEATHER
from tests.wire.anthropic.sdk import asked
from tests.wire.chat.reader_cases import CASES, MARKED, TOOLS, Case, delta, dump, end

Json = dict[str, Any]

ANY_MESSAGES_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
ANY_RESPONSE_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def reader(family: str) -> Reader:
    if not family:
        return Reader()
    content, reasoning = (TextParser(cast("Any", family), TOOLS, inside) for inside in (False, True))
    return Reader(content, reasoning, close=CLOSES[cast("Any", family)])


def events_of(chunks: Iterable[bytes], family: str = "") -> list[list[Event]]:
    """What each chunk says, with ids of calls as a gateway gives them: no two are the same."""
    reading = reader(family)
    found = [reading.feed(chunk) for chunk in chunks]
    return [list(map(with_own_id, one)) for one in [*found, reading.finish()] if one]


def with_own_id(event: Event) -> Event:
    return structs.replace(event, id=f"call{event.index:024x}") if isinstance(event, CallStart) else event


def is_what_was_told(reply: Reply) -> bool:
    """Whether a stream says what the whole answer says: not what was only then found to be thoughts."""
    return all(note.code != "text-reclassified" for note in reply.notes)


def frames(data: bytes) -> list[Json]:
    return [json.loads(line[6:]) for line in data.decode().splitlines() if line.startswith("data: ")]


def messages_take(batches: list[list[Event]]) -> int:
    """Each event by its type; then the SDK's own client adds them up to what the whole answer is.

    Says how many events there were.
    """
    writer = anthropic.Writer(id="msg_1", model="kimi-k3")
    data = b"".join([*(piece for batch in batches for piece in writer.feed(batch)), *writer.finish()])
    kinds: list[str] = []
    for event in frames(data):
        kinds.append(event["type"])
        if event["type"] == "error":
            assert set(event["error"]) == {"type", "message"}
        elif event["type"] != "ping":
            ANY_MESSAGES_EVENT.validate_python(event, strict=True)
    reply = fold([event for batch in batches for event in batch])
    if not kinds or kinds[-1] != "message_stop":
        assert reply.error is not None or reply.finish is None
        return len(kinds)
    whole = anthropic.encode_reply(reply, id="msg_1", model="kimi-k3", created=0)
    Message.model_validate(whole)
    if any(not call.arguments.startswith("{") for call in reply.calls):
        # Arguments that are no object even in their beginning: the SDK reads no such thing.
        return len(kinds)
    added = asked(data)
    assert added["stop_reason"] == whole["stop_reason"]
    if is_what_was_told(reply):
        assert [block["type"] for block in added["content"]] == [one["type"] for one in whole["content"]]
    return len(kinds)


def responses_take(batches: list[list[Event]]) -> int:
    """The same for Responses."""
    writer = responses.Writer(id="resp_1", model="kimi-k3", created=7)
    data = b"".join([*(piece for batch in batches for piece in writer.feed(batch)), *writer.finish()])
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    last: Any = None
    for event in frames(data):
        if event["type"] == "response.failed":
            # The SDK lists a few codes; Codex acts on others, which OpenAI sends too.
            error = {**event["response"]["error"], "code": "server_error"}
            event = {**event, "response": {**event["response"], "error": error}}
        read: Any = ANY_RESPONSE_EVENT.validate_python(event, strict=True)
        last = [last, *state.handle_event(read)][-1]
    assert last.type in ("response.completed", "response.incomplete", "response.failed")
    reply = fold([event for batch in batches for event in batch])
    whole = responses.encode_reply(reply, id="resp_1", model="kimi-k3", created=7)
    if whole["error"] is None:
        Response.model_validate(whole)
    if is_what_was_told(reply):
        assert [item.type for item in last.response.output] == [item["type"] for item in whole["output"]]
    assert last.response.status == whole["status"]
    return len(frames(data))


TAKE: dict[str, Callable[[list[list[Event]]], int]] = {
    "anthropic": messages_take,
    "responses": responses_take,
}
SEALS: Json = {"anthropic": "signature", "responses": "encrypted"}


TOKEN: Json = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
STREAMS = [
    # Where a case is about logprobs, a number stands for each.
    *(case for case in (*CASES, *MARKED) if "logprobs" not in case.want),
    Case("logprobs", (delta({"content": "Hi"}, logprobs={"content": [TOKEN]}), end()), {}),
]


@pytest.mark.parametrize("dialect", TAKE)
@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.name)
def test_streams_of_every_server(case: Case, dialect: str) -> None:
    batches = events_of([dump(chunk) for chunk in case.chunks], case.family)
    take = TAKE[dialect]
    sealing = Sealing(SEALS[dialect], lambda text: "c2VhbA==")
    sealed = [one for batch in batches if (one := sealing.feed(batch))]
    assert take(sealed) >= take(batches)


ENDPOINTS: dict[str, Settings] = {
    "platform": Settings(endpoint="platform", seed=1),
    "coding": Settings(endpoint="coding", seed=1),
    "fireworks": Settings(endpoint="fireworks", seed=1),
    "sglang": Settings(endpoint="sglang", seed=1),
    "openrouter": Settings(endpoint="openrouter", seed=1),
    "vllm, calls in the text": Settings(endpoint="vllm", raw="content", seed=1),
    "vllm, broken": Settings(endpoint="vllm", raw="broken", seed=1),
    "usage in the choice": Settings(usage="choice", seed=1),
    "names in pieces": Settings(split_names=True, seed=1),
    **{
        f"fault {kind}": Settings(seed=1, faults=f'[[fault]]\nkind = "{kind}"\n')
        for kind in KINDS
        if kind not in ("refuse", "stall", "slow-headers", "no-finish-hang", "status", "drip", "gzip")
    },
}
ASKED: list[Json] = [
    chat("Say 'OK'.", stream=True, model="kimi-k2.6"),
    chat("Call get_weather and read_file.", stream=True, model="kimi-k2.6", tools=WEATHER),
    chat("Write 300 words.", stream=True, model="kimi-k2.6", max_tokens=40),
]


@pytest.mark.parametrize("settings", ENDPOINTS.values(), ids=ENDPOINTS)
def test_streams_of_a_simulated_endpoint(settings: Settings) -> None:
    with Server(settings) as server:
        port = urlsplit(server.base_url).port or 0
        for body in ASKED:
            headers = {"user-agent": "KimiCLI/1.0"}
            try:
                answer = ask(port, "/v1/chat/completions", json.dumps(body).encode(), headers=headers)
            except OSError:
                continue
            if answer.status != 200:
                continue
            decoder = Decoder()
            batches = events_of([*decoder.feed(answer.body), *decoder.finish()], "k2")
            # Of an answer without a word Responses still says that it began, and failed.
            assert messages_take(batches) < 1_000 and responses_take(batches) >= 3
