"""How many tokens a request's prompt has, without a tokenizer and before it is sent.

Three rungs (tokens.md 9): a count given from outside; the last measured count of this conversation
plus what is new, at the ratio learned there; and a formula for a cold start. Each says how wrong it
may be. Text is weighed in UTF-8 bytes, never in characters (tokens.md 7).
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, cast

import msgspec
from msgspec import UNSET, UnsetType

from moonwire.core.counted import Estimated
from moonwire.core.memo import kept_for, kept_on
from moonwire.core.messages import (
    Document,
    File,
    Image,
    Message,
    Other,
    Request,
    TextPart,
    Tool,
    Video,
)
from moonwire.core.pictures import inlined_size

__all__ = ["Estimate", "Measured", "estimate", "kimi_cli_tokens", "message_bytes", "text_bytes"]

Medium = Image | Video | Document | File | Other

# The largest picture: 65,536 patches of 14 px, 512 per side, four patches to a token (tokens.md 2),
# and about nine tokens around it (tokens.md 9).
_PATCHES, _SIDE, _PATCH, _AROUND = 65_536, 512, 14, 9
_PICTURE_MAX = _PATCHES // 4 + _AROUND
# The longest film: K3's preprocessor allows 655,360 patches, four to a token, four frames in one.
_FILM_MAX = 655_360 // 4 // 4
# The frame around a tool's name, description and parameters, in bytes of JSON.
_TOOL_FRAME = len(b'{"function":{"name":"","description":"","parameters":},"type":"function"}')
# A message that brings tools of its own costs this beside what any message does (tokens.md 2).
_OWN_TOOLS = 45
# How many values are looked into where one cannot be written as JSON; a cycle has no end.
_NODES = 100_000
# What kimi-cli takes for any medium (kimi-api.md D7): the sure part of one whose size is unknown.
_FLAT = 2_000

# Tokens to a byte: prose and code about a quarter; text that is long without a space, such as compact
# JSON, more; and blobs (base64, hex) most of all (tokens.md 7, 9).
_TEXT_RATIO, _DENSE_RATIO, _BLOB_RATIO = 1 / 4, 1 / 2.8, 1 / 1.5


def _stencil(letters: bytes) -> bytes:
    """A table for `bytes.translate` under which a run of these letters is a run of `x`."""
    return bytes(0x78 if byte in letters else 0x20 for byte in range(256))


_DENSE = _stencil(bytes(range(0x21, 0x7F)))
_BLOB = _stencil(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
# The lengths of which the runs are counted; a run's rest weighs as what is around it.
_DENSE_RUN, _BLOB_RUN = b"x" * 48, b"x" * 32

# A learned ratio beyond these is an artefact: no text has more tokens than bytes, and a prompt of
# tools that the template shortens (tokens.md 3) says nothing of the prose that comes after it.
_RATIO_MIN, _RATIO_MAX = 1 / 5, 1.0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the server counted for an earlier request of this conversation.

    `bytes` are that request's `text_bytes`; `messages` is how many messages of the current request
    it covers, its answer included; `replayed` says whether the template shows the reasoning of that
    answer again (K3, preserved thinking) or drops it.
    """

    prompt: int
    completion: int
    reasoning: int
    bytes: int
    messages: int
    replayed: bool = True


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """How many tokens, from which rung, with what margin, and how wrong that may be.

    `assumed` is the part of `tokens` that nothing was known about: media of unknown size are taken
    as the largest allowed, and this is by how much that may be too many.
    """

    tokens: int
    rung: Literal["measured", "exact", "near", "cold"]
    margin: int
    error: str
    assumed: int = 0

    @property
    def least(self) -> int:
        """What is there in any case. A cold estimate is up to a fifth too high for prose (tokens.md 7)."""
        known = self.tokens - self.assumed
        return known * 4 // 5 if self.rung == "cold" else known


class _Cost(NamedTuple):
    """What messages cost: bytes of text, those of them in dense runs and in blobs; media; calls and tools.

    Of media: the tokens in all, how many of them assumed, and how many media are of unknown size. `tools` is
    how many messages bring some.
    """

    size: int = 0
    dense: int = 0
    blob: int = 0
    media: int = 0
    assumed: int = 0
    unknown: int = 0
    calls: int = 0
    tools: int = 0


def estimate(
    request: Request,
    measured: Measured | None = None,
    counted: int | None = None,
    thinking: bool | None = None,
    margin: int = 1024,
) -> Estimate:
    """The prompt's tokens: `counted` if given, else from `measured` if it fits, else by formula.

    For a count by K3's rule the margin may be 3 (tokens.md 2).

    >>> request = Request(model="kimi-k3", messages=(Message(role="user", content="x" * 30),))
    >>> estimate(request, counted=97, margin=3).tokens
    97
    >>> estimate(request, thinking=True).rung
    'cold'
    """
    if isinstance(counted, Estimated):
        error = "counted with the model's own vocabulary; parts of the prompt had to be guessed"
        return Estimate(tokens=int(counted), rung="near", margin=margin, error=error)
    if counted is not None:
        error = "counted with the model's own vocabulary; only the frame around the prompt may differ"
        return Estimate(tokens=counted, rung="exact", margin=margin, error=error)
    if measured is not None and _fits(measured, request):
        return _from_measured(request, measured, margin)
    return _cold(request, thinking, margin)


def text_bytes(request: Request) -> int:
    """UTF-8 bytes of content, reasoning, the calls' names and arguments, and the tools' JSON.

    Inlined media are not text and not counted.

    >>> text_bytes(Request(model="", messages=(Message(role="user", content="né"),)))
    3
    """
    return sum([_cost(message).size for message in request.messages]) + _tools_bytes(request.tools)


def message_bytes(message: Message) -> int:
    """UTF-8 bytes of one message, counted as `text_bytes` counts."""
    size = sum(map(_size, _texts(message)))
    return size + sum(map(_json_size, _values(message))) + _tools_bytes(message.tools)


def kimi_cli_tokens(request: Request) -> int:
    """What kimi-cli's own estimator says (kimi-api.md D7), for its two policies.

    A quarter token for each ASCII character of a text, rounded up, one for any other character,
    and 2,000 for each medium.

    >>> kimi_cli_tokens(Request(model="", messages=(Message(role="user", content="hello 你好"),)))
    5
    """
    tokens = 0
    for message in request.messages:
        tokens += _quarter(message.role) + sum(map(_quarter, _texts(message)))
        tokens += _quarter(message.name or "") + _quarter(message.call_id or "")
        tokens += sum(_quarter(call.id) for call in message.calls or ())
        tokens += sum(_json_quarter(value) for value in _values(message))
        tokens += _FLAT * sum(1 for _ in _media(message))
        tokens += sum(map(_tool_quarter, message.tools or ()))
    return tokens + sum(map(_tool_quarter, request.tools or ()))


# -- the rungs ------------------------------------------------------------------------------------


def _fits(measured: Measured, request: Request) -> bool:
    return measured.prompt > 0 and measured.bytes > 0 and 0 <= measured.messages <= len(request.messages)


def _from_measured(request: Request, measured: Measured, margin: int) -> Estimate:
    # Pictures are in the count but not in the bytes: they are taken out before the ratio is read, and
    # where one's size is unknown no ratio can be.
    known, new = _sum(request.messages[: measured.messages]), _sum(request.messages[measured.messages :])
    learned = (measured.prompt - known.media) / measured.bytes
    ratio = _TEXT_RATIO if known.unknown else min(_RATIO_MAX, max(_RATIO_MIN, learned))
    answer = measured.completion if measured.replayed else max(0, measured.completion - measured.reasoning)
    tokens = measured.prompt + answer + math.ceil(_weigh(new, ratio))
    tokens += 10 * (len(request.messages) - measured.messages) + _OWN_TOOLS * new.tools + new.media
    error = "off by 9 % at most in 99 of 100 requests; too few by 807 tokens at worst (tokens.md 8)"
    return Estimate(
        tokens=tokens, rung="measured", margin=margin, error=_said(error, new), assumed=new.assumed
    )


def _cold(request: Request, thinking: bool | None, margin: int) -> Estimate:
    thinks = request.thinking.enabled is not False if thinking is None else thinking
    cost = _sum(request.messages)
    text = _weigh(cost, _TEXT_RATIO) + _tools_bytes(request.tools) * _TEXT_RATIO
    tokens = 8 + math.ceil(text) + 10 * len(request.messages) + 20 * cost.calls + cost.media
    tokens += _OWN_TOOLS * cost.tools
    tokens += 67 if thinks else 0
    tokens += 35 if request.tools else 0
    choice, form = request.tool_choice, request.response_format
    if choice is not UNSET and choice is not None and choice.mode != "auto":
        tokens += 40
    if form is not UNSET and form is not None and form.kind != "text":
        tokens += 45 + math.ceil(_json_size(form.schema) * _TEXT_RATIO)
    error = "within 25 % for most text; up to 45 % too few for records of short values, Korean, Arabic, emoji"
    return Estimate(
        tokens=tokens,
        rung="cold",
        margin=max(margin, math.ceil(tokens / 4)),
        error=_said(error, cost),
        assumed=cost.assumed,
    )


def _said(error: str, cost: _Cost) -> str:
    if not cost.unknown:
        return error
    return f"{error}; {cost.unknown} of unknown size taken as the largest: up to {cost.assumed:,} too many"


def _cost(message: Message) -> _Cost:
    return kept_on(message, "cost", _worked_out)


def _sum(messages: Iterable[Message]) -> _Cost:
    return _Cost(*map(sum, zip(*[_cost(message) for message in messages], strict=True)))


def _worked_out(message: Message) -> _Cost:
    size, dense, blob = _weight(message)
    media, assumed, unknown = _media_cost(message)
    calls = len(message.calls or ())
    return _Cost(size, dense, blob, media, assumed, unknown, calls, tools=1 if message.tools else 0)


# -- text -----------------------------------------------------------------------------------------


def _texts(message: Message) -> Iterator[str]:
    content = message.content
    if isinstance(content, str):
        yield content
    elif isinstance(content, tuple):
        for part in content:
            if isinstance(part, TextPart):
                yield part.text
    for thought in message.thoughts or ():
        yield thought.text
    for call in message.calls or ():
        yield call.name
        yield call.arguments


def _values(message: Message) -> Iterator[Any]:
    """Parts that reach the prompt as their JSON: what no other kind stands for."""
    if isinstance(message.content, tuple):
        for part in message.content:
            if isinstance(part, Other | Document) and not _is_medium(part):
                yield part.value if isinstance(part, Other) else part.source


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _weigh(cost: _Cost, ratio: float) -> float:
    """The text in tokens, at this ratio or what long runs without a space take if more."""
    plain = cost.size - cost.dense - cost.blob
    return plain * ratio + cost.dense * max(ratio, _DENSE_RATIO) + cost.blob * max(ratio, _BLOB_RATIO)


def _weight(message: Message) -> tuple[int, int, int]:
    """Bytes of a message: all, those in dense runs, those in blobs."""
    dense = blob = 0
    for text in _texts(message):
        if len(text) >= len(_BLOB_RUN):
            data = text.encode("utf-8", "surrogatepass")
            runs = len(_BLOB_RUN) * data.translate(_BLOB).count(_BLOB_RUN)
            blob += runs
            dense += max(0, len(_DENSE_RUN) * data.translate(_DENSE).count(_DENSE_RUN) - runs)
    return message_bytes(message), dense, blob


def _tools_bytes(tools: tuple[Tool, ...] | UnsetType | None) -> int:
    return kept_for(tools, "bytes", lambda: sum(map(_tool_bytes, tools))) if tools else 0


def _tool_bytes(tool: Tool) -> int:
    return _TOOL_FRAME + _size(tool.name) + _size(tool.description or "") + _json_size(tool.parameters)


def _json_size(value: Any) -> int:
    return 0 if value is UNSET else len(_json(value))


def _json(value: Any) -> bytes:
    """The value's compact JSON; for what has none (too deep, not JSON), its texts one after the other."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return "".join(_leaves(value)).encode("utf-8", "surrogatepass")


def _leaves(value: Any) -> Iterator[str]:
    stack = [value]
    for _ in range(_NODES):
        if not stack:
            return
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(cast("dict[Any, Any]", item).values())
            stack.extend(cast("dict[Any, Any]", item).keys())
        elif isinstance(item, list | tuple):
            stack.extend(cast("list[Any]", item))
        else:
            yield item if isinstance(item, str) else "0000"


def _quarter(text: str) -> int:
    if text.isascii():
        return -(-len(text) // 4)
    ascii_letters = len(text.encode("ascii", "ignore"))
    return -(-ascii_letters // 4) + len(text) - ascii_letters


def _json_quarter(value: Any) -> int:
    return 0 if value is UNSET else _quarter(_json(value).decode("utf-8", "surrogatepass"))


def _tool_quarter(tool: Tool) -> int:
    return _quarter(tool.name) + _quarter(tool.description or "") + _json_quarter(tool.parameters)


# -- media ----------------------------------------------------------------------------------------


def _is_medium(part: Any) -> bool:
    """Whether a part is not text: pictures, films, files, inlined documents, and audio."""
    if isinstance(part, Other):
        return "audio" in part.kind
    if isinstance(part, Document):
        source: Any = part.source
        return isinstance(source, dict) and cast("dict[str, Any]", source).get("type") in (
            "base64",
            "url",
            "file",
        )
    return not isinstance(part, TextPart)


def _media(message: Message) -> Iterator[Medium]:
    if isinstance(message.content, tuple):
        for part in message.content:
            if not isinstance(part, TextPart) and _is_medium(part):
                yield part


def _media_cost(message: Message) -> tuple[int, int, int]:
    """Tokens of a message's media, how many of them are assumed, and for how many media."""
    tokens = assumed = unknown = 0
    for part in _media(message):
        edges = inlined_size(part) if isinstance(part, Image) else None
        if edges:
            tokens += _picture_tokens(*edges)
            continue
        largest = _PICTURE_MAX if isinstance(part, Image) else _FILM_MAX if isinstance(part, Video) else _FLAT
        tokens += largest
        assumed += largest - _FLAT
        unknown += 1
    return tokens, assumed, unknown


def _picture_tokens(width: int, height: int) -> int:
    """28 px squares; too long an edge is shrunk, and too large a picture to just about the limit."""
    edge = _SIDE * _PATCH
    scale = min(1.0, edge / width, edge / height)
    across, down = max(1, int(width * scale)), max(1, int(height * scale))
    return min(_PICTURE_MAX, math.ceil(across / 28) * math.ceil(down / 28) + _AROUND)
