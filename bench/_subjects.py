"""What is timed: the floor, moonwire, and each peer that this interpreter finds."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from _inputs import Text

from moonwire import TextParser
from tests.contract import peers, tokens
from tests.contract.table import Case, Parser, Reading, Want

__all__ = ["Subject", "floor", "ours", "peer_subjects", "stream"]


class Floor:
    """The least a stream can cost in Python: one call of a method, which appends to a list."""

    def __init__(self) -> None:
        self.chunks: list[str] = []

    def feed(self, chunk: str) -> None:
        """Keep it."""
        self.chunks.append(chunk)


class Feeds(Protocol):
    """Whatever takes chunks."""

    def feed(self, text: str, /) -> object:
        """Take one."""
        ...


def stream(make: Callable[[], Feeds], chunks: Sequence[str], repeats: int) -> float:
    """Seconds per chunk, fresh parsers each repeat; made before the clock starts.

    The results are dropped as they come, which is what a gateway does with what it has passed on.
    """
    parsers = [make() for _ in range(repeats)]
    begin = time.perf_counter()
    for parser in parsers:
        feed = parser.feed
        for chunk in chunks:
            feed(chunk)
    return (time.perf_counter() - begin) / (repeats * len(chunks))


def floor(chunks: Sequence[str], repeats: int) -> float:
    """The floor's seconds per chunk."""
    return stream(Floor, chunks, repeats)


def parser_for(text: Text) -> TextParser:
    """Ours, as the text wants it."""
    family = "k2" if text.family == "k2" else "k3"
    return TextParser(family, text.tools, text.in_reasoning)


def ours(text: Text, repeats: int) -> float:
    """Our seconds per chunk."""
    return stream(lambda: parser_for(text), text.chunks, repeats)


class Subject(Protocol):
    """A parser to be timed."""

    name: str

    def takes(self, text: Text) -> bool:
        """Whether it reads such a text in pieces."""
        ...

    def per_chunk(self, text: Text, limit: float) -> float | None:
        """Seconds per chunk, fed like ours; None where that would take longer than the limit."""
        ...

    def right(self, text: Text) -> bool:
        """Whether what comes out is what must come out."""
        ...


class Peer:
    """A peer behind the contract's face, with its own feed found for the clock."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.name = f"{parser.name} {parser.version()}"

    def takes(self, text: Text) -> bool:
        """Its grammar, and pieces at all."""
        return text.family in self.parser.families and not self.parser.whole_only

    def per_chunk(self, text: Text, limit: float) -> float | None:
        """Feeds it directly: what the contract's adapter collects is not on the clock."""
        feed = _feed(self.parser, _case(text))
        begin = time.perf_counter()
        for place, chunk in enumerate(text.chunks):
            feed(chunk, place == len(text.chunks) - 1)
            if not place % 512 and time.perf_counter() - begin > limit:
                return None
        return (time.perf_counter() - begin) / len(text.chunks)

    def right(self, text: Text) -> bool:
        """By the contract's adapter, on the same pieces."""
        got: Reading = self.parser.read(_case(text), text.chunks)
        calls = [(call.name, call.arguments) for call in got.calls]
        return calls == text.calls and (got.text or "", got.reasoning or "") == (text.text, text.reasoning)


def _case(text: Text) -> Case:
    family = "k2" if text.family == "k2" else "k3"
    return Case("", "", text.whole, Want(), family, text.in_reasoning, tuple(text.tools))


def _feed(parser: Any, case: Case) -> Callable[[str, bool], object]:
    """The peer's own method for one chunk, all the rest bound before the clock starts."""
    if isinstance(parser, peers.SGLang):
        thoughts, calls = parser.detectors(case)
        tools = parser.tools(case)

        def both(chunk: str, last: bool) -> object:
            if thoughts is not None:
                chunk = thoughts.parse_streaming_increment(chunk).normal_text or ""
            return calls.parse_streaming_increment(chunk, tools) if chunk else None

        return both
    if isinstance(parser, peers.LMDeploy):
        response = parser.parser(case)
        return lambda chunk, last: response.stream_chunk(chunk, [], final=last)
    if isinstance(parser, peers.VLLM):
        engine, request = parser.parser(case)
        if case.family == "k2":
            return lambda chunk, last: engine.parse_delta(chunk, [], request, [], finished=last)
        toy = tokens.Toy()
        prompt = (
            toy.encode("<|open|>think<|sep|>") if case.in_reasoning else toy.encode("<|open|>response<|sep|>")
        )
        ids = {word: toy.encode(word) for word in set(toy.words(case.text)) | {"<|sep|>"}}
        return lambda chunk, last: engine.parse_delta(
            chunk, ids.get(chunk) or toy.encode(chunk), request, prompt, finished=last
        )
    raise LookupError(parser.name)


def peer_subjects() -> list[Subject]:
    """Every streaming peer in this interpreter."""
    return [Peer(parser) for parser in peers.installed() if not parser.whole_only]
