"""Upstream fixes that are still open, and which cases of the contract show them.

`cases` are keys of `results.KEYS`; a test holds each row to at least one case on which the parser
named really fails, wherever its run is kept. `reference` is the extractor of the official guidance.
"""

import msgspec

__all__ = ["OPEN", "Open"]


class Open(msgspec.Struct, frozen=True):
    """One fix that a project has not made, with the threads that ask for it."""

    parser: str
    what: str
    threads: tuple[str, ...]
    cases: tuple[str, ...]


OPEN = [
    Open(
        "reference",
        "all calls are lost when the section end is missing",
        ("dynamo#8208",),
        ("k2: no section end, end of stream", "k2: the second call cut"),
    ),
    Open("reference", "`-` in a name: the call is lost", ("sglang#19552", "sglang#20878"), ("k2: a hyphen",)),
    Open("reference", "a second section is not read", (), ("k2: two sections, prose between",)),
    Open(
        "reference", "`get_weather:0` raises, `a.b` becomes `a`", (), ("k2: without the prefix", "k2: a dot")
    ),
    Open(
        "vllm",
        "a header of digits, a counter or another maker's id: no call",
        ("vllm#46127",),
        ("k2: bare digits", "k2: a counter for an id"),
    ),
    Open(
        "vllm",
        "a header without an index takes its name from an argument called `name`",
        ("vllm#32146",),
        ("k2: the header names the tool, not an argument's value",),
    ),
    Open(
        "vllm",
        "singular section tokens, and calls without a section",
        ("llama.cpp#17376", "vllm#33646"),
        ("k2: singular section tokens", "k2: a bare call ends the thought"),
    ),
    Open("vllm", "a call end missing before the next call", (), ("k2: no call end, next call",)),
    Open("vllm", "text after a section is lost", ("dynamo#9594",), ("k2: text after",)),
    Open("vllm", "ids that a client sanitised", ("exo#2281",), ("k2: underscores for dot and colon",)),
    Open("vllm", "half-stripped markers", ("typeclaw#344",), ("k2: half of the markers stripped",)),
    Open(
        "vllm",
        "K3: arguments come in one delta, when the call is over",
        ("vllm#50604", "vllm#50627"),
        ("k3: arguments arrive before the call is over",),
    ),
    Open(
        "vllm",
        "K3: think close omitted, no call",
        ("vllm#53246", "vllm#54273"),
        ("k3: the section opens inside the thought", "k3: an orphan close of the answer, then a section"),
    ),
    Open("vllm", "K3: spaced markers leak", ("vllm#50367",), ("k3: spaced markers",)),
    Open("vllm", "K3: the json block is read as no arguments", (), ("k3: arguments in a json block",)),
    Open(
        "sglang",
        "ids such as `call00003`: no call",
        ("sglang#25358", "sglang#25362"),
        ("k2: a counter for an id",),
    ),
    Open("sglang", "`call_3`, `toolu_…`, UUIDs: no call", ("sglang#37775",), ("k2: another maker's id",)),
    Open(
        "sglang",
        "pieces of a marker end up in arguments and text",
        ("sglang#31915",),
        ("k2: one character at a time", "k2: every two-way split"),
    ),
    Open("sglang", "text inside a section is shown", ("vllm#28543",), ("k2: text between calls",)),
    Open(
        "sglang",
        "whole texts: singular section tokens",
        ("llama.cpp#17376",),
        ("k2: singular section tokens",),
    ),
    Open("sglang", "ids that a client sanitised", ("exo#2281",), ("k2: underscores for dot and colon",)),
    Open("sglang", "half-stripped markers", ("typeclaw#344",), ("k2: half of the markers stripped",)),
    Open(
        "sglang",
        "K3: the same text as reasoning and as answer",
        (),
        ("k3: an orphan close of the answer, then a section",),
    ),
    Open("sglang", "K3: the json block is read as no arguments", (), ("k3: arguments in a json block",)),
    Open("sglang", "K3: ids counted by position collide when the history is cut", ("sglang#33343",), ()),
]
