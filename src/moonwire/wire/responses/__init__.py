"""OpenAI Responses bodies: to the common vocabulary and back.

Nothing is lost on the way: `encode(decode(body)) == body` for every body that can be read at all.
"""

from moonwire.wire.responses.body import decode, encode, write

__all__ = ["decode", "encode", "write"]
