"""Events to reply: the one way from a stream to a whole answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Sealed,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.core.notes import Note

__all__ = ["Fold", "fold"]


class _Block:
    """One block under way: its kind, its pieces, and what is known of it besides."""

    __slots__ = ("complete", "facts", "kind", "pieces", "sealed")

    def __init__(self, kind: type[Thought | TextPart | ToolCall], facts: dict[str, Any]) -> None:
        self.kind = kind
        self.facts = facts
        self.pieces: list[str] = []
        self.complete = False
        # Whether what came last bound these thoughts as they are: others are another block.
        self.sealed = False

    def built(self) -> Thought | TextPart | ToolCall:
        text = "".join(self.pieces)
        if self.kind is ToolCall:
            return ToolCall(arguments=text, complete=self.complete, **self.facts)
        return self.kind(text=text, **self.facts)  # pyright: ignore[reportCallIssue] -- both take text


class Fold:
    """Takes events as they come; `finish()` gives the reply that they add up to.

    >>> folding = Fold()
    >>> folding.feed([Text("Hel"), Text("lo"), Finish("stop")])
    >>> folding.finish().text
    'Hello'
    """

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._calls: dict[int, _Block] = {}
        self._malformed: list[Malformed] = []
        self._notes: list[Note] = []
        self._logprobs: list[Any] = []
        self._facts: dict[str, Any] = {}

    def feed(self, events: Iterable[Event]) -> None:
        """Add what the stream said next."""
        takers = self._TAKERS
        for event in events:
            takers[type(event)](self, event)

    def finish(self) -> Reply:
        """The reply so far. A call that never ended is in it, not complete."""
        return Reply(
            blocks=tuple(block.built() for block in self._blocks),
            malformed=tuple(self._malformed),
            notes=tuple(self._notes),
            logprobs=tuple(self._logprobs),
            **self._facts,
        )

    def _block(self, kind: type[Thought | TextPart]) -> _Block:
        """The block that a piece of this kind belongs to: the last one, or a new one."""
        if not self._blocks or self._blocks[-1].kind is not kind or self._blocks[-1].sealed:
            self._blocks.append(_Block(kind, {}))
        return self._blocks[-1]

    def _start(self, event: Start) -> None:
        self._facts.update(id=event.id, model=event.model, created=event.created)
        if event.extra:
            self._facts["extra"] = {**self._facts.get("extra", {}), **event.extra}

    def _reasoning(self, event: Reasoning) -> None:
        # Some servers send an empty piece of reasoning with every chunk (kimi-code#2506). The first one
        # says that there are thoughts and they are empty, the others say nothing.
        if event.text or not any(block.kind is Thought for block in self._blocks):
            self._block(Thought).pieces.append(event.text)
        self._logprob(event.logprobs)

    def _text(self, event: Text) -> None:
        self._block(TextPart).pieces.append(event.text)
        self._logprob(event.logprobs)

    def _logprob(self, logprobs: Any) -> None:
        if logprobs is not None:
            self._logprobs.append(logprobs)

    def _sealed(self, event: Sealed) -> None:
        last = self._blocks[-1] if self._blocks else None
        # Redacted thoughts are a block of their own, and no thoughts have two seals of one kind.
        apart = event.kind == "redacted" or last is None or last.kind is not Thought
        if last is None or apart or event.kind in last.facts or "redacted" in last.facts:
            last = _Block(Thought, {})
            self._blocks.append(last)
        last.facts[event.kind] = event.data
        # Encrypted thoughts of Responses may come before their words.
        last.sealed = event.kind != "encrypted"
        if event.id:
            last.facts["id"] = event.id

    def _reclassified(self, event: Reclassified) -> None:
        was, now = (TextPart, Thought) if event.was == "text" else (Thought, TextPart)
        for block in self._blocks:
            if block.kind is was:
                block.kind = now
        # Neighbours that are of one kind now are one block.
        merged: list[_Block] = []
        for block in self._blocks:
            if merged and merged[-1].kind is block.kind and block.kind is not ToolCall:
                merged[-1].pieces.extend(block.pieces)
            else:
                merged.append(block)
        self._blocks = merged

    def _call_start(self, event: CallStart) -> None:
        facts = {"id": event.id, "name": event.name, "declared": event.declared, "native": event.native}
        block = _Block(ToolCall, facts)
        self._calls[event.index] = block
        self._blocks.append(block)

    def _call_arguments(self, event: CallArguments) -> None:
        self._calls[event.index].pieces.append(event.text)

    def _call_end(self, event: CallEnd) -> None:
        self._calls[event.index].complete = event.complete

    def _malformed_part(self, event: Malformed) -> None:
        self._malformed.append(event)

    def _noted(self, event: Noted) -> None:
        self._notes.append(event.note)

    def _usage(self, event: Usage) -> None:
        self._facts["usage"] = event

    def _finish(self, event: Finish) -> None:
        self._facts.update(finish=event.reason, native_finish=event.native, stop_sequence=event.stop_sequence)
        if event.extra:
            self._facts["extra"] = {**self._facts.get("extra", {}), **event.extra}

    def _error(self, event: UpstreamError) -> None:
        self._facts["error"] = event

    # Of functions, not of bound methods: an answer that is over is not to wait for the collector.
    _TAKERS: ClassVar[Mapping[type[Event], Callable[[Any, Any], None]]] = {
        Start: _start,
        Reasoning: _reasoning,
        Text: _text,
        Sealed: _sealed,
        Reclassified: _reclassified,
        CallStart: _call_start,
        CallArguments: _call_arguments,
        CallEnd: _call_end,
        Malformed: _malformed_part,
        Noted: _noted,
        Usage: _usage,
        Finish: _finish,
        UpstreamError: _error,
    }


def fold(events: Iterable[Event]) -> Reply:
    """The reply that a whole stream of events adds up to.

    >>> fold([Text("a"), Text("b"), Finish("stop")]).text
    'ab'
    """
    folding = Fold()
    folding.feed(events)
    return folding.finish()
