"""What a dialect is to whoever answers in it. A handler knows no other difference between them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from moonwire.core.errors import MoonwireError
from moonwire.core.events import Event
from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.exchange.asked import Incomplete
from moonwire.exchange.sealing import SealKind
from moonwire.wire import chat
from moonwire.wire.chat.errors import Encoded, encode_error
from moonwire.wire.chat.writer import DONE, Writer, encode_reply

__all__ = ["CHAT", "Dialect", "Named", "StreamWriter", "named"]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is called, and what its last event carries besides."""

    id: str
    model: str
    created: int
    usage: bool = False
    """Whether the caller asked for usage where the dialect has it only on demand."""
    request: Request | None = None
    """The request as the caller said it, of which some dialects repeat a part."""
    extra: Callable[[], dict[str, Any]] | None = None


class StreamWriter(Protocol):
    """What writes a stream."""

    def feed(self, events: Iterable[Event]) -> list[bytes]:
        """The bytes of these events."""
        ...

    def finish(self) -> list[bytes]:
        """The end."""
        ...


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One way to ask for an answer."""

    name: str
    decode: Callable[[Mapping[str, Any]], Request]
    writer: Callable[[Named], StreamWriter]
    encode_reply: Callable[[Reply, Named], dict[str, Any]]
    encode_error: Callable[[MoonwireError], Encoded]
    error_event: Callable[[MoonwireError, StreamWriter | None], bytes]
    """The bytes of an error inside a stream, and of its end: of the one that the writer has begun, if any."""
    in_streams: tuple[type[MoonwireError], ...] = ()
    """What its clients act on only inside a stream: who asked for one gets it there, behind a 200."""
    plain: Callable[[Request, bool], tuple[Request, tuple[Note, ...]]] = lambda request, native: (request, ())
    """What only this dialect has, as what a Kimi endpoint can be told, and what that changed; `native`: the
    endpoint speaks this dialect too."""
    denied: Callable[[dict[str, Any], int], dict[str, Any]] = lambda body, status: body
    """The body of an error of ours with what this status is called."""
    read: Callable[[bytes, Callable[[bytes], bool]], Request | None] = lambda data, sound: None
    """What `decode` makes of a body's JSON, if it is quickly found out and all that is new in it is sound."""
    keep_alive: bytes = b": keep-alive\n\n"
    id_prefix: str = "chatcmpl-"
    paths: tuple[str, ...] = ()
    """Where a caller that speaks it asks: the beginnings of paths. Its errors are in its words there."""
    seal: Callable[[Request], SealKind] = lambda request: ""
    """What this caller keeps the true reasoning in, where it has something for that."""


def named(
    dialect: Dialect,
    request: Request,
    identity: str,
    created: int,
    told: Callable[[], Sequence[Note]] | None = None,
) -> Named:
    """The name of the answer to a request; `told` gives the notes, for a caller that wants them in it."""

    def extra() -> dict[str, Any]:
        notes = () if told is None else told()
        shown: list[Any] = [msgspec.to_builtins(note, str_keys=True) for note in notes]
        return {"moonwire": {"request_id": identity, "notes": shown}}

    return Named(
        id=f"{dialect.id_prefix}{identity.removeprefix('req_')}",
        model=request.model,
        created=created,
        usage=request.stream_usage is True,
        request=request,
        extra=None if told is None else extra,
    )


def _chat_writer(named: Named) -> StreamWriter:
    return Writer(id=named.id, model=named.model, created=named.created, usage=named.usage, extra=named.extra)


def _chat_reply(reply: Reply, named: Named) -> dict[str, Any]:
    body = encode_reply(reply, id=named.id, model=named.model, created=named.created)
    return body if named.extra is None else {**body, **named.extra()}


def _chat_error(error: MoonwireError) -> Encoded:
    status, headers, body = encode_error(error)
    if isinstance(error, Incomplete):
        # No client tries that again, or compacts for it.
        status = 422
        body["error"] |= {"code": "thoughts_only", "type": "incomplete_answer"}
    return status, headers, body


def _chat_error_event(error: MoonwireError, writer: StreamWriter | None = None) -> bytes:
    _, _, body = _chat_error(error)
    return b"data: " + msgspec.json.encode(body) + b"\n\n" + DONE


_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    421: "permission_error",
    503: "server_error",
}


def _chat_denied(body: dict[str, Any], status: int) -> dict[str, Any]:
    return {"error": {**body["error"], "type": _TYPES.get(status, "invalid_request_error")}}


def _chat_plain(request: Request, native: bool) -> tuple[Request, tuple[Note, ...]]:
    return (request if native else chat.bare(request)), ()


CHAT: Final = Dialect(
    name="chat",
    decode=chat.decode,
    writer=_chat_writer,
    encode_reply=_chat_reply,
    encode_error=_chat_error,
    error_event=_chat_error_event,
    plain=_chat_plain,
    denied=_chat_denied,
    read=chat.read,
    paths=("/v1/chat/completions",),
)
