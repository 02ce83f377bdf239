"""Records as bytes. The stored form is its own, so that a field renamed in the core does not change it."""

import msgspec

from moonwire.core.recall import Kept, Record, Turn, Used

__all__ = ["decode", "encode"]

_VERSION = b"\x01"
_STEP = 64


class _Turn(msgspec.Struct, frozen=True, tag="t", array_like=True):
    # Bytes, because a server's JSON may hold half of a surrogate pair, which UTF-8 has no form for.
    reasoning: bytes | None
    natives: tuple[bytes, ...]


class _Used(msgspec.Struct, frozen=True, tag="u", array_like=True):
    prompt: int
    completion: int
    reasoning: int
    bytes: int


class _Kept(msgspec.Struct, frozen=True, tag="k", array_like=True):
    text: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder[_Turn | _Used | _Kept](_Turn | _Used | _Kept)


def encode(record: Record) -> bytes:
    """The record's bytes, equal for equal records, their length in steps of 64.

    Sealing keeps the length, and the lengths of short ones would tell a turn's shape.

    >>> len(encode(Turn())), len(encode(Turn(reasoning="a" * 50))), decode(encode(Turn(reasoning="a")))
    (64, 64, Turn(reasoning='a'))
    """
    if isinstance(record, Turn):
        reasoning = None if record.reasoning is None else _bytes(record.reasoning)
        stored = _Turn(reasoning, tuple(map(_bytes, record.natives)))
    elif isinstance(record, Kept):
        stored = _Kept(_bytes(record.text))
    else:
        stored = _Used(record.prompt, record.completion, record.reasoning, record.bytes)
    plain = _VERSION + _encoder.encode(stored) + b"\x80"
    return plain + bytes(-len(plain) % _STEP)


def decode(data: bytes) -> Record | None:
    """The record; None for what this version does not understand."""
    plain = data.rstrip(b"\0")
    if plain[:1] != _VERSION or plain[-1:] != b"\x80":
        return None
    try:
        stored = _decoder.decode(memoryview(plain)[1:-1])
        if isinstance(stored, _Turn):
            reasoning = None if stored.reasoning is None else _text(stored.reasoning)
            return Turn(reasoning=reasoning, natives=tuple(map(_text, stored.natives)))
        if isinstance(stored, _Kept):
            return Kept(text=_text(stored.text))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Used(
        prompt=stored.prompt, completion=stored.completion, reasoning=stored.reasoning, bytes=stored.bytes
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
