"""When a fault happens: each way to say it, and that it depends on nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.simulator.faults.kinds import KINDS
from moonwire.simulator.faults.reading import load
from moonwire.simulator.faults.schedule import generates

CHAT = "/v1/chat/completions"


def hit(
    text: str,
    requests: int = 12,
    *,
    path: str = CHAT,
    stream: bool = True,
    body: bytes = b"{}",
    seed: int = 7,
) -> list[int]:
    """The requests that it happens to."""
    running = load(f"seed = {seed}\n[[fault]]\nkind = 'empty'\n{text}").start()
    return [n for n in range(1, requests + 1) if running.pick(n, path, stream, body)]


WHEN: list[tuple[str, list[int]]] = [
    ("", [1, 2, 3, 4, 5, 6]),
    ("at = [3, 5, 99]", [3, 5]),
    ("every = 2", [2, 4, 6]),
    ("first = 2", [1, 2]),
    ("chance = 0", []),
    ("chance = 1.0", [1, 2, 3, 4, 5, 6]),
    ("attempts = 2", [1, 2]),
    ("every = 2\nattempts = 2", [2, 4]),
]


@pytest.mark.parametrize(("text", "expected"), WHEN)
def test_when(text: str, expected: list[int]) -> None:
    assert hit(text, 6) == expected


def test_chance_is_about_what_it_says_and_of_the_seed() -> None:
    drawn = hit("chance = 0.1", 3000)
    assert 250 < len(drawn) < 350
    assert drawn == hit("chance = 0.1", 3000) != hit("chance = 0.1", 3000, seed=8)


def test_a_higher_chance_meets_the_same_requests_and_more() -> None:
    assert set(hit("chance = 0.1", 500)) < set(hit("chance = 0.2", 500))


@pytest.mark.parametrize("path", [CHAT, "/anthropic/v1/messages?beta=true", "/coding/v1/responses"])
def test_where_answers_are_generated(path: str) -> None:
    assert generates(path) and hit("", 1, path=path) == [1]


def test_elsewhere_nothing_happens_unless_it_is_named() -> None:
    assert hit("", path="/v1/models") == []
    assert hit('path = "/v1/models"', 1, path="/v1/models?x=1") == [1]
    assert hit(f'path = ["/v1/models", "{CHAT}"]', 1) == [1]
    assert hit('path = "/v1/messages"', 1) == []


def test_streams_or_whole_answers() -> None:
    assert (hit("stream = true", 1), hit("stream = false", 1)) == ([1], [])
    assert (hit("stream = true", 1, stream=False), hit("stream = false", 1, stream=False)) == ([], [1])


@pytest.mark.parametrize(
    "body", ['{"a": "Zürich \\n"}'.encode(), rb'{"a": "Z\u00fcrich \n"}', b"Z\xc3\xbcrich \n"]
)
def test_a_text_is_found_however_the_body_spells_it(body: bytes) -> None:
    assert hit('match = "Zürich \\n"', 1, body=body) == [1]
    assert hit('match = "Bern"', 1, body=body) == []


def test_the_first_that_applies_happens_and_one_that_is_used_up_makes_room() -> None:
    kinds = ["kind = 'empty'\nattempts = 1", "kind = 'gzip'\nevery = 2", "kind = 'drip'"]
    text = "\n".join(f"[[fault]]\n{kind}" for kind in kinds)
    running = load(text).start()
    picked = [running.pick(n, CHAT, True, b"") for n in (1, 2, 3)]
    assert [one and (one.kind, one.rule, one.request) for one in picked] == [
        ("empty", 1, 1),
        ("gzip", 2, 2),
        ("drip", 3, 3),
    ]
    assert running.counts == {1: 1, 2: 1, 3: 1}


def test_a_start_begins_anew() -> None:
    faults = load("[[fault]]\nkind = 'empty'\nattempts = 1")
    first, second = faults.start(), faults.start()
    assert first.pick(1, CHAT, True, b"") and not first.pick(2, CHAT, True, b"")
    assert second.pick(2, CHAT, True, b"")


def test_nothing_is_scheduled() -> None:
    assert load("").start().pick(1, CHAT, True, b"") is None


@given(
    st.integers(),
    st.lists(
        st.tuples(st.sampled_from([CHAT, "/v1/messages", "/v1/models"]), st.booleans(), st.binary(max_size=4))
    ),
)
def test_the_same_requests_have_the_same_faults(seed: int, requests: list[tuple[str, bool, bytes]]) -> None:
    rules = [f"[[fault]]\nkind = '{kind}'\nchance = 0.2\nattempts = 3\n" for kind in KINDS]
    faults = load("".join([f"seed = {seed % 2**63}\n", *rules]))

    def played() -> list[object]:
        running = faults.start()
        return [running.pick(n, *request) for n, request in enumerate(requests, 1)]

    assert played() == played()
