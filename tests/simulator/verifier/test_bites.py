"""The strict reader catches what it is there to catch: one good stream, and one change per rule."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.verifier.streaming import check_refusal, check_stream, text_of

Json = dict[str, Any]
Frames = list[Json]

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Msh-Usage-Prompt-Tokens": "10",
    "X-Msh-Usage-Cached-Tokens": "4",
}
ASKED: Json = {
    "model": "kimi-k2.6",
    "stream": True,
    "stream_options": {"include_usage": True, "include_internal_content": True},
    "logprobs": True,
    "top_logprobs": 1,
    "stop": ["END"],
}
IDS = {"internal_content": {"token_ids": [1, 0]}}
FIRST, THOUGHT, BOUNDARY, TEXT, CALL, PIECE, REST, SECOND, OTHER, LAST, FINAL = range(11)


def usage() -> Json:
    return {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }


def token(text: str) -> Json:
    return {"token": text, "logprob": -0.5, "bytes": list(text.encode())}


def call(index: int, arguments: str, name: str = "") -> Json:
    piece: Json = {"index": index, "function": {"arguments": arguments}}
    if name:
        piece |= {"id": f"{name}_{index}", "type": "function"}
        piece["function"]["name"] = name
    return {"tool_calls": [piece]}


def good() -> Frames:
    deltas: list[Json] = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Hm", **IDS},
        {"reasoning_content": ""},
        {"content": "Zürich 😀", **IDS},
        {**call(0, "", "look"), **IDS},
        {**call(0, '{"a":'), **IDS},
        {**call(0, "1}"), **IDS},
        {**call(1, "", "see"), **IDS},
        {**call(1, "{}"), **IDS},
        {},
    ]
    found: list[Any] = [
        {**head(), "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    found[TEXT]["choices"][0]["logprobs"] = {"content": [{**token("Zürich"), "top_logprobs": [token("Rom")]}]}
    found[LAST]["choices"][0] |= {"finish_reason": "tool_calls", "usage": usage()}
    return [*found, {**head(), "choices": [], "usage": usage()}]


def head() -> Json:
    return {
        "id": "chatcmpl-0123456789abcdef01234567",
        "object": "chat.completion.chunk",
        "created": 1_784_000_000,
        "model": "kimi-k2.6",
    }


def written(frames: Frames, end: str = "data: [DONE]\n\n") -> bytes:
    lines = [f"data: {json.dumps(frame, ensure_ascii=False)}\n\n" for frame in frames]
    return ("".join(lines) + end).encode(errors="surrogatepass")


def rules(raw: bytes, asked: Json = ASKED, headers: dict[str, str] = HEADERS) -> set[str]:
    return {finding.split()[0] for finding in check_stream(raw, headers, asked)}


def delta(frames: Frames, number: int) -> Json:
    return frames[number]["choices"][0]["delta"]


def choice(frames: Frames, number: int) -> Json:
    return frames[number]["choices"][0]


def piece(frames: Frames, number: int) -> Json:
    return delta(frames, number)["tool_calls"][0]


Change = Callable[[Frames], Any]

CHANGES: list[tuple[str, Change]] = [
    ("P0.1", lambda f: f.pop(FINAL)),
    ("P0.1", lambda f: f.append(f[FINAL])),
    ("P0.1", lambda f: f.insert(LAST, f.pop(FINAL))),
    ("P0.2", lambda f: f[FINAL]["usage"].update(prompt_tokens="10")),
    ("P0.2", lambda f: f[FINAL]["usage"].pop("total_tokens")),
    ("P0.2", lambda f: f[FINAL]["usage"].pop("prompt_tokens_details")),
    ("P0.2", lambda f: choice(f, LAST)["usage"].pop("completion_tokens_details")),
    ("P0.2", lambda f: choice(f, LAST)["usage"].update(completion_tokens=True)),
    ("P0.3", lambda f: piece(f, PIECE).update(id="look_0")),
    ("P0.3", lambda f: piece(f, REST).update(type="function")),
    ("P0.3", lambda f: piece(f, REST)["function"].update(name="look")),
    ("P0.4", lambda f: choice(f, LAST).pop("usage")),
    ("P0.5", lambda f: delta(f, THOUGHT).pop("internal_content")),
    ("P0.5", lambda f: delta(f, TEXT).update(internal_content={"token_ids": []})),
    ("P0.5", lambda f: delta(f, PIECE).update(internal_content={"token_ids": [-1]})),
    ("P0.7", lambda f: f[TEXT].pop("id")),
    ("P0.7", lambda f: f[TEXT].update(object="chat.completion")),
    ("P0.7", lambda f: f[TEXT].pop("created")),
    ("P0.7", lambda f: f[FINAL].update(model="")),
    ("P0.8", lambda f: choice(f, TEXT).pop("finish_reason")),
    ("P0.8", lambda f: choice(f, TEXT).update(index=-1)),
    ("P0.8", lambda f: choice(f, TEXT).update(delta=None)),
    ("P0.8", lambda f: f[TEXT]["choices"].append(choice(f, TEXT))),
    ("P0.8", lambda f: choice(f, TEXT).update(finish_reason=False)),
    ("P0.9", lambda f: delta(f, FIRST).pop("role")),
    ("P0.9", lambda f: f.pop(FIRST)),
    ("P0.9", lambda f: choice(f, FIRST).update(finish_reason="stop")),
    ("P0.10", lambda f: delta(f, TEXT).update(content=None)),
    ("P0.10", lambda f: delta(f, TEXT).update(content=["text"])),
    ("P0.11", lambda f: delta(f, TEXT).update(content="Z\ufffdrich")),
    ("P0.12", lambda f: delta(f, THOUGHT).update(reasoning_content=None)),
    ("P0.12", lambda f: (f.pop(BOUNDARY), f.pop(THOUGHT))),
    ("P0.13", lambda f: piece(f, CALL).pop("id")),
    ("P0.13", lambda f: piece(f, CALL).pop("type")),
    ("P0.13", lambda f: piece(f, CALL).pop("index")),
    ("P0.13", lambda f: piece(f, CALL)["function"].update(name="")),
    ("P0.13", lambda f: piece(f, CALL)["function"].update(arguments="{")),
    ("P0.13", lambda f: delta(f, CALL).update(tool_calls=[])),
    ("P0.14", lambda f: f.pop(REST)),
    ("P0.14", lambda f: choice(f, LAST).update(finish_reason="stop")),
    ("P0.14", lambda f: [piece(f, number).update(index=2) for number in (SECOND, OTHER)]),
    ("P0.14", lambda f: [f.pop(CALL) for _ in range(5)]),
    ("P0.15", lambda f: choice(f, LAST).update(finish_reason="done")),
    ("P0.15", lambda f: f.pop(LAST)),
    ("P0.18", lambda f: f[FINAL]["usage"].update(prompt_tokens=11)),
    ("P0.18", lambda f: f[FINAL]["usage"]["prompt_tokens_details"].update(cached_tokens=3)),
    ("P1.1", lambda f: delta(f, TEXT).update(content="THE END")),
    ("P1.3", lambda f: f[TEXT].update(id="chatcmpl-ffffffffffffffffffffffff")),
    ("P1.3", lambda f: f[TEXT].update(created=1)),
    ("P1.4", lambda f: f[TEXT].update(created=1.5)),
    ("P1.4", lambda f: f[TEXT].update(created=True)),
    ("P1.5", lambda f: delta(f, FIRST).pop("content")),
    ("P1.5", lambda f: delta(f, FIRST).update(content="Z")),
    ("P1.6", lambda f: delta(f, TEXT).update(role="assistant")),
    ("P1.7", lambda f: f.pop(BOUNDARY)),
    ("P1.7", lambda f: f.insert(TEXT, f[THOUGHT])),
    ("P1.7", lambda f: f.insert(TEXT, f.pop(BOUNDARY))),
    ("P1.8", lambda f: piece(f, REST)["function"].pop("arguments")),
    ("P1.9", lambda f: f.insert(OTHER, f.pop(REST))),
    ("P1.10", lambda f: delta(f, LAST).update(content="")),
    ("P1.11", lambda f: f.insert(LAST, f[LAST])),
    ("P1.11", lambda f: f.insert(TEXT, f.pop(LAST))),
    ("P1.12", lambda f: choice(f, TEXT).update(finish_reason="stop", usage=usage())),
    ("P1.14", lambda f: f[FINAL].update(id="chatcmpl-ffffffffffffffffffffffff")),
    ("P1.15", lambda f: f[TEXT].update(usage=usage())),
    ("P1.15", lambda f: choice(f, TEXT).update(usage=usage())),
    ("P1.15", lambda f: f[LAST].update(usage=usage())),
    ("P1.17", lambda f: choice(f, TEXT).pop("logprobs")),
    ("P1.17", lambda f: choice(f, FIRST).update(logprobs={"content": []})),
    ("P1.17", lambda f: choice(f, TEXT)["logprobs"]["content"][0].update(top_logprobs=[])),
    ("P1.17", lambda f: choice(f, TEXT)["logprobs"]["content"][0].update(bytes=[1])),
    ("P1.17", lambda f: choice(f, TEXT)["logprobs"]["content"][0].update(logprob="-1")),
    ("P1.17", lambda f: choice(f, TEXT)["logprobs"]["content"][0].pop("token")),
    ("P1.kind", lambda f: delta(f, TEXT).update(reasoning_content="Hm")),
    ("P1.kind", lambda f: delta(f, CALL).update(content="Hm")),
    ("P2.1", lambda f: [frame.update(id="chatcmpl-0123") for frame in f]),
    ("P2.2", lambda f: piece(f, CALL).update(id="functions.look:0")),
]


def test_a_good_stream_breaks_nothing() -> None:
    raw = written(good())
    assert check_stream(raw, HEADERS, ASKED) == []
    assert text_of(raw) == "Zürich 😀"


@pytest.mark.parametrize(
    ("rule", "change"), CHANGES, ids=[f"{n} {rule}" for n, (rule, _) in enumerate(CHANGES)]
)
def test_a_change_is_caught(rule: str, change: Change) -> None:
    frames = json.loads(json.dumps(good()))
    change(frames)
    assert rule in rules(written(frames))


@pytest.mark.parametrize(
    ("rule", "raw"),
    [
        ("P0.6", b": keep-alive\n\n" + written(good())),
        ("P0.6", b"event: message\n" + written(good())),
        ("P0.6", written(good()).replace(b"data: {", b"data:{", 1)),
        ("P0.6", written(good(), "data: [done]\n\n")),
        ("P0.6", b"data: []\n\n" + written(good())),
        ("P0.6", b'{"error":{}}'),
        ("P0.11", written(good()).replace("ü".encode(), "ü".encode()[:1])),
        ("P0.11", written(good()).replace("ü".encode(), b"\\udc3c")),
        ("P0.15", b"data: [DONE]\n\n"),
        ("P1.2", written(good(), "")),
        ("P1.2", written(good()) + written(good()[:1], "")),
    ],
)
def test_bytes_that_are_no_such_stream_are_caught(rule: str, raw: bytes) -> None:
    assert rule in rules(raw)


@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        ("P0.6", HEADERS | {"Content-Type": "application/json"}),
        ("P0.18", HEADERS | {"X-Msh-Usage-Prompt-Tokens": "11"}),
        ("P0.18", HEADERS | {"X-Msh-Usage-Prompt-Tokens": "ten"}),
        ("P0.18", {"Content-Type": "text/event-stream"}),
        ("P0.18", HEADERS | {"X-Msh-Usage-Cached-Tokens": "5"}),
    ],
)
def test_headers_are_looked_at(rule: str, headers: dict[str, str]) -> None:
    assert rules(written(good()), ASKED, headers) == {rule}


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("P2.3", {"stream_options": {"include_internal_content": True}}),
        ("P2.3", {"stream_options": {"include_usage": False, "include_internal_content": True}}),
        ("P0.5", {"stream_options": {"include_usage": True}}),
        ("P1.17", {"logprobs": False}),
        ("P1.1", {"stop": "rich"}),
    ],
)
def test_what_nobody_asked_for_is_caught(rule: str, asked: Json) -> None:
    assert rules(written(good()), ASKED | asked) == {rule}


def test_who_does_not_think_need_not_say_so() -> None:
    frames = good()
    del frames[THOUGHT : BOUNDARY + 1]
    assert rules(written(frames)) == {"P0.12"}
    assert rules(written(frames), ASKED | {"thinking": {"type": "disabled"}}) == set()
    assert rules(written(frames), ASKED | {"reasoning_effort": "none"}) == set()


def test_candidates_are_looked_at_one_by_one() -> None:
    one, other = good(), good()
    for frame in other[:-1]:
        frame["choices"][0]["index"] = 1
    both = [frame for pair in zip(one, other, strict=True) for frame in pair][:-1]
    assert rules(written(both)) == set()
    del both[1]
    assert rules(written(both)) == {"P0.9", "P1.5"}


def test_what_the_specification_excuses_is_excused() -> None:
    frames = good()
    del frames[FINAL]["usage"]["prompt_tokens_details"]
    for frame in frames:
        frame["model"] = "kimi-k3"
    headers = HEADERS | {"X-Msh-Usage-Cached-Tokens": "4"}
    assert rules(written(frames), ASKED | {"model": "kimi-k3"}, headers) == {"P0.18"}
    frames[FINAL]["usage"]["cached_tokens"] = 4
    assert rules(written(frames), ASKED | {"model": "kimi-k3"}, headers) == set()
    assert rules(written(frames)) == {"P0.2"}


REFUSED = b'{"error":{"message":"no","type":"invalid_request_error"}}'


@pytest.mark.parametrize(
    ("status", "kind", "raw", "good"),
    [
        (400, "application/json", REFUSED, True),
        (200, "application/json", REFUSED, False),
        (400, "text/event-stream", b"data: " + REFUSED, False),
        (400, "application/json", b'{"error":"no"}', False),
        (400, "application/json", b'{"error":{"message":"","type":"x"}}', False),
        (500, "text/plain", b"Internal Server Error", False),
    ],
)
def test_refusals_are_looked_at(status: int, kind: str, raw: bytes, good: bool) -> None:
    assert (check_refusal(status, {"content-type": kind}, raw) == []) is good
