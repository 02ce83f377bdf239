"""The table of faults: what each kind does, what can be set, where it was met, and what is left to a client.

The verdict is the worth of the table: it says what a correct client can do, and so what a test of
one may ask for.

- `harmless`: everything that the answer says arrives; a correct client has it without a retry.
- `retryable`: it failed before any of the answer arrived; a retry loses and doubles nothing.
- `broken`: a part of the answer arrived; whoever passed it on cannot take it back.
- `final`: the server says no, and says it again to whoever asks again.

A kind's verdict is that of its defaults; `Fault.verdict` weighs what was set.
"""

from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

from moonwire.simulator.faults.refusals import ErrorName

__all__ = ["KINDS", "Kind", "Parameter", "Verdict", "in_words", "markdown_table"]

Verdict = Literal["harmless", "retryable", "broken", "final"]

SECONDS: Final = Annotated[float, msgspec.Meta(ge=0)]
COUNT: Final = Annotated[int, msgspec.Meta(ge=0)]
SIZE: Final = Annotated[int, msgspec.Meta(ge=1, le=2**30)]
WAIT: Final = Annotated[float, msgspec.Meta(ge=0, le=31 * 86_400.0)]


class Parameter(msgspec.Struct, frozen=True):
    """What can be set of a kind. `type` is what msgspec checks the value against.

    The default may be `None`, which TOML cannot say: not set.
    """

    name: str
    type: Any
    default: Any
    meaning: str


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One way to fail: what becomes of a stream, and what of a whole answer."""

    name: str
    stream: str
    whole: str
    verdict: Verdict
    source: str
    parameters: tuple[Parameter, ...] = ()


AFTER: Final = Parameter("after", COUNT, None, "after so many bytes of the body")
EVENTS: Final = Parameter("events", COUNT, 3, "after so many events; not together with `after`")
SAME: Final = "the same"
MIDDLE: Final = "the same; without `after`, in its middle"


def _seconds(default: float, meaning: str = "how long; `inf` for ever") -> Parameter:
    return Parameter("seconds", SECONDS, default, meaning)


_CONNECTION: Final = (
    Kind(
        name="refuse",
        stream="the connection is reset, and for a while every new one is refused",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md K3: a client that rebuilds its transport and retries once, at once",
        parameters=(_seconds(2.0),),
    ),
    Kind(
        name="reset-before",
        stream="the connection is reset before a byte of the answer",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md K3, connection errors; a kept-alive connection that the server gave up",
    ),
    Kind(
        name="reset-headers",
        stream="the connection is reset behind the headers",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md I6",
    ),
    Kind(
        name="reset",
        stream="the connection is reset within the body",
        whole=MIDDLE,
        verdict="broken",
        source="kimi-api.md I6, kimi-code#201 (`terminated`)",
        parameters=(AFTER, EVENTS),
    ),
    Kind(
        name="close",
        stream="the connection is closed in order within the body, whose end is not marked",
        whole=MIDDLE,
        verdict="broken",
        source="kimi-api.md I6",
        parameters=(AFTER, EVENTS),
    ),
    Kind(
        name="stall",
        stream="silence, then the rest",
        whole=MIDDLE,
        verdict="harmless",
        source="kimi-api.md I6, kimi-code#1798; minutes before the first token: oh-my-pi#2368",
        parameters=(
            _seconds(30.0),
            Parameter("where", Literal["body", "headers"], "body", "whether before the headers instead"),
            AFTER,
            EVENTS,
        ),
    ),
    Kind(
        name="slow-headers",
        stream="the headers are late",
        whole=SAME,
        verdict="harmless",
        source="kimi-api.md I6, hermes-agent#73337",
        parameters=(_seconds(5.0),),
    ),
    Kind(
        name="drip",
        stream="a byte, a pause, a byte",
        whole=SAME,
        verdict="harmless",
        source="a network's worst case; every boundary falls within something",
        parameters=(
            _seconds(0.005, "the pause; `inf` stops behind the first"),
            Parameter("bytes", SIZE, 1, "how many at a time"),
        ),
    ),
)

_REFUSED: Final = (
    Kind(
        name="status",
        stream="the server refuses instead of answering: see the [errors](#errors)",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md K1, K2, L",
        parameters=(
            Parameter("error", ErrorName, "overloaded", "which refusal"),
            Parameter(
                "wait",
                Literal["none", "header", "date", "ms", "text"],
                None,
                "where the wait is said: `Retry-After` as a number or as a date, `retry-after-ms`, the text; "
                "else as the error does",
            ),
            Parameter("seconds", WAIT, 1.0, "the wait that is said; `1.5` is said as it is"),
        ),
    ),
    Kind(
        name="empty",
        stream="a 200 without a body",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md I7, its plainest case",
    ),
    Kind(
        name="not-json",
        stream="a 200 with a page of HTML, as gateways and login portals give",
        whole=SAME,
        verdict="retryable",
        source="kimi-api.md P, proxies in front of vendors",
    ),
)

_DRESS: Final = (
    Kind(
        name="content-type",
        stream="the wrong content type over the right body: `application/json`",
        whole="`text/html`",
        verdict="harmless",
        source="vendors' proxies (kimi-api.md P)",
        parameters=(Parameter("type", str, None, "another type"),),
    ),
    Kind(
        name="gzip",
        stream="the body is packed, and each event is flushed",
        whole="the body is packed",
        verdict="harmless",
        source="proxies that pack whatever passes; RFC 9110, 8.4.1.3",
    ),
    Kind(
        name="half-character",
        stream="a cut within a character of several bytes in each event that has one, escapes written out; "
        "in a stream without, within a comment before its end",
        whole="cut once, if it has such a character",
        verdict="harmless",
        source="verification.md P0.11; any TCP segment",
        parameters=(Parameter("seconds", SECONDS, 0.01, "the pause between the halves"),),
    ),
    Kind(
        name="garbage",
        stream="before each event something that is none of the answer",
        whole="blanks around it",
        verdict="harmless",
        source="kimi-api.md I6, oh-my-pi#5428 (comments); Messages' `ping`; proxies that log into the stream",
        parameters=(
            Parameter(
                "which",
                Literal["all", "binary", "comment", "blank", "ping", "not-json"],
                "all",
                "what: `all` takes turns",
            ),
        ),
    ),
    Kind(
        name="huge",
        stream="one event of this size, before the answer's first content",
        whole="so many blanks before it, or so much more content",
        verdict="harmless",
        source="a limit that every buffer must have",
        parameters=(
            Parameter("bytes", SIZE, 8 * 2**20, "the size"),
            Parameter(
                "which", Literal["comment", "content"], "comment", "`content`: more text than anyone wants"
            ),
        ),
    ),
)

_STREAM: Final = (
    Kind(
        name="cut-json",
        stream="an event is cut off within its JSON, and the stream ends there",
        whole="the JSON is cut off in its middle",
        verdict="broken",
        source="kimi-api.md I5, I6",
        parameters=(Parameter("events", COUNT, 2, "after so many whole events"),),
    ),
    Kind(
        name="no-finish",
        stream="without `finish_reason`, usage and `[DONE]` the stream ends",
        whole="`finish_reason` is null, usage missing",
        verdict="broken",
        source="kimi-api.md I6, I3, dynamo#8208",
    ),
    Kind(
        name="no-done",
        stream="`[DONE]` (`message_stop`) is missing, and the stream ends",
        whole="the connection is closed behind the body, whose end is not marked",
        verdict="harmless",
        source="kimi-api.md I6",
    ),
    Kind(
        name="no-finish-hang",
        stream="neither `finish_reason` nor `[DONE]`, and the connection stays open",
        whole="the second half never comes",
        verdict="broken",
        source="kimi-api.md I6, kimi-code#2762",
    ),
    Kind(
        name="duplicate",
        stream="an event is sent twice",
        whole="the body is sent twice",
        verdict="broken",
        source="kimi-api.md I4: servers that repeat; proxies that retry within a stream",
        parameters=(
            Parameter(
                "which",
                Literal["any", "content", "reasoning", "call", "finish", "done"],
                "any",
                "the first of these; `any` is one of the first three",
            ),
            Parameter("nth", SIZE, 1, "not the first, but this one"),
        ),
    ),
    Kind(
        name="error-event",
        stream="an error within the stream, in the place of the rest",
        whole="a 200 that holds an error",
        verdict="broken",
        source="kimi-api.md I8",
        parameters=(
            Parameter(
                "error", Literal["overloaded", "rate-limit", "server-error"], "overloaded", "which error"
            ),
            Parameter("events", COUNT, 2, "after so many events"),
            Parameter("done", bool, False, "whether `[DONE]` follows"),
        ),
    ),
    Kind(
        name="filter",
        stream="the filter cuts the answer: what came stays, `finish_reason` is `content_filter`",
        whole="the content is empty, or half of it, no calls",
        verdict="final",
        source="kimi-api.md I3, kimi-code#1952",
        parameters=(
            Parameter("where", Literal["thoughts", "content"], "thoughts", "how far the answer comes"),
            Parameter("events", COUNT, 2, "with `content`: how many events of content pass"),
        ),
    ),
)

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (*_CONNECTION, *_REFUSED, *_DRESS, *_STREAM)}
"""Every kind by its name: those of the connection, refusals, the answer's dress, then the stream's."""


def in_words(kind: Any) -> str:
    """What a parameter takes, in words.

    >>> in_words(SECONDS), in_words(COUNT), in_words(Literal["a", "b"])
    ('a number', 'a whole number', '"a" or "b"')
    """
    if get_origin(kind) is Literal:
        names = [f'"{name}"' for name in get_args(kind)]
        return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"
    if get_origin(kind) is Annotated:
        return in_words(get_args(kind)[0])
    return {float: "a number", int: "a whole number", bool: "true or false"}.get(kind, "text")


def markdown_table() -> str:
    """The kinds as a table of Markdown, and below it what can be set of each.

    >>> print(markdown_table().splitlines()[0])
    | kind | a stream | a whole answer | verdict | known from |
    """
    lines = ["| kind | a stream | a whole answer | verdict | known from |", "|---|---|---|---|---|"]
    lines += [
        f"| `{kind.name}` | {kind.stream} | {kind.whole} | {kind.verdict} | {kind.source} |"
        for kind in KINDS.values()
    ]
    lines += ["", "| kind | parameter | value | default | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| `{kind.name}` | `{one.name}` | {_value(one)} | {_default(one)} | {one.meaning} |"
        for kind in KINDS.values()
        for one in kind.parameters
    ]
    return "\n".join(lines) + "\n"


def _value(parameter: Parameter) -> str:
    return "an [error](#errors)" if parameter.type is ErrorName else in_words(parameter.type)


def _default(parameter: Parameter) -> str:
    return "" if parameter.default is None else f"`{msgspec.json.encode(parameter.default).decode()}`"
