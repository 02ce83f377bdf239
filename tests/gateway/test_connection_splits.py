"""The same bytes in whatever pieces: the answers are the same."""

import asyncio
import re

import pytest

from moonwire.gateway.common import Listening
from tests.gateway.answering import echo, get, post
from tests.gateway.test_connection import Transport, connected

CHUNKED = (
    get("/3", "transfer-encoding: chunked", method="POST") + b"2;e=1\r\nab\r\n1\r\nc\r\n0\r\nx-t: 1\r\n\r\n"
)
OFFER = ("connection: upgrade", "upgrade: h2c")
MANY = get("/1") + post(b"ab", path="/2") + CHUNKED + post(b"de", *OFFER, path="/4") + get("/5", *OFFER)
LAST: dict[str, tuple[bytes, str]] = {
    "one that goes on": (b"\r\n" + get("/6", "x-a: 1", "x-a: 2"), "200 /6"),
    "one that closes": (get("/6", "connection: close") + get("/7"), "200 /6"),
    "an old one": (get("/6", version="1.0"), "200 /6"),
    "what is no request": (b"GET /6\r\n bad\r\n\r\n", "400 "),
    "length and chunks": (get("/6", "content-length: 3", "transfer-encoding: chunked") + get("/7"), "400 "),
    "a head that is too large": (get("/6", "x-a: " + "x" * 400) + get("/7"), "431 "),
}


async def answers(pieces: list[bytes]) -> list[str]:
    transport = Transport()
    line = connected(echo, transport, Listening(headers=300))
    for piece in pieces:
        if transport.is_closing():
            break
        line.data_received(piece)
        for _ in range(2):
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    line.connection_lost(None)
    said = transport.sent.decode("latin-1")
    assert not re.search(r"x-t|'upgrade': ", said)
    found = re.findall(
        r"HTTP/1\.1 (\d+) .*?\r\n\r\n(?:\S+ (/\d) .*?\|\{.*?\}\|(.{0,3}?)(?=HTTP|$))?", said, re.DOTALL
    )
    return [f"{status} {path}{body}" for status, path, body in found if status != "100"]


@pytest.mark.parametrize(("last", "wanted"), LAST.values(), ids=LAST)
def test_pieces_make_no_difference(last: bytes, wanted: str) -> None:
    sent = MANY + last
    first = ["200 /1", "200 /2ab", "200 /3abc", "200 /4de", "200 /5"]

    async def main() -> None:
        assert await answers([sent]) == [*first, wanted]
        assert await answers([sent[at : at + 1] for at in range(len(sent))]) == [*first, wanted]
        for at in range(1, len(sent)):
            assert await answers([sent[:at], sent[at:]]) == [*first, wanted], at
        for size in range(2, 60):
            cut = [sent[at : at + size] for at in range(0, len(sent), size)]
            assert await answers(cut) == [*first, wanted], size

    asyncio.run(main())
