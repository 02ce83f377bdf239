"""When and how a conversation is compacted."""

import pytest

from moonwire.agent.compaction import Compaction, asked, due, kept_tail, shrunk, summarised, summary_cap
from moonwire.core.messages import Image, Message, TextPart, ToolCall

# kimi-cli's rule: at 0.85 of the window, or once less than the reserve is left (kimi-api.md H9).
DUE = [
    (222_821, 262_144, Compaction(reserved=0), False),
    (222_823, 262_144, Compaction(reserved=0), True),
    (212_143, 262_144, Compaction(), False),
    (212_144, 262_144, Compaction(), True),
    (200_000, 262_144, Compaction(ratio=0.5), True),
    # A small window is not all reserve.
    (4_000, 8_192, Compaction(), False),
    (6_144, 8_192, Compaction(), True),
    # Of an unknown one nothing can be said.
    (1_000_000, 0, Compaction(), False),
]


@pytest.mark.parametrize(("tokens", "window", "policy", "expected"), DUE)
def test_when_it_is_time(tokens: int, window: int, policy: Compaction, *, expected: bool) -> None:
    assert due(tokens, window, policy) is expected


def history(roles: str) -> list[Message]:
    names = {"u": "user", "a": "assistant", "t": "tool"}
    return [Message(role=names[role], content=role) for role in roles]  # pyright: ignore[reportArgumentType] -- each is a role


@pytest.mark.parametrize(
    ("roles", "keep", "start"),
    [
        ("", 2, 0),
        ("u", 2, 0),
        ("ua", 2, 0),
        ("uau", 2, 1),
        ("uatt", 1, 1),
        ("uattatt", 1, 4),
        ("uattatt", 2, 1),
    ],
)
def test_the_tail_never_begins_among_results(roles: str, keep: int, start: int) -> None:
    assert kept_tail(history(roles), keep) == start


def test_pictures_become_words_and_the_rest_stays_as_it_is() -> None:
    seen = Message(role="user", content=(TextPart(text="look"), Image(url="ms://1")))
    plain = Message(role="assistant", content="A cat.")
    messages = asked([seen, plain], "the cat")
    assert messages[0].content == (TextPart(text="look"), TextPart(text="<system>image left out</system>"))
    assert messages[1] is plain
    assert "Above all: the cat" in str(messages[2].content)


def test_of_what_does_not_fit_the_end_is_shown() -> None:
    old = [
        Message(role="user", content="begin " * 100),
        Message(role="assistant", calls=(ToolCall(id="a", name="read", arguments='{"p":1}'),)),
        Message(role="tool", content=(TextPart(text="the end"), Image(url="ms://1"))),
    ]
    whole, half = (str(shrunk(old, share)[0].content) for share in (1.0, 0.5))
    assert len(half) < len(whole)
    for text in (whole, half):
        assert '[call read {"p":1}]' in text
        assert "the end<system>image left out</system>" in text
    assert whole.startswith("user: begin") and not half.startswith("user: begin")


def test_the_summary_leaves_room_for_what_stays_and_an_answer() -> None:
    assert summary_cap(0, 100, 100, 100) is None
    assert summary_cap(1000, 2000, 10, 10) == 1
    cap = summary_cap(8192, 1000, 2048, 1024)
    assert cap is not None and 1000 + cap + 2048 + 1024 <= 8192


def test_the_summary_is_the_users_first_word_from_now_on() -> None:
    tail = history("a")
    first, last = summarised("All went well.", tail)
    assert first.role == "user" and str(first.content).endswith("\n\nAll went well.")
    assert last is tail[0]
