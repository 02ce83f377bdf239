"""Server-sent events: the same data however the bytes are cut, in bounded memory and linear work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import RemoteProtocolError
from moonwire.wire.sse import EVENT_BYTES, Decoder
from tests.wire.sse_cases import CASES, Case

all_cases = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def read(chunks: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    decoder = Decoder()
    found = [data for chunk in chunks for data in decoder.feed(chunk)]
    return found, decoder.finish()


def by_the_book(stream: bytes) -> tuple[list[bytes], list[bytes]]:
    """The WHATWG's algorithm, line by line, but for what is left at the end."""
    lines = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    found: list[bytes] = []
    buffer: list[bytes] = []
    for number, line in enumerate(lines):
        if not line and number < len(lines) - 1:
            found += [b"\n".join(buffer)] if buffer else []
            buffer = []
        field, _, value = line.partition(b":")
        if field == b"data":
            buffer.append(value[1:] if value[:1] == b" " else value)
    return found, [b"\n".join(buffer)] if buffer else []


@all_cases
def test_the_data_of_each_event(case: Case) -> None:
    assert read([case.stream]) == (list(case.found), list(case.rest))
    assert by_the_book(case.stream) == (list(case.found), list(case.rest))


@all_cases
def test_it_does_not_matter_where_the_bytes_are_cut(case: Case) -> None:
    stream, whole = case.stream, read([case.stream])
    for place in range(len(stream) + 1):
        assert read([stream[:place], stream[place:]]) == whole
        assert read([stream[:place], b"", stream[place:]]) == whole
    assert read([stream[place : place + 1] for place in range(len(stream))]) == whole


@given(st.lists(st.sampled_from([b"data", b":", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"a", b"id: 1", b""])))
def test_it_reads_as_the_specification_does(chunks: list[bytes]) -> None:
    # A CR LF that is cut is one line end; joined here, so that both see the same lines.
    assert read(chunks) == by_the_book(b"".join(chunks))


@given(st.lists(st.binary(max_size=8)))
def test_any_bytes_are_read(chunks: list[bytes]) -> None:
    assert read(chunks) == read([b"".join(chunks)])


def test_an_end_can_be_followed_by_another_stream() -> None:
    decoder = Decoder()
    assert (decoder.feed(b"data: a"), decoder.finish(), decoder.finish()) == ([], [b"a"], [])
    assert decoder.feed(b"data: b\n\n") == [b"b"]


# -- bounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [b"x", b"data: x\n", b"x\r", b": ping\n"])
def test_an_event_that_never_ends_is_refused(piece: bytes) -> None:
    decoder = Decoder(limit=64)
    with pytest.raises(RemoteProtocolError, match="more than 64 bytes") as caught:
        for _ in range(65):
            assert decoder.feed(piece) == []
    assert caught.value.path == "stream" and caught.value.remedy


def test_many_events_are_not_one_large_one() -> None:
    decoder = Decoder(limit=64)
    assert sum(len(decoder.feed(b"data: 0123456789\n\n")) for _ in range(100)) == 100
    assert len(decoder.feed(b"data: 0123456789\n\n" * 100)) == 100
    assert decoder.feed(b"data: " + b"x" * 58) == [] and EVENT_BYTES > 1 << 20


class Counting(bytearray):
    """What is held, counting the bytes that are copied out of it: it is emptied at once behind a copy."""

    copied = 0

    def clear(self) -> None:
        self.copied += len(self)
        super().clear()


@pytest.mark.parametrize("piece", [b"x", b"xxxxxxx", b"data: x\n", b"data: x\r\n"])
def test_a_large_event_in_small_pieces_is_copied_once(piece: bytes) -> None:
    decoder = Decoder()
    decoder._held = held = Counting()
    decoder.feed(b"data: ")
    for _ in range(20_000):
        decoder.feed(piece)
    assert (held.copied, len(decoder.feed(b"\n\n"))) == (0, 1)
    assert held.copied <= 6 + 20_000 * len(piece)
