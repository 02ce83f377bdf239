"""Content codings at every split, and what a small body may grow to."""

import gzip
import zlib

import pytest

from moonwire.core.errors import RemoteProtocolError
from moonwire.transport.encoding import PIECE, Inflater, inflater

TEXT = b"data: {}\n\n" * 50
RAW = zlib.compressobj(wbits=-15)
BODIES: list[tuple[str, bytes]] = [
    ("gzip", gzip.compress(TEXT, mtime=0)),
    (
        "x-gzip",
        gzip.compress(TEXT[:100], mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(TEXT[100:], mtime=0),
    ),
    (" GZIP ", gzip.compress(TEXT, mtime=0) + b"\0\0\0"),
    ("gzip", gzip.compress(TEXT, mtime=0) + b"\x1f"),
    ("deflate", zlib.compress(TEXT)),
    ("deflate", RAW.compress(TEXT) + RAW.flush()),
    ("deflate", zlib.compress(TEXT) + b"more"),
]


def made(coding: str, limit: int = 1 << 20) -> Inflater:
    found = inflater(coding, origin="http://a", limit=limit)
    assert found is not None
    return found


def drained(decoder: Inflater, *data: bytes) -> bytes:
    out = b""
    for piece in data:
        decoder.feed(piece)
        while more := decoder.next():
            assert len(more) <= PIECE
            out += more
    return out


@pytest.mark.parametrize(("coding", "body"), BODIES)
def test_a_body_is_the_same_at_every_split(coding: str, body: bytes) -> None:
    for cut in range(len(body) + 1):
        decoder = made(coding)
        assert drained(decoder, *[part for part in (body[:cut], body[cut:]) if part]) == TEXT
        decoder.finish()
    decoder = made(coding)
    assert drained(decoder, *[body[at : at + 1] for at in range(len(body))]) == TEXT
    decoder.finish()


def test_nothing_is_held_back_that_the_server_flushed() -> None:
    compressor = zlib.compressobj(wbits=31)
    decoder = made("gzip")
    for n in range(3):
        event = b"data: %d\n\n" % n
        assert drained(decoder, compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)) == event


def test_a_bomb_comes_in_pieces_and_ends_at_the_limit() -> None:
    bomb = gzip.compress(bytes(8 << 20), mtime=0)
    assert len(drained(made("gzip", 8 << 20), bomb)) == 8 << 20
    with pytest.raises(RemoteProtocolError, match="comes to more than 1000000 bytes"):
        drained(made("gzip", 1_000_000), bomb)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_that_breaks_off_is_an_error(coding: str) -> None:
    body = gzip.compress(TEXT, mtime=0) if coding == "gzip" else zlib.compress(TEXT)
    for cut in (1, 5, len(body) - 1):
        decoder = made(coding)
        drained(decoder, body[:cut])
        with pytest.raises(RemoteProtocolError, match="breaks off"):
            decoder.finish()


def test_an_empty_body_is_whole() -> None:
    assert made("gzip").finish() is None
    assert made("deflate").finish() is None


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_garbage_is_an_error(coding: str) -> None:
    with pytest.raises(RemoteProtocolError, match="cannot be decoded"):
        drained(made(coding), b"\xff\xff\xff\xff\xff\xff")


def test_only_known_codings_are_decoded() -> None:
    assert inflater("", origin="", limit=1) is None
    assert inflater(" Identity", origin="", limit=1) is None
    for coding in ("br", "zstd", "gzip, gzip"):
        with pytest.raises(RemoteProtocolError, match="not asked for"):
            inflater(coding, origin="", limit=1)
