"""Every dialect that a caller may speak, and which one is spoken where."""

from typing import Any, Final

from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.exchange.dialect import CHAT, Dialect, Named, StreamWriter
from moonwire.wire import anthropic, responses

__all__ = ["ANTHROPIC", "DIALECTS", "RESPONSES", "spoken_at"]


# -- Anthropic Messages ---------------------------------------------------------------------------------


def _messages_writer(named: Named) -> StreamWriter:
    return anthropic.Writer(id=named.id, model=named.model, created=named.created, extra=named.extra)


def _messages_reply(reply: Reply, named: Named) -> dict[str, Any]:
    body = anthropic.encode_reply(reply, id=named.id, model=named.model, created=named.created)
    return body if named.extra is None else {**body, **named.extra()}


_DENIED: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    503: "overloaded_error",
}


def _messages_denied(body: dict[str, Any], status: int) -> dict[str, Any]:
    kinds = {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        503: "overloaded_error",
    }
    kind = kinds.get(status, "invalid_request_error")
    return {**body, "error": {**body["error"], "type": kind}}


def _messages_plain(request: Request, native: bool) -> tuple[Request, tuple[Note, ...]]:
    return (anthropic.adapted if native else anthropic.abroad)(request), ()


ANTHROPIC: Final = Dialect(
    name="anthropic",
    decode=anthropic.decode,
    writer=_messages_writer,
    encode_reply=_messages_reply,
    encode_error=anthropic.encode_error,
    error_event=anthropic.error_event,
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


RESPONSES: Final = Dialect(
    name="responses",
    decode=responses.decode,
    writer=_responses_writer,
    encode_reply=_responses_reply,
    encode_error=responses.encode_error,
    error_event=responses.error_event,
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
