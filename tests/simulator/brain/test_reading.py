"""What is read out of the user's words, and that no text takes long."""

import time
from typing import Any

import pytest

from moonwire.simulator.brain import keys, orders, reading
from tests.simulator.asking import an_ask, called, user

HINTS: list[tuple[str, list[str]]] = [
    ("Look up Paris.", ["Paris"]),
    ("Paris is nice. London too.", []),
    ("Is it in New York City?", ["New York City"]),
    ("Is it Paris, Paris or Paris?", ["Paris"]),
    ("Is it “a b” or 'c' or `d` or \"e\"?", ["a b", "c", "d", "e"]),
    ("Don't ask: it's his.", []),
    ("Open src/main.py and /etc/hosts.", ["src/main.py", "/etc/hosts."]),
    ("From -3 to 4.5", ["-3", "4.5"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), HINTS)
def test_hints(text: str, expected: list[str]) -> None:
    assert reading.hints(text) == expected


def test_a_word_is_no_name_because_a_sentence_begins() -> None:
    assert reading.hints("Tell me. Then go.\n\n  Stop: Now") == []
    assert reading.hints("ask Ann" + " " * 60 + "Bob") == ["Ann", "Bob"]
    assert reading.hints("go.\n" + " " * 30 + "Bob") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Hi", True), ("Hello, Kimi!", True), ("你好。", True), ("Hi, read a.txt", False), ("", False)],
)
def test_small_talk(text: str, expected: bool) -> None:
    assert reading.is_small_talk(text) is expected


DICTATED: list[tuple[str, str | None]] = [
    ("Say 'OK' and nothing else.", "OK"),
    ("Reply with exactly OK", "OK"),
    ('Output only the word "yes".', "yes"),
    ("Say something.", None),
    ("say ok", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), DICTATED)
def test_dictated(text: str, expected: str | None) -> None:
    assert reading.dictated(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Write 300 words.", 300), ("in 20 tokens", 20), ("7 wordsmiths", 0), ("1234567 words", 0), ("", 0)],
)
def test_asked_words(text: str, expected: int) -> None:
    assert reading.asked_words(text) == expected


def test_the_end_of_a_long_text_is_read() -> None:
    index, text = reading.last_user(an_ask("x" * 50_000 + " Say 'OK'."))
    assert (index, len(text)) == (0, reading.LONGEST)
    assert reading.dictated(text) == "OK"


def test_results_have_the_names_of_their_calls() -> None:
    ask = an_ask(
        [*user("Go."), *called("a:0", "a:1", name="ls", result="x\n y"), {"role": "tool", "content": 3}]
    )
    assert reading.results_since(ask) == [("ls", "x y"), ("ls", "x y"), ("tool", "")]
    assert reading.rounds_done(ask) == 1
    assert reading.results_since(an_ask([{"role": "assistant"}])) == []
    assert reading.last_user(an_ask([])) == (-1, "")


REMINDED = "<system-reminder>\nToday is Friday.\n</system-reminder>"
INTERNAL = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nRead nothing.\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        # Kimi Code 2.1 puts the date and its mode behind the task, OpenClaw its state behind everything.
        (["Read a.txt.", REMINDED, f"{REMINDED}\n"], (0, "Read a.txt.")),
        (["Read a.txt.", INTERNAL], (0, "Read a.txt.")),
        # Claude Code has them in one message with the task.
        ([f"{REMINDED}Read a.txt.\n{REMINDED}"], (0, "Read a.txt.\n")),
        (["Read a.txt.", "<system-reminder>Read b.txt."], (1, "<system-reminder>Read b.txt.")),
        (["Read a.txt.", ""], (1, "")),
        ([REMINDED], (-1, "")),
    ],
)
def test_what_an_agent_adds_is_not_the_users(said: list[str], expected: tuple[int, str]) -> None:
    assert reading.last_user(an_ask([turn for text in said for turn in user(text)])) == expected


def test_calls_go_on_behind_an_agents_aside() -> None:
    history = [*user("List."), *called("call_1"), *user(INTERNAL)]
    assert reading.rounds_done(an_ask(history)) == 1


def test_asides_take_no_time() -> None:
    begun = time.process_time()
    for unit in ("<system-reminder>", REMINDED, "</system-reminder>"):
        reading.last_user(an_ask(unit * 40_000))
    assert time.process_time() - begun < 1


HOSTILE = [
    *"\"'`“[(1aA \n别",
    *(
        "9.",
        "-1",
        "A ",
        "A/A",
        "a.",
        "/a",
        "not ",
        "no ",
        "do not a ",
        "Say '",
        'say "',
        "reply with ",
        "keys ",
    ),
    *("key a, ", '"a" ', "10 ", "hi ", "A-", "only ", "1.1", "the word ", "Use the tool, ", "what effort "),
]
READERS: list[Any] = [
    reading.hints,
    reading.proper_names,
    reading.asks_effort,
    orders.forbids_tools,
    orders.orders_tools,
    reading.is_small_talk,
    reading.dictated,
    reading.asked_words,
    keys.asked_keys,
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_no_text_takes_long(reader: Any) -> None:
    for unit in HOSTILE:
        text = (unit * 20_000)[: reading.LONGEST]
        begun = time.process_time()
        reader(text)
        reader(text + "!")
        assert time.process_time() - begun < 0.5, unit
