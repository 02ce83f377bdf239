"""From what the agent sent to what the server needs: the passes in order, and what they add up to.

The order is that of the issues they solve: shapes before pairs, names before ids that hold names,
the final state of thinking before the reasoning that it requires, everything before its size is
estimated (kimi-api.md section 3).
"""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from moonwire.core.budget import Budget, settle
from moonwire.core.catalogue.target import Target
from moonwire.core.draft import Draft, note
from moonwire.core.errors import LocalProtocolError
from moonwire.core.estimate import Measured, estimate
from moonwire.core.memo import Generations, again
from moonwire.core.messages import Message, Request
from moonwire.core.notes import Note
from moonwire.core.passes import (
    fields,
    ids,
    messages,
    pairing,
    reasoning,
    sampling,
    schemas,
    thinking,
    tools,
)
from moonwire.core.recall import Recalled
from moonwire.core.restore import Restoration
from moonwire.core.settings import Settings

__all__ = ["Plan", "explain", "plan"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, what it may cost, and what was changed and why.

    The rest is for the way back: `names` from the server's tool names to the caller's, `schemas` as
    the caller gave them and `compiled` as the server got them, by the caller's names; `forced` is the
    tool that the answer has to call (`""`: any), `single` whether only the first call is given back,
    `answers` how many requests are to be made of this one. `thinking` is whether the model will think.
    """

    request: Request
    budget: Budget
    notes: tuple[Note, ...] = ()
    target: Target = Target()
    thinking: bool | None = None
    names: dict[str, str] = {}
    schemas: dict[str, Any] = {}
    compiled: dict[str, Any] = {}
    forced: str | None = None
    single: bool = False
    answers: int = 1

    def restoration(self, client_id: Callable[[int, str], str] | None = None) -> Restoration:
        """What the way back has to undo, for `core.restore`; `client_id` gives the caller's ids."""
        return Restoration(
            names=self.names,
            schemas=self.schemas,
            compiled=self.compiled,
            parallel=False if self.single else None,
            forced=self.forced,
            client_id=client_id,
            # An engine that renders the template itself may lack the parser that splits off thoughts.
            thinks=self.thinking is True and self.target.thinking_dialect == "template",
        )

    @property
    def warnings(self) -> tuple[Note, ...]:
        """The notes that say that something the caller asked for was weakened."""
        return tuple(note for note in self.notes if note.level == "warning")


def plan(
    request: Request,
    target: Target,
    recalled: Recalled | None = None,
    settings: Settings | None = None,
    *,
    count: Callable[[Request], int] | None = None,
) -> Plan:
    """The request as this target takes it. `count` counts its tokens exactly, where that can be done.

    Raises `LocalProtocolError` with the field's path for what cannot be healed, and `NoRoom` where
    the window leaves no room for an answer.

    >>> from moonwire.core.messages import Message
    >>> request = Request(model="m", messages=(Message(role="user", content="hi"),))
    >>> plan(request, Target()).request == request
    True
    """
    recalled = recalled or _NOTHING
    settings = settings or _DEFAULT
    draft = Draft.of(request)
    if settings is not _DEFAULT and (off := _switched_off(settings)):
        draft = draft.with_notes(off)
    if target.known:
        draft = _addressed(draft, target)
    if settings.messages != "off":
        draft = messages.heal(draft, target, settings)
    if settings.pairing != "off":
        draft = pairing.heal(draft, target, settings)
    frame = _frame(draft, target, settings)
    draft = _offered(draft, target, settings) if frame is None else frame.offered_to(draft)
    if settings.reasoning != "off":
        known = {
            index: turn.reasoning for index, turn in recalled.turns.items() if turn.reasoning is not None
        }
        draft = reasoning.heal(draft, target, settings, known)
    if settings.ids != "off":
        natives = {index: turn.natives for index, turn in recalled.turns.items()}
        draft = ids.heal(draft, target, settings, natives)
    draft = _fielded(draft, target, settings) if frame is None else frame.fielded_to(draft)
    draft = fields.heal_messages(draft, target, settings)
    return _budgeted(draft, target, recalled, settings, count)


_NOTHING = Recalled()
# One value, so that what was left alone under it can be known again.
_DEFAULT = Settings()


# -- what the messages have no part in -----------------------------------------------------------


def _offered(draft: Draft, target: Target, settings: Settings) -> Draft:
    """Tools, schemas, and what is wished of thinking."""
    if settings.tools != "off":
        draft = tools.heal(draft, target, settings)
    if settings.schemas != "off":
        draft = schemas.heal(draft, target, settings)
    if target.known and not draft.request.messages:
        raise LocalProtocolError("no message says anything", path="messages", remedy="give at least one")
    if settings.thinking != "off":
        draft = thinking.heal(draft, target, settings)
    return draft


def _fielded(draft: Draft, target: Target, settings: Settings) -> Draft:
    """Sampling, and the request's other fields."""
    if settings.sampling != "off":
        draft = sampling.heal(draft, target, settings)
    return fields.heal_request(draft, target, settings)


class _Frame(NamedTuple):
    """A request but for its messages, healed: an agent sends the same with each of them.

    Both drafts have one message that says nothing, and the notes that healing made of them.
    """

    offered: Draft
    fielded: Draft

    def offered_to(self, draft: Draft) -> Draft:
        """The draft as if `_offered` had healed it."""
        return _with(draft, self.offered)

    def fielded_to(self, draft: Draft) -> Draft:
        """The draft as if `_fielded` had healed it."""
        return _with(draft, self.fielded)


def _with(draft: Draft, healed: Draft) -> Draft:
    request = msgspec.structs.replace(healed.request, messages=draft.request.messages)
    notes = (*draft.notes, *healed.notes)
    return msgspec.structs.replace(healed, request=request, origins=draft.origins, notes=notes)


# Some 32 MB at the most: the tools of an agent are the most of it.
_FRAMES = Generations[tuple[tuple[Any, ...], _Frame | None]](limit=4 * 1024 * 1024)
_OVERHEAD = 2048
_MESSAGES = Request.__struct_fields__.index("messages")
_SILENT = (Message(role="user", content=""),)


def _frame(draft: Draft, target: Target, settings: Settings) -> _Frame | None:
    """The frame of this draft; none where the messages have a part in it."""
    request, under = draft.request, (target.tool_name,)
    apart = [again(one, "apart", under, _is_apart, one, target.tool_name) for one in request.messages]
    if not apart or not all(apart):
        return None
    values = msgspec.structs.astuple(request)
    own = (*values[:_MESSAGES], *values[_MESSAGES + 1 :], target, settings)
    # By identity: equal values such as 1 and True are not the same request.
    known = tuple(map(id, own))
    found = _FRAMES.get(known)
    if found is None:
        # It holds what it is known by, so that nothing else can come to have these identities.
        found = (own, _healed(request, target, settings))
        _FRAMES.put(known, found, weight=_weight(request))
    return found[1]


def _weight(request: Request) -> int:
    """Bytes of all but the messages; what is no JSON weighs more than is kept."""
    try:
        return _OVERHEAD + len(msgspec.json.encode(msgspec.structs.replace(request, messages=())))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return sys.maxsize


def _is_apart(message: Message, pattern: str) -> bool:
    """Whether a message neither brings tools nor calls any under a name that has to be another one."""
    legal = [tools.legal_name(call.name, pattern) == call.name for call in message.calls or ()]
    return message.tools is msgspec.UNSET and all(legal)


def _healed(request: Request, target: Target, settings: Settings) -> _Frame | None:
    silent = Draft.of(msgspec.structs.replace(request, messages=_SILENT))
    offered = _offered(silent, target, settings)
    if offered.names or any([compiled.renamed for compiled in offered.compiled.values()]):
        # What was called before is to be told in the names of now.
        return None
    fielded = _fielded(msgspec.structs.replace(offered, notes=()), target, settings)
    return _Frame(offered, fielded)


def _switched_off(settings: Settings) -> list[Note]:
    """A pass that is off is said: what it would have healed may be refused by the server."""
    if settings == _DEFAULT:
        return []
    return [
        note("pass-off", f"settings.{name}", f"the pass {name} is switched off")
        for name in Settings.__struct_fields__
        if getattr(settings, name) == "off"
    ]


def _addressed(draft: Draft, target: Target) -> Draft:
    """The model under the name that this endpoint knows."""
    if draft.request.model == target.model:
        return draft
    reason = "the endpoint knows the model by this id"
    change = (draft.request.model, target.model)
    renamed = note("model-renamed", "model", reason, change=change, source="kimi-api.md 1.3")
    return draft.with_request((renamed,), model=target.model)


def _budgeted(
    draft: Draft,
    target: Target,
    recalled: Recalled,
    settings: Settings,
    count: Callable[[Request], int] | None,
) -> Plan:
    measured = None
    if recalled.used is not None:
        used = recalled.used
        measured = Measured(
            prompt=used.prompt,
            completion=used.completion,
            reasoning=used.reasoning,
            bytes=used.bytes,
            # The K2 templates drop the reasoning of earlier turns unless they are told to keep it.
            replayed=target.family != "k2" or target.keep == "always" or draft.request.thinking.keep == "all",
            # Its messages as they stand now: some were left out, some put in.
            messages=sum(origin < recalled.messages for origin in draft.origins),
        )
    counted = None if count is None else count(draft.request)
    cost = estimate(draft.request, measured, counted, draft.thinking, settings.margin)
    settled = settle(draft.request, target, settings, cost, thinking=draft.thinking is not False)
    return Plan(
        request=settled.request,
        budget=settled.budget,
        notes=(*draft.notes, *settled.notes),
        target=target,
        thinking=draft.thinking,
        names=draft.names,
        schemas=draft.schemas,
        compiled=draft.compiled,
        forced=draft.forced,
        single=draft.single,
        answers=draft.fan_out,
    )


def explain(plan: Plan) -> str:
    """The plan's notes, one a line, for people.

    >>> from moonwire.core.messages import Message, Sampling
    >>> request = Request(
    ...     model="m", messages=(Message(role="developer", content="Be brief."),)
    ... )
    >>> print(explain(globals()["plan"](request, Target(developer="system"))))
    info     messages[0].role: role-developer: the target knows no role `developer`
    """
    return "\n".join(
        f"{note.level:8} {note.path + ': ' if note.path else ''}{note.code}: {note.reason}"
        for note in plan.notes
    )
