"""Every dialect that a caller may speak, and which one is spoken where."""

from typing import Any, Final

from moonwire.core.errors import MoonwireError
from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.exchange.asked import Incomplete
from moonwire.exchange.dialect import CHAT, Dialect, Named, StreamWriter
from moonwire.wire import anthropic, responses
from moonwire.wire.chat.errors import Encoded

__all__ = ["ANTHROPIC", "DIALECTS", "RESPONSES", "spoken_at"]


# -- Anthropic Messages ---------------------------------------------------------------------------------


def _messages_writer(named: Named) -> StreamWriter:
    return anthropic.Writer(id=named.id, model=named.model, created=named.created, extra=named.extra)


def _messages_reply(reply: Reply, named: Named) -> dict[str, Any]:
    body = anthropic.encode_reply(reply, id=named.id, model=named.model, created=named.created)
    return body if named.extra is None else {**body, **named.extra()}


def _messages_error(error: MoonwireError) -> Encoded:
    status, headers, body = anthropic.encode_error(error)
    if isinstance(error, Incomplete):
        # No client tries that again.
        status = 422
        body["error"]["type"] = "invalid_request_error"
    return status, headers, body


def _messages_error_event(error: MoonwireError, writer: StreamWriter | None) -> bytes:
    return anthropic.error_event(error)


_DENIED: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    421: "permission_error",
    503: "overloaded_error",
}


def _messages_denied(body: dict[str, Any], status: int) -> dict[str, Any]:
    return {**body, "error": {**body["error"], "type": _DENIED.get(status, "invalid_request_error")}}


def _messages_plain(request: Request, native: bool) -> tuple[Request, tuple[Note, ...]]:
    return (anthropic.adapted if native else anthropic.abroad)(request), ()


ANTHROPIC: Final = Dialect(
    name="anthropic",
    decode=anthropic.decode,
    writer=_messages_writer,
    encode_reply=_messages_reply,
    encode_error=_messages_error,
    error_event=_messages_error_event,
    denied=_messages_denied,
    keep_alive=anthropic.PING,
    id_prefix="msg_",
    plain=_messages_plain,
    paths=("/v1/messages",),
    seal="signature",
)


# -- OpenAI Responses ----------------------------------------------------------------------------------


def _echo(named: Named) -> responses.Echo:
    return responses.Echo() if named.request is None else responses.Echo.of(named.request)


def _responses_writer(named: Named) -> StreamWriter:
    return responses.Writer(
        id=named.id, model=named.model, created=named.created, extra=named.extra, echo=_echo(named)
    )


def _responses_reply(reply: Reply, named: Named) -> dict[str, Any]:
    body = responses.encode_reply(
        reply, id=named.id, model=named.model, created=named.created, echo=_echo(named)
    )
    return body if named.extra is None else {**body, **named.extra()}


def _responses_plain(request: Request, native: bool) -> tuple[Request, tuple[Note, ...]]:
    plain, notes = responses.as_functions(request)
    return plain if native else responses.bare(plain), notes


def _responses_error(error: MoonwireError) -> Encoded:
    status, headers, body = responses.encode_error(error)
    if isinstance(error, Incomplete):
        status = 422
        body["error"] |= {"code": "thoughts_only", "type": "invalid_request_error"}
    return status, headers, body


def _responses_error_event(error: MoonwireError, writer: StreamWriter | None) -> bytes:
    # A stream that has begun ends as the response that it is, and not as another one.
    return responses.error_event(error, writer if isinstance(writer, responses.Writer) else None)


RESPONSES: Final = Dialect(
    name="responses",
    decode=responses.decode,
    writer=_responses_writer,
    encode_reply=_responses_reply,
    encode_error=_responses_error,
    error_event=_responses_error_event,
    plain=_responses_plain,
    denied=CHAT.denied,
    id_prefix="resp_",
    paths=("/v1/responses",),
    seal="encrypted",
)

DIALECTS: Final[tuple[Dialect, ...]] = (CHAT, ANTHROPIC, RESPONSES)


def spoken_at(path: str) -> Dialect:
    """The dialect of a path; of what is no dialect's own, Chat Completions.

    >>> spoken_at("/v1/models").name, spoken_at("/v1/messages/count_tokens").name
    ('chat', 'anthropic')
    """
    return next((one for one in DIALECTS if path.startswith(one.paths)), CHAT)
