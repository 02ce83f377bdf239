"""Anthropic Messages: bodies, streams, answers and errors, to the common vocabulary and back."""

from moonwire.wire.anthropic.abroad import abroad, adapted
from moonwire.wire.anthropic.answers import Model, count_body, model_body, models_body
from moonwire.wire.anthropic.body import decode, encode, write
from moonwire.wire.anthropic.errors import encode_error, error_event
from moonwire.wire.anthropic.reader import Reader
from moonwire.wire.anthropic.reply import encode_reply
from moonwire.wire.anthropic.writer import PING, Writer

__all__ = [
    "PING",
    "Model",
    "Reader",
    "Writer",
    "abroad",
    "adapted",
    "count_body",
    "decode",
    "encode",
    "encode_error",
    "encode_reply",
    "error_event",
    "model_body",
    "models_body",
    "write",
]
