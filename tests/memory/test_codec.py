"""Records as bytes: nothing is lost, and what is not understood is nothing."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.recall import Kept, Record, Turn, Used
from moonwire.memory.codec import decode, encode

# Halves of surrogate pairs too: a server's JSON may hold them.
TEXT = st.text(st.characters(), max_size=200)
COUNT = st.integers(min_value=0, max_value=2**63)
RECORDS: st.SearchStrategy[Record] = (
    st.builds(Turn, reasoning=st.none() | TEXT, natives=st.lists(TEXT, max_size=4).map(tuple))
    | st.builds(Used, prompt=COUNT, completion=COUNT, reasoning=COUNT, bytes=COUNT)
    | st.builds(Kept, text=TEXT)
)


@given(RECORDS)
def test_what_is_stored_comes_back(record: Record) -> None:
    assert decode(encode(record)) == record
    assert encode(record) == encode(msgspec.structs.replace(record))
    assert len(encode(record)) % 64 == 0


@given(RECORDS, RECORDS)
def test_different_records_are_different_bytes(one: Record, other: Record) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda data: b"\x01" + data + b"\x80"))
def test_other_bytes_are_nothing_or_a_record(data: bytes) -> None:
    assert isinstance(decode(data), Turn | Used | Kept | None)


def test_a_later_version_is_not_guessed_at() -> None:
    assert decode(b"\x02" + encode(Turn(reasoning="a"))[1:]) is None
    assert decode(b"\x01" + msgspec.msgpack.encode(["t", b"\xff", []]) + b"\x80") is None
    assert decode(b"\x01" + msgspec.msgpack.encode(["k", b"\xff"]) + b"\x80") is None
