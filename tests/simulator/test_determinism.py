"""The same seed, the same requests, the same bytes: also in another process with another hash seed."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from typing import Any

import pytest

from moonwire.simulator import App, Settings
from moonwire.simulator.faults.builtin import BUILTIN
from tests.simulator.asking import TOOLS, Answer, Broken, asked_all, body, called, user

MANY = 1_000
# A client that hangs leaves at once here, and so nothing is waited for but what "chaos" waits itself.
CHAOS = re.sub(r"seconds = [\d.]+", "seconds = 0.001", BUILTIN["chaos"])
TEXTS = [
    "Say 'OK'.",
    "Call get_weather for Paris and London.",
    "Read a.txt with read_file, then get_weather.",
    "Write a story of 60 words.",
    "Why is the sky blue?",
    "Hello!",
]


def request(rng: random.Random) -> bytes:
    """One of many: models, tools, streams, what is refused, what is no request."""
    if rng.random() < 0.03:
        return rng.choice([b"{", b"[]", b"\xff", b'{"model":"kimi-k3"}', b"[" * 2_000])
    messages = user(rng.choice(TEXTS))
    if rng.random() < 0.3:
        messages += called(rng.choice(["get_weather:0", "functions.get_weather:0", "functionsread0"]))
    fields: dict[str, Any] = {"model": rng.choice(["kimi-k3", "kimi-k2.6", "moonshot-v1-8k", "nobody"])}
    if rng.random() < 0.6:
        fields["tools"] = TOOLS
    if rng.random() < 0.5:
        fields |= {"stream": True, "stream_options": {"include_usage": rng.random() < 0.5}}
    if rng.random() < 0.2:
        fields["max_tokens"] = rng.choice([-1, 1, 16, 32, 1_000_000, "x"])
    if rng.random() < 0.1:
        fields["response_format"] = {"type": "json_object"}
    if rng.random() < 0.1:
        fields["temperature"] = rng.choice([0, 0.6, 1])
    return body(messages, **fields)


def requests(many: int = MANY) -> list[bytes]:
    rng = random.Random(20)
    return [request(rng) for _ in range(many)]


def settings(**fields: Any) -> Settings:
    given: dict[str, Any] = {"seed": 11, "faults": CHAOS, "fixed": True, **fields}
    return Settings(**given)


def run(**fields: Any) -> list[Answer]:
    """The requests in turn, with raw modes, ids and endpoints as they come."""
    answers: list[Answer] = []
    shares = [
        {"endpoint": "platform"},
        {"endpoint": "platform", "rules": "strictest", "raw": "broken"},
        {"endpoint": "vllm", "raw": "content", "ids": "call"},
        {"endpoint": "openrouter", "raw": "reasoning", "ids": "uuid"},
        {"endpoint": "coding", "rules": "verifier", "raw": "all"},
    ]
    every = requests()
    for place, share in enumerate(shares):
        app = App(settings(**share, **fields))
        answers += asked_all(app, every[place :: len(shares)])
    return answers


def digest(answers: list[Answer]) -> str:
    total = hashlib.sha256()
    for answer in answers:
        total.update(
            repr((answer.status, answer.headers, answer.pieces, answer.broken, answer.ended)).encode()
        )
    return total.hexdigest()


def test_two_runs_are_the_same_to_the_byte_and_so_is_one_in_another_process() -> None:
    first = run()
    assert len(first) == MANY
    assert {200, 400, 404, 429} <= {answer.status for answer in first}
    assert {answer.broken for answer in first} >= {"", "reset", "close"}
    assert digest(first) == digest(run())
    program = "from tests.simulator.test_determinism import digest, run; print(digest(run()))"
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert other.stdout.strip() == digest(first)


def settled(answer: Answer) -> str:
    """Without ids of answers and requests, and times."""
    text = answer.body.decode("utf-8", "replace")
    text = re.sub(r"chatcmpl-[0-9a-f]{24}", "ID", text)
    text = re.sub(r'"created":\d+', '"created":T', text)
    names = ("x-trace-id", "msh-request-id", "x-msh-trace-id", "msh-gid", "x-request-id", "retry-after")
    kept = [(name, value) for name, value in answer.headers if name not in names]
    return repr((answer.status, kept, text, answer.broken))


def test_without_fixed_they_are_the_same_but_for_ids_and_times() -> None:
    # What packs bytes would hide ids from the eye, and what is huge would only take time.
    faults = re.sub(r'\[\[fault\]\]\nkind = "(?:gzip|garbage|half-character|cut-json|huge)"\n.*\n', "", CHAOS)
    first, second = (run(fixed=False, faults=faults) for _ in range(2))
    assert [settled(answer) for answer in first] == [settled(answer) for answer in second]
    assert digest(first) != digest(second)


@pytest.mark.parametrize("seed", [12, 13])
def test_another_seed_says_something_else(seed: int) -> None:
    one, other = (
        asked_all(App(settings(faults="", seed=number, raw="broken")), requests(200)) for number in (11, seed)
    )
    assert digest(one) != digest(other)


def test_an_answer_depends_on_its_own_bytes_and_not_on_those_before() -> None:
    app = App(settings(faults=""))
    data = body("Call get_weather for Paris.", tools=TOOLS)
    alone = asked_all(App(settings(faults="")), [data])[0]
    later = asked_all(app, [*requests(30), data])[-1]
    assert json.loads(alone.body)["choices"] == json.loads(later.body)["choices"]
    assert Broken().done == ""
