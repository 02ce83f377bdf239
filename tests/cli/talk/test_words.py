"""What is said in a line: calls, results, money, errors with what to do about them."""

import pytest

from moonwire.agent import Compacted, Result, Turn
from moonwire.cli.talk.words import (
    STOPPED,
    call_line,
    compacted_line,
    error_lines,
    money,
    preview,
    turn_line,
    usage_words,
)
from moonwire.client import Tokens
from moonwire.core.budget import NoRoom
from moonwire.core.errors import (
    Auth,
    ContentFiltered,
    LocalProtocolError,
    ModelNotFound,
    MoonwireError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    TransportError,
)
from moonwire.core.messages import ToolCall
from tests.cli.talk.samples import completion


def call(arguments: str, name: str = "f") -> ToolCall:
    return ToolCall(id="a", name=name, arguments=arguments)


CALLS = {
    "{}": "f()",
    "": "f()",
    '{"a": [1, 2], "b": null}': "f(a=[1, 2], b=null)",
    '{"a": "ü\\u0007"}': 'f(a="ü\\u0007")',
    "[1]": "f([1])",
    "not\x1bJSON": "f(not\\x1bJSON)",
}


@pytest.mark.parametrize(("arguments", "line"), CALLS.items())
def test_a_call_is_written_as_one_would(arguments: str, line: str) -> None:
    assert call_line(call(arguments)) == line


def test_a_long_call_is_shortened() -> None:
    assert len(call_line(call('{"a": "' + "x" * 5000 + '"}'))) < 140


def test_of_a_result_the_first_lines_are_seen() -> None:
    def seen(text: str) -> list[str]:
        return preview(Result(call=call("{}"), content=text))

    assert seen("one\n\n two\n") == ["one", "two"]
    assert seen("1\n2\n3\n4") == ["1", "2", "3", "… 1 more line"]
    assert seen("1\n2\n3\n4\n5")[-1] == "… 2 more lines"
    assert seen("<system>ERROR: no</system>") == ["ERROR: no"]
    assert seen(" ") == ["(no text)"]


def test_what_a_turn_took() -> None:
    turn = Turn(completion=completion(), steps=2, stopped="done", usage=Tokens(input=10, output=5), cost=0.5)
    assert turn_line(turn, 1.25, simulated=False) == "1.2 s, 2 steps · 10 in, 5 out · $0.5000"
    assert turn_line(turn, 1.25, simulated=True).endswith("· simulated")
    assert usage_words(Tokens(input=3, cached=1)) == "3 in (33 % cached), 0 out"
    assert money(0.00002) == "$2e-05"
    assert compacted_line(Compacted(before=2000, after=100, why="due")) == (
        "compacted: 2,000 → 100 tokens (the window was nearly full)"
    )
    assert compacted_line(Compacted(before=20, after=10, why="asked")) == "compacted: 20 → 10 tokens"
    assert "done" not in STOPPED


ERRORS: dict[str, tuple[MoonwireError, str, str]] = {
    "auth": (Auth("bad key"), "the key was not taken: bad key", "--region"),
    "quota": (QuotaExhausted("no money"), "the account has nothing left: no money", "top it up"),
    "rate": (RateLimited("slow"), "too many requests for this key: slow", "/retry"),
    "overload": (Overloaded(""), "the endpoint is overloaded", "/retry"),
    "room": (NoRoom(needed=9, window=8, estimate=7, floor=2), "the conversation does not fit: ", "/compact"),
    "model": (ModelNotFound("no k9"), "the endpoint has no such model: no k9", "/model"),
    "filter": (ContentFiltered("risk"), "the endpoint's filter refused it: risk", "forgotten"),
    "network": (TransportError("refused"), "the endpoint was not reached: refused", "--base-url"),
    "other": (LocalProtocolError("no", path="x", remedy="do y"), "x: no", "do y"),
    "evil": (Auth("\x1b[2J"), "the key was not taken: \\x1b[2J", "--region"),
}


@pytest.mark.parametrize(("error", "first", "remedy"), ERRORS.values(), ids=ERRORS)
def test_an_error_says_what_and_what_to_do(error: MoonwireError, first: str, remedy: str) -> None:
    lines = error_lines(error, chat=True)
    assert lines[0].startswith(first) and remedy in lines[1] and len(lines) == 2


def test_in_a_script_no_command_is_named() -> None:
    for error, _, _ in ERRORS.values():
        assert "→ /" not in "\n".join(error_lines(error, chat=False))
    assert error_lines(MoonwireError("no"), chat=False) == ["no"]
