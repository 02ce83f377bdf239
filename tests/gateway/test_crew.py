"""What workers ask each other: answers in time, and nothing from those that are not there."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from moonwire.gateway import crew as module
from moonwire.gateway.crew import Crew
from moonwire.memory import Secret

SECRET = Secret.random()


def crews(folder: Path, count: int) -> list[Crew]:
    return [Crew(folder, number, count, SECRET) for number in range(count)]


def test_all_others_are_asked_and_those_that_know_answer(tmp_path: Path) -> None:
    async def run() -> None:
        one, two, three, four = crews(tmp_path, 4)
        await two.listen(lambda question: f"two was asked {question}".encode())
        await three.listen(lambda question: b"")
        # The fourth does not listen yet.
        assert await one.ask("notes a é") == ["two was asked notes a é".encode(), b"", b""]
        await four.listen(lambda question: b"4" * 300_000)
        assert list(map(len, await one.ask("?"))) == [15, 0, 300_000]
        for each in (two, three, four):
            await each.aclose()
        assert await one.ask("?") == [b""] * 3
        await one.aclose()

    asyncio.run(run())


def test_where_there_can_be_no_sockets_each_is_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        long = tmp_path / ("x" * 120)
        long.mkdir()
        for folder in (None, long):
            one, two = (Crew(folder, number, 2, SECRET) for number in range(2))
            for each in (one, two):
                await each.listen(lambda question: b"yes")
            assert await one.ask("?") == []
            await two.aclose()

    asyncio.run(run())
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


def test_one_that_takes_too_long_or_says_too_much_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(module, "ANSWER", 10)

    async def run() -> None:
        one, two, three = crews(tmp_path, 3)

        answers = [b"", b"\0" * 7, (5).to_bytes(8, "big") + b"half"]

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answers.pop())
            if not answers:
                # The last one waits for more than ever comes.
                await reader.read()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_unix_server(silent, tmp_path / "1")
        await three.listen(lambda question: b"x" * 11)
        while answers:
            assert await one.ask("?") == [b"", b""]
        server.close()
        await three.aclose()
        await two.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("said", [b"", b"no end of a line", b"\xff\n", b"x" * 100_000 + b"\n"])
def test_what_is_no_question_breaks_nothing(
    tmp_path: Path, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)

    async def run() -> None:
        one, two = crews(tmp_path, 2)
        await two.listen(lambda question: b"yes" if question == "?" else b"no")
        reader, writer = await asyncio.open_unix_connection(tmp_path / "1")
        writer.write(said)
        # A line that was not read to its end may end the connection with a reset.
        with contextlib.suppress(ConnectionError):
            assert (await reader.read())[8:] in (b"", b"no")
        writer.close()
        monkeypatch.setattr(module, "PATIENCE", 30.0)
        assert await one.ask("?") == [b"yes"]
        await two.aclose()

    asyncio.run(run())
