"""The client: `Kimi`, its blocking wrapper, and what their calls come to."""

from moonwire.client.completion import BrokenOff, Completion, Tokens, WrongForm
from moonwire.client.files import Uploaded
from moonwire.client.kimi import Kimi
from moonwire.client.setup import Setup
from moonwire.client.stream import Stream
from moonwire.client.sync import KimiSync, StreamSync

__all__ = [
    "BrokenOff",
    "Completion",
    "Kimi",
    "KimiSync",
    "Setup",
    "Stream",
    "StreamSync",
    "Tokens",
    "Uploaded",
    "WrongForm",
]
