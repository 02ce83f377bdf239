"""What the keys mean whose tables are values of other layers, in the operator's words."""

from collections.abc import Mapping
from typing import Any, Final

from moonwire.core.settings import Settings
from moonwire.exchange.config import Options, Retries
from moonwire.gateway.config.model import Config
from moonwire.transport import TLS, Timeouts

__all__ = ["MEANINGS", "NOT_KEYS"]

_PASSES: Final = (
    *("messages", "pairing", "reasoning", "tools", "schemas"),
    *("thinking", "sampling", "cache", "fields"),
)

MEANINGS: Final[Mapping[type[Any], Mapping[str, str]]] = {
    Timeouts: {
        "connect": "seconds for looking up the name, TCP, the proxy and TLS together",
        "write": "seconds for which the server may take no byte of a request",
        "first_byte": "seconds from the end of the request to the headers of the answer",
        "idle": "seconds between two pieces of an answer; a model may think for minutes",
        "total": "seconds for all of a request",
        "pool": "seconds of waiting for a free connection",
    },
    TLS: {
        "ca_file": "the authorities that are trusted instead of the system's, in PEM",
        "cert_file": "the gateway's own certificate, in PEM",
        "key_file": "the private key of the gateway's certificate, in PEM",
        "verify": "whether the server's certificate is checked",
        "server_name": "the name in the server's certificate, where it is not the URL's host",
    },
    Retries: {
        "attempts": "requests sent for one that was asked, at most, repairs and fallbacks included",
        "wait": "seconds waited in all for one request, at most",
        "base": "the upper end of the first wait in seconds; each further one's is twice as much",
        "longest": "the upper end that waits grow to",
        "share": "retries per request of one upstream over a minute, at most",
        "breaker": "failures in a row after which an upstream is left alone; 0: never",
        "pause": "for how many seconds it is",
    },
    Options: {
        "thoughts_only": "what a caller without a stream gets for an answer of thoughts alone",
        "escalate": "whether such an answer is asked for once more, with a larger cap or less effort",
        "resume": "whether a text that broke off is continued by a new request, where the server can",
        "hedge": "seconds without a word after which the same is sent a second time beside it; 0: never",
        "tail": "seconds that are waited for usage once the reason for the end was given",
    },
    Settings: {
        **{name: f"whether the pass {name} runs" for name in _PASSES},
        "ids": "whether the pass ids runs, and what ids servers get",
        "budget": "whether the pass budget runs, and what the cap is reckoned by",
        "filler": "what stands in for reasoning that nobody knows",
        "keep": "whether the server is asked to use the reasoning of earlier turns",
        "prefill": "whether a last assistant turn begins the answer only if it says so, or always",
        "media": "what happens to pictures and films that the model does not take",
        "several": "what happens to n > 1 where the server gives one answer",
        "control_texts": "whether control texts in user and tool content are made harmless",
        "cap": "the output cap where the caller sets none; unset: the model's",
        "raise_cap": "whether a caller's cap below the floor of visible output is raised to it",
        "margin": "tokens kept free between the estimate and the window",
        "reserved": 'with budget = "reserved", the cap in tokens where the window is not known',
    },
}
"""By the struct, then by its field."""

NOT_KEYS: Final[Mapping[type[Any], Mapping[str, str]]] = {
    Settings: dict.fromkeys(
        ("degrade", "drop_tools", "drop_media"), "it is for one request, which a server refused"
    ),
    Config: dict.fromkeys(("overrides", "simulated"), "it follows from other keys"),
    Options: {"stream_bytes": "it is limits.stream_bytes"},
}
"""Fields that are nobody's to configure there, and why."""
