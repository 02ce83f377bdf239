"""What to remember of a turn, and the keys to find it by when a client sends the turn back.

A client may lose reasoning, mangle ids, re-serialise arguments, trim text. So a turn has three keys:
its calls' client ids and the turn; all messages before and the turn; the message before and the turn.
"The turn" is what it said and called, without ids, blanks at the ends and the order of JSON keys. Where
a key leads to two values, or two keys to different ones, nothing is known: never a guess. For the same
reason ids count only where they are opaque: `read:0` stands in every conversation, and a client that
renumbers ids makes it out of another turn's.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from moonwire.core.memo import Generations, kept_for, kept_on
from moonwire.core.messages import (
    Document,
    File,
    Image,
    Message,
    Other,
    Reply,
    Request,
    TextPart,
    Tool,
    ToolCall,
    Video,
)

__all__ = [
    "Kept",
    "Keys",
    "Place",
    "Prefix",
    "Recalled",
    "Record",
    "Turn",
    "TurnKeys",
    "Used",
    "before",
    "keys",
    "match",
    "records",
]


class Turn(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True, tag="turn"
):
    """What is remembered of an assistant's turn: its reasoning, and the model's own call ids."""

    reasoning: str | None = None
    natives: tuple[str, ...] = ()


class Used(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="used"):
    """What a conversation up to an answer cost, as the server counted it, and its size in bytes."""

    prompt: int
    completion: int
    reasoning: int = 0
    bytes: int = 0


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="kept"):
    """What a caller asked to be kept, as text: an answer that later ones go on from."""

    text: str


Record = Turn | Used | Kept

# Ids that no client comes upon by counting: those that moonwire gives out (core/passes/ids.py), UUIDs, and
# the long random ones of servers.
_OPAQUE = re.compile(
    r"call_?[0-9a-z]{24}|\S*[0-9a-f]{16}\S*|\S*[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|toolu_[0-9a-z]{20,}",
    re.IGNORECASE,
)


class TurnKeys(msgspec.Struct, frozen=True, kw_only=True):
    """One assistant turn of a request, by its place there, and its keys, strongest first."""

    index: int
    keys: tuple[str, ...]


class Prefix(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation up to and with one answer: how many messages, and the key of its cost."""

    messages: int
    key: str


class Place(NamedTuple):
    """Where in a conversation a turn stands: hashes of what is offered, of all before it, of the last."""

    offered: bytes = b""
    chain: bytes = b""
    last: bytes = b""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be asked of the memory for one request. `end` is where its answer will stand."""

    turns: tuple[TurnKeys, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    end: Place = Place()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every key once, for one batched look-up."""
        wanted = [key for turn in self.turns for key in turn.keys]
        wanted += [prefix.key for prefix in self.prefixes]
        return tuple(dict.fromkeys(wanted))


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request's turns, by their place, and of the cost of its longest known prefix."""

    turns: dict[int, Turn] = {}
    used: Used | None = None
    messages: int = 0


def keys(request: Request, *, every: bool = False) -> Keys:
    """The keys of the turns that lack reasoning (`every`: of all), and of the prefixes that were paid for.

    >>> turn = Message(role="assistant", content="Hi.")
    >>> request = Request(model="m", messages=(Message(role="user", content="hi"), turn))
    >>> [len(found.keys) for found in keys(request).turns]
    [2]
    """
    turns: list[TurnKeys] = []
    prefixes: list[Prefix] = []
    walk = _Walk(request)
    last = sum(message.role == "assistant" for message in request.messages) - _PREFIXES
    for index, message in enumerate(request.messages):
        said = kept_on(message, "said", _said)
        if message.role == "assistant":
            lost = every or not (message.reasoning or "").strip()
            if lost or last <= 0:
                found = _found_by(walk.place(), said, message.calls or ())
                if lost:
                    turns.append(TurnKeys(index=index, keys=found.turn))
                if last <= 0:
                    prefixes.append(Prefix(messages=index + 1, key=found.cost))
            last -= 1
        walk.pass_by(message, said)
    prefixes.reverse()
    return Keys(turns=tuple(turns), prefixes=tuple(prefixes), end=walk.place())


def before(request: Request) -> tuple[dict[int, bytes], bytes]:
    """What was said last before each assistant's turn, by the turn's place; and before the next one.

    A seal is bound to it (exchange/sealing.py): it is the same on every turn, whatever becomes of the history
    further up.

    >>> turn = Message(role="assistant", content="Hi.")
    >>> first, then = (Message(role="user", content=text) for text in ("hi", "so?"))
    >>> stood, end = before(Request(model="m", messages=(first, turn, then)))
    >>> stood[1] == before(Request(model="m", messages=(first,)))[1], stood[1] == end
    (True, False)
    """
    found: dict[int, bytes] = {}
    walk = _Walk(request)
    for index, message in enumerate(request.messages):
        if message.role == "assistant":
            found[index] = walk.place().last
        walk.pass_by(message, kept_on(message, "said", _said))
    return found, walk.place().last


# An agent sends its whole history again with one answer more; a client that branches goes back a little.
_PREFIXES = 4


class _Walk:
    """Hashes what was said so far, and keeps what was said last.

    A batch of results is one thing that was said, in whatever order and however often its parts come.
    """

    __slots__ = ("_chain", "_last", "_offered", "_results")

    def __init__(self, request: Request) -> None:
        tools = request.tools or ()
        offered = kept_for(tools, "offered", lambda: _offered(tools))
        self._offered = request.model.encode("utf-8", "surrogatepass") + b"\0" + offered
        self._chain = hashlib.blake2b(digest_size=20)
        self._last = b""
        self._results: set[bytes] = set()

    def pass_by(self, message: Message, said: bytes) -> None:
        """Goes on behind this message."""
        if message.role == "tool":
            self._results.add(said)
            return
        if self._results:
            self._gather()
        self._chain.update(said)
        self._last = said

    def _gather(self) -> None:
        self._last = b"".join(sorted(self._results))
        self._chain.update(self._last)
        self._results = set()

    def place(self) -> Place:
        """Where the next turn stands."""
        if self._results:
            self._gather()
        return Place(self._offered, self._chain.digest(), self._last)


class _Found(NamedTuple):
    """What a turn is found by, and what the conversation up to and with it cost."""

    turn: tuple[str, ...]
    cost: str


# Of turns that said the same at the same place: all of a history, on every turn of it.
_FOUND = Generations[_Found](limit=16_384)


def _found_by(place: Place, said: bytes, calls: tuple[ToolCall, ...]) -> _Found:
    identities = "\0".join([call.id for call in calls]) if calls else ""
    known = (place, said, identities)
    found = _FOUND.get(known)
    if found is None:
        turn = [_key("chain", place.chain, said), _key("before", place.last, said)]
        if calls and all(_OPAQUE.fullmatch(call.id) for call in calls):
            turn.insert(0, _key("ids", identities.encode("utf-8", "surrogatepass"), said))
        found = _Found(tuple(turn), _key("used", place.offered, place.chain, said))
        _FOUND.put(known, found, weight=1 + len(identities) // 256)
    return found


def _offered(tools: tuple[Tool, ...]) -> bytes:
    """A hash: the tools of an agent may be a hundred kilobytes, and go into every key of a cost."""
    offered = _encoded([(tool.name, tool.description, tool.parameters) for tool in tools])
    return hashlib.blake2b(offered, digest_size=20).digest()


def records(
    request: Request, reply: Reply, ids: Sequence[str] = (), *, size: int = 0, at: Place | None = None
) -> dict[str, Record]:
    """What to remember of an answer, under the keys that the turn will have when it comes back.

    `ids` are the ids that the caller was given for the calls, in order; without them, the reply's own. `at`
    is the `end` of the request's `keys`, where it is known already.
    """
    calls = tuple(
        ToolCall(id=ids[index] if index < len(ids) else call.id, name=call.name, arguments=call.arguments)
        for index, call in enumerate(reply.calls)
    )
    message = Message(role="assistant", content=reply.text or None, calls=calls or None)
    found = _found_by(keys(request).end if at is None else at, _said(message), calls)
    turn = Turn(reasoning=reply.reasoning, natives=tuple(call.native or call.id for call in reply.calls))
    kept: dict[str, Record] = dict.fromkeys(found.turn, turn)
    usage = reply.usage
    if usage is not None and usage.input:
        kept[found.cost] = Used(
            prompt=usage.input, completion=usage.output, reasoning=usage.reasoning or 0, bytes=size
        )
    return kept


def match(asked: Keys, found: Mapping[str, Sequence[Record]]) -> Recalled:
    """What the memory's answers add up to. `found` holds for each key every value that was put there.

    >>> asked = Keys(turns=(TurnKeys(index=1, keys=("a", "b")),))
    >>> match(asked, {"a": [Turn(reasoning="x")], "b": [Turn(reasoning="x"), Turn(reasoning="y")]}).turns
    {1: Turn(reasoning='x')}
    >>> match(asked, {"a": [Turn(reasoning="x")], "b": [Turn(reasoning="y")]}).turns
    {}
    """
    turns: dict[int, Turn] = {}
    for turn in asked.turns:
        clear = {value for key in turn.keys if (value := _only(found.get(key, ()))) is not None}
        if len(clear) == 1:
            turns[turn.index] = clear.pop()
    for prefix in asked.prefixes:
        values = {value for value in found.get(prefix.key, ()) if isinstance(value, Used)}
        if len(values) == 1:
            return Recalled(turns=turns, used=values.pop(), messages=prefix.messages)
    return Recalled(turns=turns)


def _only(values: Sequence[Record]) -> Turn | None:
    """The one value of a key; none where there are several, or another kind stands there."""
    distinct = {value for value in values if isinstance(value, Turn)}
    return distinct.pop() if len(distinct) == 1 and len(set(values)) == 1 else None


# -- what a message says -------------------------------------------------------------------------


def _key(kind: str, *pieces: bytes) -> str:
    return f"{kind}:{hashlib.blake2b(_framed(pieces), digest_size=20).hexdigest()}"


def _framed(pieces: Sequence[bytes]) -> bytes:
    return b"".join([b"%d:%b" % (len(piece), piece) for piece in pieces])


def _said(message: Message) -> bytes:
    """A hash of what a message says, whatever a client did to its spelling."""
    pieces = [_ROLES.get(message.role, message.role).encode("utf-8", "surrogatepass"), *_content(message)]
    for call in message.calls or ():
        pieces.append(call.name.encode("utf-8", "surrogatepass"))
        pieces.append(_arguments(call.arguments))
    return hashlib.blake2b(_framed(pieces), digest_size=20).digest()


_ROLES = {"developer": "system", "function": "tool"}


def _content(message: Message) -> list[bytes]:
    content = message.content
    if isinstance(content, str):
        text = content.strip()
        return [text.encode("utf-8", "surrogatepass")] if text else []
    pieces: list[bytes] = []
    for part in content or ():
        if isinstance(part, TextPart):
            if text := part.text.strip():
                pieces.append(text.encode("utf-8", "surrogatepass"))
        else:
            pieces.append(_medium(part))
    return pieces


def _medium(part: Image | Video | Document | File | Other) -> bytes:
    return _encoded(part)


def _arguments(text: str) -> bytes:
    """Arguments as their value, so that another spelling of the same JSON is the same turn."""
    try:
        return _encoded(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text.strip().encode("utf-8", "surrogatepass")


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value, order="sorted")
    except (TypeError, UnicodeEncodeError, RecursionError):
        # Lone surrogates and what came as no JSON: still the same bytes for the same value.
        return repr(value).encode("utf-8", "surrogatepass")
