"""OpenAI Responses: bodies to the common vocabulary and back, streams read and written.

Nothing is lost on the way: `encode(decode(body)) == body` for every body that can be read at all.
"""

from moonwire.wire.responses.body import decode, encode, write
from moonwire.wire.responses.errors import encode_error, error_event
from moonwire.wire.responses.functions import Kinds, as_functions, bare
from moonwire.wire.responses.reader import Reader
from moonwire.wire.responses.render import Echo
from moonwire.wire.responses.state import referenced, resolved, resumed, stored
from moonwire.wire.responses.writer import Writer, encode_reply

__all__ = [
    "Echo",
    "Kinds",
    "Reader",
    "Writer",
    "as_functions",
    "bare",
    "decode",
    "encode",
    "encode_error",
    "encode_reply",
    "error_event",
    "referenced",
    "resolved",
    "resumed",
    "stored",
    "write",
]
