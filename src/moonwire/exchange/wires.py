"""How an upstream is spoken to, by its dialect: the path, the body, and the reader of its answer."""

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import msgspec
from msgspec import UNSET

from moonwire.core.events import Event
from moonwire.core.messages import Request, changed
from moonwire.core.plan import Plan
from moonwire.core.rawtext import TextParser
from moonwire.wire import anthropic, chat, responses
from moonwire.wire.channels import Markup
from moonwire.wire.chat.reader import CLOSES, Reader

__all__ = ["CHAT", "MESSAGES", "RESPONSES", "Spoken", "StreamReader", "spoken"]


class StreamReader(Protocol):
    """What reads the events of an upstream's stream."""

    done: bool

    @property
    def complete(self) -> bool:
        """Whether the answer is provably whole."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """What the data of one event says."""
        ...

    def feed_all(self, whole: bytes) -> list[Event]:
        """What several events say, as far as an error."""
        ...

    def finish(self) -> list[Event]:
        """What was still open."""
        ...


class Spoken(msgspec.Struct, frozen=True):
    """One dialect of upstreams. Where `path` begins with a version, a base URL may end with that already."""

    path: str
    encode: Callable[[Request], dict[str, Any]]
    write: Callable[[Request], bytes]
    """`encode` as JSON."""
    reader: Callable[[Plan], StreamReader]
    headers: tuple[tuple[str, str], ...] = ()
    """What every request has, unless the caller or the operator says otherwise."""


def _chat_reader(plan: Plan) -> StreamReader:
    """Markup is looked for where the weights are known to write it, in both channels (kimi-api.md I5)."""
    return Reader(**_markup(plan))


class _Later:
    """A reader of markup that is made when there is something to read: not every answer has thoughts."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Markup]) -> None:
        self._make = make
        self._made: Markup | None = None

    def feed(self, text: str) -> list[Event]:
        made = self._made
        if made is None:
            made = self._made = self._make()
        return made.feed(text)

    def finish(self, reason: str | None = "stop") -> list[Event]:
        return [] if self._made is None else self._made.finish(reason)


def _used_ids(request: Request) -> Iterable[str]:
    return [call.id for message in request.messages for call in message.calls or ()]


CHAT: Final = Spoken("/chat/completions", chat.encode, chat.write, _chat_reader)


def _messages_reader(plan: Plan) -> StreamReader:
    return anthropic.Reader(**_markup(plan))


def _responses_reader(plan: Plan) -> StreamReader:
    return responses.Reader(**_markup(plan))


def _markup(plan: Plan) -> dict[str, Any]:
    """What looks for markup in both channels, and how thoughts are closed, where the weights may write it."""
    family = plan.target.family
    if family not in ("k2", "k3"):
        return {}
    request = plan.request
    tools = request.tools or ()
    ids = _used_ids(request)
    found: dict[str, Any] = {
        "content": TextParser(family, tools, False, ids),
        "reasoning": _Later(lambda: TextParser(family, tools, True, ids)),
        "close": CLOSES[family],
    }
    if plan.target.thoughts_in_text and plan.thinking:
        found["inside"] = TextParser(family, tools, True, ids)
    return found


def _messages_said(request: Request) -> Request:
    """With the effort beside the switch: inside of it is Chat Completions' way (kimi-api.md M4)."""
    spelled: Any = request.thinking.spelled.get("thinking")
    if not isinstance(spelled, dict) or "effort" not in spelled:
        return request
    return msgspec.structs.replace(request, thinking=msgspec.structs.replace(request.thinking, spelled={}))


MESSAGES: Final = Spoken(
    "/v1/messages",
    lambda request: anthropic.encode(_messages_said(request)),
    lambda request: anthropic.write(_messages_said(request)),
    _messages_reader,
    (("anthropic-version", "2023-06-01"),),
)


def _said(request: Request) -> Request:
    """Without contents of null: in this dialect they would be an empty message (kimi-api.md H1)."""
    if all(message.content is not None or not message.calls for message in request.messages):
        return request
    messages = [
        changed(message, content=UNSET) if message.content is None and message.calls else message
        for message in request.messages
    ]
    return msgspec.structs.replace(request, messages=tuple(messages))


RESPONSES: Final = Spoken(
    "/responses",
    lambda request: responses.encode(_said(request)),
    lambda request: responses.write(_said(request)),
    _responses_reader,
)

_DIALECTS: Final[dict[str, Spoken]] = {"chat": CHAT, "anthropic": MESSAGES, "responses": RESPONSES}


def spoken(dialect: str) -> Spoken:
    """The dialect of this name."""
    return _DIALECTS[dialect]
