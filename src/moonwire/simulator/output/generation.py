"""A turn as the model generates it, token by token, with the cap that everything shares (kimi-api.md D2)."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from moonwire.simulator.brain.turn import Turn
from moonwire.simulator.output.pieces import Piece, Pieces

__all__ = ["Generated", "Generation", "Kind", "generate", "stopped"]

Kind = Literal["reasoning", "close", "content", "start", "arguments", "control"]


class Generated(msgspec.Struct, frozen=True, gc=False):
    """One step: a piece of a channel, or structure that no reader sees.

    `close` ends the thoughts, `start` is the point at which a call's name is known; `call` is its place.
    """

    kind: Kind
    text: str
    ids: tuple[int, ...]
    call: int = -1

    @property
    def cost(self) -> int:
        """How many tokens it is."""
        return len(self.ids)


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """What came out: the steps, how many tokens they are, and why it ended."""

    steps: tuple[Generated, ...]
    tokens: int
    reasoning: int
    finish: str
    thoughts_cut: bool = False
    stop: str = ""
    """The stop sequence that ended it, which the Messages surface names."""


# Control tokens by family: ids of raw-text.md 1.3 and 2.3. K3's tags are control tokens around ordinary
# ones, `think` being 39964, `response` 12092.
_K2: Final = {"close": (163607,), "section": (163595,), "call": (163597,), "arguments": (163598,),
              "call_end": (163599,), "section_end": (163596,), "end": (163586,)}  # fmt: skip  # a table
_K3: Final = {"close": (163588, 39964, 163589), "section": (163587, 17175, 163589), "end": (163586,)}
_K3_OPEN_RESPONSE: Final = (163587, 12092, 163589)
_K3_TAG: Final = (163587, 163589)


def stopped(text: str, stops: Iterable[str]) -> tuple[str, str]:
    """The text before the first stop sequence, and the sequence that was met (verification.md P1.1).

    >>> stopped("one two three", ["three", "two"])
    ('one ', 'two')
    """
    places = [(place, stop) for stop in stops if stop and (place := text.find(stop)) >= 0]
    if not places:
        return text, ""
    place, stop = min(places)
    return text[:place], stop


def generate(
    turn: Turn, pieces: Pieces, family: str, cap: int | None, stops: Iterable[str] = ()
) -> Generation:
    """The steps of a turn up to the cap.

    The cap counts reasoning and answer together, so a small one leaves thoughts alone, and a call is cut
    where it is cut.
    """
    text, stop = stopped(turn.text, stops)
    if stop:
        turn = msgspec.structs.replace(turn, text=text, calls=())
    steps = _k3(turn, pieces) if family == "k3" else _k2(turn, pieces)
    limits = [limit for limit in (cap, turn.cut) if limit]
    made = _capped(steps, min(limits) if limits else None, turn)
    return msgspec.structs.replace(made, stop=stop) if made.finish == "stop" else made


def _capped(steps: Iterator[Generated], cap: int | None, turn: Turn) -> Generation:
    kept: list[Generated] = []
    tokens = reasoning = 0
    for step in steps:
        if cap is not None and tokens + step.cost > cap:
            cut_in_thoughts = step.kind in ("reasoning", "close")
            return Generation(
                steps=tuple(kept),
                tokens=cap,
                reasoning=cap if cut_in_thoughts else reasoning,
                finish="length",
                thoughts_cut=cut_in_thoughts,
            )
        kept.append(step)
        tokens += step.cost
        if step.kind in ("reasoning", "close"):
            reasoning += step.cost
    finish = turn.finish or ("tool_calls" if turn.calls else "stop")
    return Generation(steps=tuple(kept), tokens=tokens, reasoning=reasoning, finish=finish)


def _of(kind: Kind, found: list[Piece], call: int = -1) -> Iterator[Generated]:
    for piece in found:
        yield Generated(kind, piece.text, piece.ids, call)


def _control(*ids: int, call: int = -1) -> Generated:
    return Generated("control", "", ids, call)


def _thoughts(turn: Turn, pieces: Pieces, close: tuple[int, ...]) -> Iterator[Generated]:
    if turn.thoughts is None:
        return
    yield from _of("reasoning", pieces.split(turn.thoughts))
    yield Generated("close", "", close)


def _k2(turn: Turn, pieces: Pieces) -> Iterator[Generated]:
    """raw-text.md 1.1: what the K2 family writes; v1 writes the same here, for want of a record."""
    yield from _thoughts(turn, pieces, _K2["close"])
    yield from _of("content", pieces.split(turn.text))
    if turn.calls:
        yield _control(*_K2["section"])
    for place, call in enumerate(turn.calls):
        header = [one for piece in pieces.split(f"functions.{call.name}:{place}") for one in piece.ids]
        yield Generated("start", "", (*_K2["call"], *header, *_K2["arguments"]), place)
        yield from _of("arguments", pieces.split(call.arguments), place)
        yield _control(*_K2["call_end"], call=place)
    if turn.calls:
        yield _control(*_K2["section_end"])
    yield _control(*_K2["end"])


def _k3(turn: Turn, pieces: Pieces) -> Iterator[Generated]:
    """raw-text.md 2.1. The arguments are written as JSON here, which costs about what the tags cost."""
    yield from _thoughts(turn, pieces, _K3["close"])
    if turn.text or not turn.calls:
        # Without thoughts the prompt has opened the response already.
        if turn.thoughts is not None:
            yield _control(*_K3_OPEN_RESPONSE)
        yield from _of("content", pieces.split(turn.text))
        yield _control(163588, 12092, 163589)
    if turn.calls:
        yield _control(*_K3["section"])
    for place, call in enumerate(turn.calls):
        header = [
            one for piece in pieces.split(f'call tool="{call.name}" index="{place + 1}"') for one in piece.ids
        ]
        yield Generated("start", "", (_K3_TAG[0], *header, _K3_TAG[1]), place)
        yield from _of("arguments", pieces.split(call.arguments), place)
        yield _control(163588, 6831, 163589, call=place)
    if turn.calls:
        yield _control(163588, 17175, 163589)
    yield _control(*_K3["end"])
