"""The public face of the raw-text reader."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import Event, Finish, FinishReason
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, Tool
from moonwire.core.rawtext.k2 import K2
from moonwire.core.rawtext.k3 import K3
from moonwire.core.rawtext.markers import ANY
from moonwire.core.rawtext.markers import K2 as K2_GRAMMAR
from moonwire.core.rawtext.markers import K3 as K3_GRAMMAR
from moonwire.core.rawtext.turn import Turn

__all__ = ["TextParser", "parse_text"]

FamilyName = Literal["auto", "k2", "k3"]
Quoted = Literal["hold", "run"]

# Looked up once: a parser is made for every answer.
_FAMILIES = frozenset(get_args(FamilyName))
_QUOTED = frozenset(get_args(Quoted))
_OWN: tuple[FinishReason, ...] = get_args(FinishReason)
# Besides our own: OpenAI's older word, and Anthropic's for the same things.
_REASONS: dict[str, FinishReason] = {
    **{reason: reason for reason in _OWN},
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "end_turn": "stop",
    "max_tokens": "length",
}


class TextParser:
    """Turns the text of one assistant turn into events, as it arrives, however it is cut.

    `family` is the grammar: `"k2"` (K2 to K2.7), `"k3"`, or `"auto"`, which lets the first markup
    decide. `tools` are the request's tools, as OpenAI writes them; headers are resolved through
    them, and where they are not known (`None`) no call counts as declared. `in_reasoning` says that
    the prompt left the model inside its thoughts (K2.5 and later with thinking on, K3). `used_ids`
    are the tool-call ids of the conversation so far. `quoted` decides about calls inside thoughts:
    `"hold"` waits until it is clear that they were meant, `"run"` delivers them at once.

    No text makes it raise. It holds back what may still become a marker; where only what follows
    can decide, it waits for that, for 1 MB at most.

    >>> parser = TextParser(family="k2", tools=[{"type": "function", "function": {"name": "ls"}}])
    >>> for chunk in ("Let me look. <|tool_call_begin|>functions.ls", ":0<|tool_call_argument_begin|>{}"):
    ...     for event in parser.feed(chunk):
    ...         print(event)
    Text(text='Let me look. ')
    CallStart(index=0, id='functions.ls:0', name='ls')
    CallArguments(index=0, text='{}')
    >>> [type(event).__name__ for event in parser.finish("stop")]
    ['Noted', 'CallEnd', 'Finish']
    """

    def __init__(
        self,
        family: FamilyName = "auto",
        tools: Iterable[Tool | Mapping[str, Any]] | None = None,
        in_reasoning: bool = False,
        used_ids: Iterable[str] = (),
        *,
        quoted: Quoted = "hold",
    ) -> None:
        if family not in _FAMILIES:
            raise LocalProtocolError(
                f"no family {family!r}", path="family", remedy='use "auto", "k2" or "k3"'
            )
        if quoted not in _QUOTED:
            raise LocalProtocolError(f"no policy {quoted!r}", path="quoted", remedy='use "hold" or "run"')
        self._turn = turn = Turn(tools, in_reasoning=in_reasoning, used_ids=used_ids, hold=quoted == "hold")
        self._finished = False
        if family == "auto":
            turn.begin(ANY, _Undecided(turn, K2(turn), K3(turn)))
        elif family == "k2":
            turn.begin(K2_GRAMMAR, K2(turn))
        else:
            turn.begin(K3_GRAMMAR, K3(turn))

    def feed(self, text: str, token_ids: Sequence[int] | None = None) -> list[Event]:
        """Take the next chunk, with its token ids where the server gives them; what it says."""
        if token_ids is None:
            return self._turn.step(text)
        if self._finished:
            return _over(text)
        return self._turn.advance_with_ids(text, token_ids)

    def finish(self, reason: str | None = "stop") -> list[Event]:
        """The turn is over, for the reason that the server gave; what was still open."""
        if self._finished:
            return []
        self._finished = True
        turn = self._turn
        known = _REASONS.get(reason or "", "unknown")
        events = turn.finish(known)
        # Servers that parsed no call report a plain stop; at the cap, the cap is what the agent
        # must know about (kimi-api.md I3, dynamo#8208).
        final: FinishReason = "tool_calls" if turn.whole_calls and known in ("stop", "unknown") else known
        turn.step = _over
        events.append(Finish(final, native=reason if reason != final else None))
        return events


def _over(text: str) -> list[Event]:
    raise LocalProtocolError(
        "this turn is over", path="feed", remedy="finish was called: a new turn is a new parser"
    )


class _Undecided:
    """Both grammars, until the first markup shows which it is. Think tags work and decide nothing."""

    def __init__(self, turn: Turn, k2: K2, k3: K3) -> None:
        self._turn = turn
        self._k2 = k2
        self._k3 = k3
        k2.decided = self._it_is_k2
        k3.decided = self._it_is_k3

    def mark(self, kind: str, raw: str) -> None:
        """A control text of either grammar."""
        if kind in ("open", "close", "sep", "message end"):
            self._k3.mark(kind, raw)
        elif kind == "turn end":
            self._turn.piece(raw)
        else:
            self._k2.mark(kind, raw)

    def drops(self, held: str) -> bool:
        """Half a control text is text, unless a K3 tag is under way."""
        return self._k3.drops(held)

    def finish(self, reason: str) -> None:
        """Nothing decided; a K3 tag may be under way."""
        self._k3.finish(reason)

    def _it_is_k2(self) -> None:
        self._turn.decide(K2_GRAMMAR, self._k2)

    def _it_is_k3(self) -> None:
        self._turn.decide(K3_GRAMMAR, self._k3)


def parse_text(
    text: str,
    *,
    family: FamilyName = "auto",
    tools: Iterable[Tool | Mapping[str, Any]] | None = None,
    in_reasoning: bool = False,
    used_ids: Iterable[str] = (),
    quoted: Quoted = "hold",
    finish: str | None = "stop",
) -> Reply:
    """Read a whole completion: `TextParser.feed`, `finish`, and the fold of both, nothing else.

    >>> raw = "Hm.</think>I look.<|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>{}"
    >>> reply = parse_text(raw, family="k2", in_reasoning=True)
    >>> reply.reasoning, reply.text, reply.calls[0].name, reply.finish
    ('Hm.', 'I look.', 'ls', 'tool_calls')
    """
    parser = TextParser(family, tools, in_reasoning, used_ids, quoted=quoted)
    return fold([*parser.feed(text), *parser.finish(finish)])
