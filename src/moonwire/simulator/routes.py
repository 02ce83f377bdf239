"""Which path is answered how: everything below `/v1`, without a socket."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator import depth
from moonwire.simulator.clock import Clock
from moonwire.simulator.faults import Planned
from moonwire.simulator.files import Files
from moonwire.simulator.listing import listed
from moonwire.simulator.outcome import Arrived, Model, Outcome
from moonwire.simulator.output import chat
from moonwire.simulator.output.chat import Facts
from moonwire.simulator.rules import Edition, Refused
from moonwire.simulator.rules.account import bad_key
from moonwire.simulator.rules.ask import an_object, is_object
from moonwire.simulator.rules.refused import INVALID, body_of, shape_of
from moonwire.simulator.settings import Settings
from moonwire.simulator.surfaces import anthropic, responses
from moonwire.simulator.surfaces.parts import Reading

__all__ = ["Asked", "Routes", "plain_path"]

Json = dict[str, Any]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The credential, however it is given."""
        said = self.headers.get("authorization", "")
        scheme, _, token = said.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip()
        return self.headers.get("x-api-key", "").strip()


def plain_path(path: str) -> str:
    """The path below the base URL, whatever the endpoint's own prefix is.

    >>> plain_path("/coding/v1/chat/completions"), plain_path("/anthropic/v1/messages"), plain_path("/")
    ('/chat/completions', '/messages', '/')
    """
    found = re.search(r"/v[0-9](/.*)", path, re.DOTALL)
    return found[1].rstrip("/") or "/" if found else path


Handler = Callable[["Routes", Asked], "Planned | Refused"]


class Routes:
    """One endpoint's answers. A refusal comes back as such, and is written in the endpoint's own shape."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = Model(settings)
        self.clock = Clock(fixed=settings.fixed, seed=settings.seed)
        self.files = Files(settings.limits.files)

    def answer(self, asked: Asked) -> tuple[Planned, str]:
        """The answer, and the name of the rule where it is a refusal."""
        path = plain_path(asked.path)
        handler, known = _find(asked.method, path)
        if handler is None:
            found: Planned | Refused = _no_route(asked, known)
        else:
            refused = self._let_in(asked)
            found = refused if refused is not None else handler(self, asked)
        if isinstance(found, Refused):
            return self.refusal(found, path), found.rule or "route"
        return found, ""

    def refusal(self, refused: Refused, path: str) -> Planned:
        """The refusal in this endpoint's shape; the token counter has one of its own (kimi-api.md O)."""
        own = self.model.place.rules == "own"
        if path.endswith("estimate-token-count") and own:
            value: Json = {
                "code": 3,
                "error": refused.message,
                "message": "非法输入",
                "scode": "0x3",
                "status": False,
            }
        elif "/messages" in path:
            value = body_of(refused, "doubled")
        elif path == "/responses" and own:
            # Not doubled there, not even on the coding endpoint (CLIProxyAPI#5647).
            value = body_of(refused, "moonshot")
        else:
            value = body_of(refused, shape_of(self.model.place.name))
        return self.json(value, refused.status, refused.headers)

    def json(self, value: Any, status: int = 200, more: tuple[tuple[str, str], ...] = ()) -> Planned:
        """A JSON answer with this endpoint's headers."""
        data = msgspec.json.encode(value)
        return Planned(status, [("content-type", "application/json"), *self.trace(), *more], [data])

    def stream(self, pieces: Iterator[bytes], more: tuple[tuple[str, str], ...] = ()) -> Planned:
        """A stream with this endpoint's headers."""
        head = [("content-type", "text/event-stream"), ("cache-control", "no-cache")]
        return Planned(200, [*head, *self.trace(), *more], pieces)

    def trace(self) -> list[tuple[str, str]]:
        """The headers that name a request: Moonshot answers several (kimi-api.md K1, agents-exe#336)."""
        identity = self.clock.hex(32)
        if self.model.place.rules != "own":
            return [("x-request-id", identity)]
        names = ("x-trace-id", "msh-request-id", "x-msh-trace-id")
        return [*((name, identity) for name in names), ("msh-gid", identity[:16])]

    def _let_in(self, asked: Asked) -> Refused | None:
        if not asked.key:
            return bad_key(self.model.place.name, missing=True)
        if self.settings.keys and asked.key not in self.settings.keys:
            return bad_key(self.model.place.name, missing=False)
        return None

    def facts(self, outcome: Outcome, options: Json, body: Json) -> Facts:
        """What every frame says."""
        top = body.get("top_logprobs")
        return Facts(
            id=f"chatcmpl-{self.clock.hex(24)}",
            model=outcome.target.model,
            created=self.clock.seconds(),
            style=outcome.style,
            include_usage=options.get("include_usage") is True,
            internal=options.get("include_internal_content") is True,
            top_logprobs=_top(top) if body.get("logprobs") is True else None,
        )


def _top(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value <= 20 else 0


def used_headers(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """The prompt's cost, known before the first byte (verification.md P0.18)."""
    used = outcome.candidates[0].used
    return (
        ("x-msh-usage-prompt-tokens", str(used.prompt)),
        ("x-msh-usage-cached-tokens", str(used.cached)),
    )


def read_json(asked: Asked) -> Json | Refused:
    """The body as an object."""
    try:
        value = depth.decode(asked.body)
    except msgspec.DecodeError as error:
        return Refused(f"Invalid request: the body is not JSON: {error}", 400, INVALID, rule="json")
    return value if is_object(value) else Refused("Invalid request: the body must be an object", rule="json")


def _no_route(asked: Asked, known: bool) -> Refused:
    if known:
        return Refused(f"Method {asked.method} is not allowed for {asked.path}", 405)
    return Refused(f"Not found the path {asked.path}", 404, "resource_not_found_error")


# -- handlers ----------------------------------------------------------------------------------------


Read = Callable[[Json, Endpoint, Edition, Mapping[str, str]], Reading]
"""A surface's body in Chat Completions' words."""


def _as_it_is(body: Json, place: Endpoint, edition: Edition, headers: Mapping[str, str]) -> Reading:
    return Reading(body)


def _outcome(routes: Routes, asked: Asked, surface: str, read: Read) -> tuple[Json, Outcome] | Refused:
    """The body as it came, and what the model makes of it."""
    body = read_json(asked)
    if isinstance(body, Refused):
        return body
    model = routes.model
    reading = read(body, model.place_of(surface), model.edition, asked.headers)
    outcome = model.answer(
        Arrived(
            body=reading.body,
            raw=asked.body,
            headers=asked.headers,
            key=asked.key,
            surface=surface,
            refused=reading.refused,
        )
    )
    return outcome if isinstance(outcome, Refused) else (body, outcome)


def _chat(routes: Routes, asked: Asked) -> Planned | Refused:
    found = _outcome(routes, asked, "chat", _as_it_is)
    if isinstance(found, Refused):
        return found
    body, outcome = found
    facts = routes.facts(outcome, an_object(body.get("stream_options")), body)
    more = used_headers(outcome)
    if body.get("stream") is True:
        return routes.stream(chat.frames(facts, outcome.candidates), more)
    return routes.json(chat.whole(facts, outcome.candidates), 200, more)


def _messages(routes: Routes, asked: Asked) -> Planned | Refused:
    if not routes.model.speaks("anthropic"):
        return _no_route(asked, known=False)
    found = _outcome(routes, asked, "anthropic", anthropic.read)
    if isinstance(found, Refused):
        return found
    body, outcome = found
    identity = f"msg_{routes.clock.hex(24)}"
    facts = anthropic.Facts(id=identity, model=outcome.target.model, chunk=outcome.style.chunk)
    one = outcome.candidates[0]
    if body.get("stream") is True:
        return routes.stream(anthropic.frames(facts, one), used_headers(outcome))
    return routes.json(anthropic.whole(facts, one), 200, used_headers(outcome))


def _responses(routes: Routes, asked: Asked) -> Planned | Refused:
    if not routes.model.speaks("responses"):
        return _no_route(asked, known=False)
    found = _outcome(routes, asked, "responses", responses.read)
    if isinstance(found, Refused):
        return found
    body, outcome = found
    facts = responses.Facts(
        id=routes.clock.hex(24),
        model=outcome.target.model,
        created=routes.clock.seconds(),
        request=body,
        chunk=outcome.style.chunk,
    )
    one = outcome.candidates[0]
    if body.get("stream") is True:
        return routes.stream(responses.frames(facts, one), used_headers(outcome))
    return routes.json(responses.whole(facts, one), 200, used_headers(outcome))


def _models(routes: Routes, asked: Asked) -> Planned | Refused:
    return routes.json({"object": "list", "data": listed(routes.model)})


def _model(routes: Routes, asked: Asked) -> Planned | Refused:
    name = plain_path(asked.path).removeprefix("/models/")
    for item in listed(routes.model):
        if item["id"] == name:
            return routes.json(item)
    return Refused(f"Not found the model {name} or Permission denied", 404, "resource_not_found_error")


def _count(routes: Routes, asked: Asked) -> Planned | Refused:
    """It looks the messages over first, and says so in its own shape (srchd#75)."""
    body = read_json(asked)
    if isinstance(body, Refused):
        return body
    refused = routes.model.messages_refused(body)
    if refused is not None:
        return refused
    tokens = routes.model.tokens(body)
    return tokens if isinstance(tokens, Refused) else routes.json({"data": {"total_tokens": tokens}})


def _balance(routes: Routes, asked: Asked) -> Planned | Refused:
    if not routes.model.place.name.startswith("platform"):
        return _no_route(asked, known=False)
    balance = {"available_balance": 49.58894, "voucher_balance": 46.58893, "cash_balance": 3.00001}
    return routes.json({"code": 0, "data": balance, "scode": "0x0", "status": True})


def _usages(routes: Routes, asked: Asked) -> Planned | Refused:
    if not routes.model.place.name.startswith("coding"):
        return _no_route(asked, known=False)
    detail = {"limit": "100", "remaining": "74", "resetTime": "2026-10-01T00:00:00Z"}
    window = {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}
    return routes.json({"usage": detail, "limits": [{"window": window, "detail": detail}]})


def _upload(routes: Routes, asked: Asked) -> Planned | Refused:
    identity = f"file-{routes.clock.hex(20)}"
    kind = asked.headers.get("content-type", "")
    upload = routes.files.add(kind, asked.body, identity, routes.clock.seconds())
    return upload if isinstance(upload, Refused) else routes.json(upload.item())


def _files(routes: Routes, asked: Asked) -> Planned | Refused:
    return routes.json({"object": "list", "data": [upload.item() for upload in routes.files.all()]})


def _no_file(identity: str) -> Refused:
    return Refused(f"Not found the file {identity} or Permission denied", 404, "resource_not_found_error")


def _file(routes: Routes, asked: Asked) -> Planned | Refused:
    identity = plain_path(asked.path).split("/")[2]
    upload = routes.files.get(identity)
    return _no_file(identity) if upload is None else routes.json(upload.item())


def _content(routes: Routes, asked: Asked) -> Planned | Refused:
    identity = plain_path(asked.path).split("/")[2]
    upload = routes.files.get(identity)
    if upload is None or upload.purpose != "file-extract":
        return _no_file(identity)
    text = upload.data.decode("utf-8", "replace")
    return routes.json({"content": text, "file_type": "text/plain", "filename": upload.name, "title": ""})


def _remove(routes: Routes, asked: Asked) -> Planned | Refused:
    identity = plain_path(asked.path).split("/")[2]
    if not routes.files.remove(identity):
        return _no_file(identity)
    return routes.json({"id": identity, "object": "file", "deleted": True})


_ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", r"/chat/completions", _chat),
    ("POST", r"/messages", _messages),
    ("POST", r"/responses", _responses),
    ("GET", r"/models", _models),
    ("GET", r"/models/.+", _model),
    ("POST", r"/tokenizers/estimate-token-count", _count),
    ("GET", r"/users/me/balance", _balance),
    ("GET", r"/usages", _usages),
    ("POST", r"/files", _upload),
    ("GET", r"/files", _files),
    ("GET", r"/files/[^/]+", _file),
    ("GET", r"/files/[^/]+/content", _content),
    ("DELETE", r"/files/[^/]+", _remove),
)


def _find(method: str, path: str) -> tuple[Handler | None, bool]:
    """The handler, and whether the path is known under another method."""
    known = False
    for verb, pattern, handler in _ROUTES:
        if re.fullmatch(pattern, path):
            if verb == method:
                return handler, True
            known = True
    return None, known
