"""What a rule is: where and when it holds, and the one thing that a request is told."""

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.endpoints import ENDPOINTS
from moonwire.simulator.rules import Ask, Refused, edition
from moonwire.simulator.rules.rule import GROUPS, Check, first_refusal, holds, holds_at, invalid, rule
from tests.simulator.rules.requests import kimi, place_of


def always(ask: Ask) -> str:
    """Everything.

    And more of it.
    """
    return "no"


def never(ask: Ask) -> None:
    """Nothing."""


def gone(ask: Ask) -> Refused:
    """With a status of its own."""
    return Refused("gone", 404, "x")


def asked() -> Ask:
    return Ask(kimi(), resolve("kimi-k2.6"), place_of("platform"), edition("latest"))


def test_the_meaning_is_the_first_line_of_the_check() -> None:
    assert rule("all", "any", "here")(always).meaning == "Everything"


@pytest.mark.parametrize(
    ("since", "until", "month", "expected"),
    [
        ("", "", "2025-07", True),
        ("2026-04", "", "2026-03", False),
        ("2026-04", "", "2026-04", True),
        ("", "2026-06", "2026-05", True),
        ("", "2026-06", "2026-06", False),
        ("2026-04", "2026-06", "2026-05", True),
        ("2026-04", "2026-06", "strictest", True),
        ("2026-04", "2026-06", "verifier", False),
    ],
)
def test_when_it_holds(since: str, until: str, month: str, expected: bool) -> None:
    one = rule("one", "any", "here", since=since, until=until)(always)
    assert holds(one, edition(month)) is expected


def test_strictest_and_verifier_have_their_own_mind() -> None:
    single = rule("single", "any", "here", only_strictest=True)(always)
    assert [holds(single, edition(name)) for name in ("latest", "2026-05", "verifier", "strictest")] == [
        False,
        False,
        False,
        True,
    ]
    out = rule("out", "any", "here", strictest="it cannot be met")(always)
    assert not holds(out, edition("strictest")) and holds(out, edition("latest"))
    wanted = rule("wanted", "any", "here", until="2026-01", verifier=True)(always)
    assert holds(wanted, edition("verifier")) and not holds(wanted, edition("latest"))
    unwanted = rule("unwanted", "any", "here", verifier=False)(always)
    assert not holds(unwanted, edition("verifier")) and holds(unwanted, edition("latest"))


PLATFORM = (
    "platform platform-cn platform-anthropic platform-cn-anthropic platform-responses platform-cn-responses"
)
CODING = "coding coding-anthropic coding-responses"
GROUPED = {
    "own": f"{PLATFORM} {CODING}",
    "moonshot": f"{PLATFORM} {CODING} openrouter dashscope",
    "self-hosted": "vllm sglang dynamo",
    "coding": CODING,
    "platform": PLATFORM,
    "any": " ".join(place.name for place in ENDPOINTS if place.known),
}


@pytest.mark.parametrize("word", GROUPED)
def test_where_it_holds(word: str) -> None:
    one = rule("one", word, "here")(always)
    assert [place.name for place in ENDPOINTS if holds_at(one, place)] == GROUPED[word].split()


def test_every_group_is_looked_at_and_a_name_is_one_endpoint() -> None:
    assert set(GROUPED) == set(GROUPS)
    one = rule("one", "groq ark", "here")(always)
    assert [place.name for place in ENDPOINTS if holds_at(one, place)] == ["ark", "groq"]


TOLD: list[tuple[tuple[Check, ...], Refused | None]] = [
    ((), None),
    ((never,), None),
    ((never, always), Refused("no", 400, "invalid_request_error", rule="second")),
    ((always, never), Refused("no", 400, "invalid_request_error", rule="first")),
    ((gone,), Refused("gone", 404, "x", rule="first")),
]


@pytest.mark.parametrize(("checks", "expected"), TOLD)
def test_one_request_is_told_one_thing(checks: tuple[Check, ...], expected: Refused | None) -> None:
    rules = [
        rule(name, "any", "here")(check) for name, check in zip(("first", "second"), checks, strict=False)
    ]
    assert first_refusal(rules, asked()) == expected


def test_how_most_of_them_begin() -> None:
    assert invalid("text content is empty") == "Invalid request: text content is empty"
