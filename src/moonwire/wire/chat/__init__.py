"""OpenAI Chat Completions bodies: to the common vocabulary and back.

Nothing is lost on the way: `encode(decode(body)) == body` for every body that can be read at all.
What a field of the vocabulary cannot hold stays in `extra` under its own name, and what is spelled in
a way of its own is kept verbatim until a healing pass changes it. Facts about the fields that Kimi's
endpoints add (`reasoning_content`, `partial`, `messages[].tools`): kimi-api.md B6, G6, H5.
"""

from moonwire.wire.chat.bare import bare
from moonwire.wire.chat.body import decode, encode, read, write
from moonwire.wire.chat.messages import decode_message, encode_message
from moonwire.wire.chat.tools import decode_tool, encode_tool

__all__ = [
    "bare",
    "decode",
    "decode_message",
    "decode_tool",
    "encode",
    "encode_message",
    "encode_tool",
    "read",
    "write",
]
