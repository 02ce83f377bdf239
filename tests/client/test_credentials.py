"""Keys: where they come from, when they are asked for again, and that nobody sees them."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moonwire.client.credentials import Credentials
from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden

PRINTS = f"cmd:{sys.executable} -c \"print('sk-command')\""


async def later(token: str = "sk-later") -> str:
    await asyncio.sleep(0)
    return token


def current(key: Any, environ: dict[str, str] | None = None) -> str | None:
    return asyncio.run(Credentials(key, environ or {}).current())


KEYS: dict[str, tuple[Any, str | None]] = {
    "none": (None, None),
    "a text": ("sk-1", "sk-1"),
    "hidden": (Hidden("sk-1"), "sk-1"),
    "the environment": ("env:MINE", "sk-mine"),
    "hidden in the environment": (Hidden("env:MINE"), "sk-mine"),
    "a command": (PRINTS, "sk-command"),
    "a function": (lambda: "sk-function", "sk-function"),
    "a coroutine function": (later, "sk-later"),
}


@pytest.mark.parametrize(("key", "sent"), KEYS.values(), ids=KEYS)
def test_where_it_comes_from(key: Any, sent: str | None) -> None:
    assert current(key, {"MINE": "sk-mine"}) == sent


def test_a_file(tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("sk-file\n")
    place.chmod(0o600)
    assert current(f"file:{place}") == "sk-file"


WRONG: dict[str, tuple[Any, str]] = {
    "no such variable": ("env:MINE", r"^api_key: the variable MINE is not set \(export it"),
    "empty": ("", r"^api_key: the key is empty \("),
    "two words": ("sk secret", r"^api_key: the key cannot stand in a header \("),
    "no such program": (
        "cmd:no-such-program-here",
        r"^api_key: the command cannot be run.*\(run the command",
    ),
    "a command that fails": (f'cmd:{sys.executable} -c "raise SystemExit(3)"', r"ended with status 3 \("),
    "nothing given": (lambda: None, r"^api_key: the function gave no token \(return the token as a text\)"),
    "an empty token": (lambda: " ", r"^api_key: the function gave no token"),
    "a token of two words": (lambda: "sk secret", r"^api_key: the key cannot stand in a header"),
}


@pytest.mark.parametrize(("key", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_key(key: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said) as raised:
        current(key)
    assert "secret" not in str(raised.value) and raised.value.__cause__ is None


@pytest.mark.parametrize("token", [PRINTS, "env:HOME", "file:/dev/null"])
def test_a_token_is_never_a_command_or_a_place(token: str) -> None:
    """It may come from a server."""
    try:
        assert current(lambda: token, {"HOME": "/root"}) == token
    except LocalProtocolError as error:
        assert "cannot stand in a header" in str(error)


def test_nothing_shows_it() -> None:
    assert repr(Credentials("sk-secret", {})) == "Credentials(...)"


# -- when it is asked for ------------------------------------------------------------------------------


def counting(*tokens: str) -> tuple[Callable[[], str], list[str]]:
    """Gives these one after another, the last one again and again."""
    given: list[str] = []

    def source() -> str:
        given.append(tokens[min(len(given), len(tokens) - 1)])
        return given[-1]

    return source, given


def test_a_function_is_asked_for_each_request() -> None:
    source, given = counting("a", "b")

    async def main() -> None:
        credentials = Credentials(source, {})
        assert [await credentials.current() for _ in range(3)] == ["a", "b", "b"]

    asyncio.run(main())
    assert len(given) == 3


def counter(place: Path) -> str:
    """A command that prints how often it was run."""
    program = f"p=open(r'{place}','a+');p.write('x');p.seek(0);print('sk-%d' % len(p.read()))"
    return f'cmd:{sys.executable} -c "{program}"'


def test_a_command_is_run_once_also_for_many_and_again_when_refused(tmp_path: Path) -> None:
    async def main() -> None:
        credentials = Credentials(counter(tmp_path / "count"), {})
        first = await asyncio.gather(*(credentials.current() for _ in range(5)))
        assert first == ["sk-1"] * 5
        assert await credentials.renewed("sk-1") == "sk-2"
        assert await credentials.current() == "sk-2"

    asyncio.run(main())


# the key, what refreshes it, the key that was refused, the next one
RENEWED: dict[str, tuple[Any, Any, str, str | None]] = {
    "a text is all there is": ("sk-1", None, "sk-1", None),
    "nothing is all there is": (None, None, "", None),
    "refreshed": ("sk-1", lambda: "sk-2", "sk-1", "sk-2"),
    "refreshed, with a wait": ("sk-1", later, "sk-1", "sk-later"),
    "the same again is none": ("sk-1", lambda: "sk-1", "sk-1", None),
    "somebody has done it already": ("sk-2", lambda: "sk-3", "sk-1", "sk-2"),
    "the function itself": (lambda: "sk-2", None, "sk-1", "sk-2"),
    "the function says the same": (lambda: "sk-1", None, "sk-1", None),
    "what refreshes goes before the function": (lambda: "sk-1", lambda: "sk-3", "sk-1", "sk-3"),
    "a command": (PRINTS, None, "sk-1", "sk-command"),
    "a command says the same": (PRINTS, None, "sk-command", None),
}


@pytest.mark.parametrize(("key", "refresh", "refused", "fresh"), RENEWED.values(), ids=RENEWED)
def test_the_next_one(key: Any, refresh: Any, refused: str, fresh: str | None) -> None:
    assert asyncio.run(Credentials(key, {}, refresh).renewed(refused)) == fresh


def test_a_refreshed_one_is_kept() -> None:
    async def main() -> None:
        credentials = Credentials("sk-1", {}, lambda: "sk-2")
        assert await credentials.current() == "sk-1"
        assert await credentials.renewed("sk-1") == "sk-2"
        assert await credentials.current() == "sk-2"

    asyncio.run(main())


def test_of_many_that_are_refused_one_refreshes() -> None:
    calls: list[str] = []

    async def refresh() -> str:
        calls.append("x")
        await asyncio.sleep(0)
        return f"sk-{len(calls) + 1}"

    async def main() -> None:
        credentials = Credentials("sk-1", {}, refresh)
        fresh = await asyncio.gather(*(credentials.renewed("sk-1") for _ in range(5)))
        assert fresh == ["sk-2"] * 5

    asyncio.run(main())
    assert len(calls) == 1


def test_two_loops_one_after_the_other(tmp_path: Path) -> None:
    credentials = Credentials(counter(tmp_path / "count"), {})
    assert [asyncio.run(credentials.current()) for _ in range(2)] == ["sk-1", "sk-1"]
