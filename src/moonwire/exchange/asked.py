"""What a caller asks of an exchange, and which conversation that belongs to."""

import hashlib

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.core.memo import again
from moonwire.core.messages import Message, Reply, Request, TextPart
from moonwire.core.notes import Note
from moonwire.core.plan import Plan
from moonwire.core.settings import Settings
from moonwire.exchange.sealing import SealKind
from moonwire.memory import Tenant
from moonwire.transport import Timeouts

__all__ = ["Asked", "Commit", "Incomplete", "conversation_of", "incomplete", "refuse_several"]


class Commit:
    """Whether the caller has a status line. From then on nothing is repaired or tried again."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks of the exchange."""

    request: Request
    id: str
    """The request's own id: the ids of its calls are made of it."""
    tenant: Tenant
    key: str | None = None
    """The caller's own key, for a first hop that has none."""
    headers: tuple[tuple[str, str], ...] = ()
    verbatim: bool = False
    """Whether all of these go upstream, not only who the agent says it is: the caller is of this process."""
    timeouts: Timeouts | None = None
    """The caller's own, in the place of the upstream's. Where one of them is over, nothing is tried again."""
    commit: Commit

    def __repr__(self) -> str:
        # The key is a secret, and the request somebody's words.
        return f"Asked({self.id})"

    said: Request | None = None
    """The request as the caller said it, where something was put into it since: pictures behind URLs."""
    settings: Settings | None = None
    """What the caller chose for this request alone, in the place of its route's."""
    seal: SealKind = ""
    """What the caller's dialect keeps the true reasoning in, where it has something for that."""
    turn: bytes = b""
    """What stood before the answer, to which its seals are bound."""
    native_ids: bool = False
    """Whether the caller sees the ids of calls as the model wrote them, and sends them back like that."""

    @property
    def remembered(self) -> Request:
        """What memory knows the request by: the same on every turn, whatever a URL gives by then."""
        return self.said or self.request


class Incomplete(MoonwireError):
    """An answer of thoughts alone, for a caller that wants no such thing (kimi-api.md D2, I7)."""

    def __init__(self, message: str, reply: Reply, remedy: str) -> None:
        super().__init__(message, path="max_tokens", remedy=remedy)
        self.reply = reply
        self.notes: tuple[Note, ...] = ()
        """What was done to get it."""


def incomplete(reply: Reply, plan: Plan) -> Incomplete:
    """What such an answer is refused with."""
    budget = plan.budget
    if reply.finish == "length":
        return Incomplete(
            f"the output cap of {budget.cap} tokens went into thoughts, so there is no answer",
            reply,
            f"raise the cap to {max(budget.floor, 2048)} tokens or more, or lower the effort",
        )
    return Incomplete("the model thought and said nothing", reply, "ask again, or say more in the request")


def refuse_several(plan: Plan) -> None:
    """One request is one answer: of several only the first would be relayed."""
    count = plan.request.sampling.n
    several = count if isinstance(count, int) and count > 1 else plan.answers
    if several > 1:
        raise LocalProtocolError(
            f"one answer is relayed to a request, not {several}",
            path="n",
            remedy="ask for one, as often as answers are wanted",
        )


def conversation_of(request: Request) -> str:
    """The conversation of a request: its own key for it, else what stands up to the user's first words."""
    if request.cache_key:
        return request.cache_key
    messages = request.messages
    for place, message in enumerate(messages):
        if message.role == "user":
            # Asked for twice on every turn, and it may be a system prompt of many kilobytes.
            return again(message, "conversation", messages[:place], _begun_with, messages[: place + 1])
    return _begun_with(messages)


def _begun_with(messages: tuple[Message, ...]) -> str:
    before, last = messages[:-1], messages[-1:]
    # Conversations share what stands before the user's first words.
    known = again(before[-1], "said before", before[:-1], _said_in, before) if before else _said_in(())
    digest = known.copy()
    for message in last:
        _say(message, digest)
    return digest.hexdigest()


def _said_in(messages: tuple[Message, ...]) -> "hashlib.blake2b":
    """A hash that nobody goes on with but by a copy."""
    digest = hashlib.blake2b(digest_size=16)
    for message in messages:
        _say(message, digest)
    return digest


def _say(message: Message, digest: "hashlib.blake2b") -> None:
    digest.update(message.role.encode("utf-8", "surrogatepass"))
    content = message.content
    texts = [content] if isinstance(content, str) else []
    if isinstance(content, tuple):
        texts = [part.text for part in content if isinstance(part, TextPart)]
    for text in texts:
        digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
