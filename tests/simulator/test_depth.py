"""JSON that is nested too deeply, or is none."""

from typing import Any

import msgspec
import pytest

from moonwire.simulator.depth import DEEPEST, decode

SHAPES = [(b"[", b"]"), (b'{"a":', b"}"), (b'{"a":[', b"]}")]


@pytest.mark.parametrize(("begin", "end"), SHAPES)
@pytest.mark.parametrize("many", [1, 10, 128])
def test_what_is_not_deep_is_read(begin: bytes, end: bytes, many: int) -> None:
    data = begin * many + b"1" + end * many
    assert decode(data) == msgspec.json.decode(data)


@pytest.mark.parametrize(("begin", "end"), SHAPES)
@pytest.mark.parametrize("many", [DEEPEST + 1, 400, 2_000, 100_000])
def test_what_is_deep_is_not(begin: bytes, end: bytes, many: int) -> None:
    with pytest.raises(msgspec.DecodeError, match="nested too deeply"):
        decode(begin * many + b"1" + end * many)


def test_the_border() -> None:
    def deep(many: int) -> bytes:
        return b"[" * many + b"]" * many

    assert decode(deep(DEEPEST)) is not None
    with pytest.raises(msgspec.DecodeError):
        decode(deep(DEEPEST + 1))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"nan", b"[NaN]", b'"\\ud800"', b'"\xff"', b"\xff\xfe", b"1e999999x"]
)
def test_what_is_no_json_is_not_read(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(data)


def test_many_brackets_are_not_deep() -> None:
    wide: Any = [[] for _ in range(10_000)]
    assert decode(msgspec.json.encode(wide)) == wide
