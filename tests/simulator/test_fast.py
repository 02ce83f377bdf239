"""Prepared answers: as many chunks as the cap says, and nothing that a request could blow up."""

import json

import pytest

from moonwire.simulator import App, Settings
from moonwire.simulator.fast import CHUNKS, MOST, prepared
from tests.simulator.asking import ask, body

ROWS = [
    (b'{"max_tokens": 3}', 3),
    (b'{"max_completion_tokens": 2, "max_tokens": 3}', 2),
    (b"{}", CHUNKS),
    (b'{"max_tokens": null}', CHUNKS),
    (b'{"max_tokens": -5}', 1),
    (b'{"max_tokens": "x"}', CHUNKS),
    (b"not json", CHUNKS),
    (b"\xff", CHUNKS),
    (b'{"x":' + b"[" * 50_000, CHUNKS),
]


@pytest.mark.parametrize(("data", "count"), ROWS)
def test_an_answer_has_so_many_chunks(data: bytes, count: int) -> None:
    answer = json.loads(b"".join(prepared(data).pieces))
    assert answer["choices"][0]["message"]["content"].split() == ["word"] * count
    assert answer["usage"]["completion_tokens"] == count


@pytest.mark.parametrize("burst", [1, 3, 64])
def test_a_stream_is_the_same_in_any_bursts(burst: int) -> None:
    pieces = list(prepared(b'{"stream": true, "max_tokens": 10}', burst=burst).pieces)
    lines = b"".join(pieces).decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    frames = [json.loads(line[6:]) for line in lines[:-2]]
    assert "".join(frame["choices"][0]["delta"].get("content", "") for frame in frames) == " word" * 10
    assert frames[-1]["choices"][0]["finish_reason"] == "stop"
    assert max(piece.count(b"data: ") for piece in pieces) == min(burst, 13)


def test_neither_a_cap_nor_a_name_makes_it_large() -> None:
    long = json.dumps({"model": "x" * 100_000, "stream": True, "max_tokens": 10**9}).encode()
    assert sum(map(len, prepared(long).pieces)) < 600 * MOST
    small = json.dumps({"model": "x" * 100_000}).encode()
    assert len(b"".join(prepared(small).pieces)) < 5_000


def test_nothing_is_checked_or_remembered() -> None:
    app = App(Settings(fast=True))
    assert ask(app, body(max_tokens=-1), headers={}).status == 200
    assert ask(app, body(stream=True), headers={}).header("content-type") == "text/event-stream"
    assert not app.exchanges
