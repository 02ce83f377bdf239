"""What is counted, under labels that callers cannot make up."""

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from moonwire.core.notes import Note
from moonwire.gateway.metrics import Metrics, merged
from moonwire.simulator import Settings
from tests.gateway.running import running

USAGE: dict[str, Any] = {"prompt_tokens": 5, "cached_tokens": 2, "completion_tokens": 3}


def read(page: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_pages_of_several_workers_are_added_up() -> None:
    several = [Metrics() for _ in range(3)]
    for status, metrics in zip((200, 200, 429), several, strict=True):
        metrics.over("chat", "a@b", "heal", status, 0.3)
        metrics.spoke("a@b", 0.02)
    several[0].used("a@b", USAGE)
    pages = [metrics.page() for metrics in several]
    found, apart = read(merged(pages)), [read(page) for page in pages]
    assert found.keys() == {name for page in apart for name in page}
    for name, value in found.items():
        values = [page[name] for page in apart if name in page]
        assert value == (min(values) if name[0].endswith("_created") else sum(values))
    assert found["moonwire_request_seconds_count", (("target", "a@b"),)] == 3
    assert read(merged(pages[:1])) == apart[0]


def test_requests_notes_and_tokens_are_counted() -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.over("chat", "kimi-k3@platform", "heal", 200, 0.3)
        metrics.spoke("kimi-k3@platform", 0.02)
        metrics.used("kimi-k3@platform", USAGE)
        metrics.noted([Note(code="a", reason=""), Note(code="b", reason="", level="warning")])
    metrics.refused(401)
    found = read(metrics.page())
    target = ("target", "kimi-k3@platform")
    labels = (("dialect", "chat"), ("mode", "heal"), ("status", "200"), target)
    assert found["moonwire_requests_total", labels] == 2
    assert found["moonwire_notes_total", (("code", "b"), ("level", "warning"))] == 2
    kinds = {
        kind: found["moonwire_tokens_total", (("kind", kind), target)]
        for kind in ("input", "cached", "output")
    }
    assert kinds == {"input": 10, "cached": 4, "output": 6}
    assert found["moonwire_first_event_seconds_bucket", (("le", "0.05"), target)] == 2
    assert found["moonwire_request_seconds_bucket", (("le", "0.25"), target)] == 0
    assert found["moonwire_refused_total", (("status", "401"),)] == 1


def test_two_gateways_in_one_process_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.refused(404)
    assert b'status="404"' in one.page() and b'status="404"' not in other.page()


def test_a_server_that_counts_backwards_stops_nothing() -> None:
    metrics = Metrics()
    metrics.used("t", {**USAGE, "cached_tokens": -5})
    assert read(metrics.page())["moonwire_tokens_total", (("kind", "cached"), ("target", "t"))] == 0


@pytest.mark.parametrize("mode", ["heal", "observe"])
def test_made_up_models_add_nothing(mode: Any) -> None:
    settings = Settings(models=("kimi-k3",), seed=3)
    with running(settings, mode=mode) as gateway:
        gateway.chat(model="made-up")
        before = {key for key, _ in _keys(gateway.ask("/metrics").body)}
        for number in range(300):
            assert gateway.chat(model=f"made-up-{number}").status == 404
        page = gateway.ask("/metrics").body
        assert {key for key, _ in _keys(page)} == before
        assert not re.search(rb"made-up", page)
        (host,) = gateway.exchange.hosts.values()
        assert len(host._targets) <= 256


def _keys(page: bytes) -> list[tuple[str, float]]:
    return [(f"{name}{labels}", value) for (name, labels), value in read(page).items()]


class Others:
    """The other workers, one of which does not answer every time."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.metrics.over("chat", "a@b", "heal", 200, 0.1)
        self.answers = [True, False, True, False]

    async def ask(self, question: str) -> list[bytes]:
        return [self.metrics.page() if self.answers.pop() else b"", b""]


def test_what_a_worker_said_last_counts_where_it_does_not_answer() -> None:
    with running(Settings(models=("kimi-k3",))) as gateway:
        gateway.gateway._crew = Others()  # pyright: ignore[reportAttributeAccessIssue] -- all that is asked of it
        counted: list[float] = []
        for _ in range(4):
            page = read(gateway.ask("/metrics").body)
            counted.append(sum(value for name, value in page.items() if name[0] == "moonwire_requests_total"))
        assert counted == [0, 1, 1, 1]
