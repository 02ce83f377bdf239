"""Every dialect that a caller may speak, and which one is spoken where."""

from typing import Any, Final

from moonwire.core.budget import NoRoom, TooLarge
from moonwire.core.errors import ContextOverflow, MoonwireError, QuotaExhausted
from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.exchange.asked import Incomplete
from moonwire.exchange.dialect import CHAT, Dialect, Named, StreamWriter
from moonwire.exchange.sealing import SealKind
from moonwire.wire import anthropic, responses
from moonwire.wire.chat.errors import Encoded

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
    413: "request_too_large",
    421: "permission_error",
    503: "overloaded_error",
}


def _messages_denied(body: dict[str, Any], status: int) -> dict[str, Any]:
    return {**body, "error": {**body["error"], "type": _DENIED.get(status, "invalid_request_error")}}


def _messages_plain(request: Request, native: bool) -> tuple[Request, tuple[Note, ...]]:
    return (anthropic.adapted if native else anthropic.abroad)(request), ()


def _messages_error(error: MoonwireError) -> Encoded:
    # No client tries that again, or compacts for it.
    return anthropic.encode_error(error, status=422 if isinstance(error, Incomplete) else None)


ANTHROPIC: Final = Dialect(
    name="anthropic",
    decode=anthropic.decode,
    writer=_messages_writer,
    encode_reply=_messages_reply,
    encode_error=_messages_error,
    error_event=lambda error, writer: anthropic.error_event(error),
    denied=_messages_denied,
    keep_alive=anthropic.PING,
    id_prefix="msg_",
    plain=_messages_plain,
    paths=("/v1/messages",),
    seal=lambda request: "signature",
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
        # No client tries that again, or compacts for it.
        status = 422
        body["error"] |= {"code": "thoughts_only", "type": "invalid_request_error"}
    return status, headers, body


def _responses_error_event(error: MoonwireError, writer: StreamWriter | None) -> bytes:
    return responses.error_event(error, writer if isinstance(writer, responses.Writer) else None)


def _responses_seal(request: Request) -> SealKind:
    wanted: Any = request.extra.get("include")
    return "encrypted" if isinstance(wanted, list) and "reasoning.encrypted_content" in wanted else ""


RESPONSES: Final = Dialect(
    name="responses",
    decode=responses.decode,
    writer=_responses_writer,
    encode_reply=_responses_reply,
    encode_error=_responses_error,
    error_event=_responses_error_event,
    # An agent compacts, or stops, on `response.failed`; of a status it only knows that it is none of 200.
    in_streams=(NoRoom, TooLarge, ContextOverflow, QuotaExhausted),
    plain=_responses_plain,
    denied=CHAT.denied,
    id_prefix="resp_",
    paths=("/v1/responses",),
    seal=_responses_seal,
)

DIALECTS: Final[tuple[Dialect, ...]] = (CHAT, ANTHROPIC, RESPONSES)


def spoken_at(path: str) -> Dialect:
    """The dialect of a path; of what is no dialect's own, Chat Completions.

    >>> spoken_at("/v1/models").name, spoken_at("/v1/messages/count_tokens").name
    ('chat', 'anthropic')
    """
    return next((one for one in DIALECTS if path.startswith(one.paths)), CHAT)
