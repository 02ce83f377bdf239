"""What a request cost, and how much of its prompt the server had seen before (kimi-api.md I2, J)."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.messages import Request
from moonwire.core.prompts import Memo, count_k2, count_k3
from moonwire.core.prompts.k2 import INSTRUCT, THINKING, TYPESCRIPT
from moonwire.core.prompts.k2 import segments as k2_segments
from moonwire.core.prompts.k3 import segments as k3_segments
from moonwire.core.prompts.segments import Segment
from moonwire.simulator.output.pieces import Pieces

__all__ = ["Counter", "Prompt", "Seen", "Used", "usage_object"]

TEMPLATES: Final = {"k2": INSTRUCT, "k2-thinking": THINKING, "k2.5": TYPESCRIPT}


class Prompt(msgspec.Struct, frozen=True):
    """A prompt as the cache sees it: how many tokens, and the tokens up to each border with a digest."""

    tokens: int
    borders: tuple[tuple[bytes, int], ...]


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one answer. `completion` includes `reasoning`."""

    prompt: int
    cached: int
    completion: int
    reasoning: int


class Counter:
    """Counts prompts: exactly for K3 with the vocabulary, nearly otherwise (tokens.md 2, 3)."""

    def __init__(self, pieces: Pieces) -> None:
        self._ordinary = Memo(pieces.encode)
        self._special = Memo(pieces.encode_special)

    def tokens(self, request: Request, target: Target, *, thinking: bool, effort: str, keeps: bool) -> int:
        """The `prompt_tokens` of a request."""
        if target.template in TEMPLATES:
            template = TEMPLATES[target.template]
            return int(count_k2(request, self._special, template=template, thinking=thinking, preserve=keeps))
        return int(count_k3(request, self._ordinary, effort=effort or "max", thinking=thinking))

    def prompt(self, request: Request, target: Target, *, thinking: bool, effort: str, keeps: bool) -> Prompt:
        """The prompt with its borders."""
        tokens = self.tokens(request, target, thinking=thinking, effort=effort, keeps=keeps)
        if target.template in TEMPLATES:
            template = TEMPLATES[target.template]
            found = k2_segments(request, template=template, thinking=thinking, preserve=keeps)
            return Prompt(tokens, _borders(found, self._special))
        found = k3_segments(request, effort=effort or "max", thinking=thinking)
        return Prompt(tokens, _borders(found, self._ordinary))


def _borders(found: Iterable[Segment], encode: Callable[[str], int]) -> tuple[tuple[bytes, int], ...]:
    chain = hashlib.blake2b(digest_size=16)
    tokens = 0
    borders: list[tuple[bytes, int]] = []
    for segment in found:
        chain.update(b"\1" if segment.control else b"\0")
        chain.update(segment.text.encode("utf-8", "surrogatepass"))
        chain.update(b"%d\0" % segment.times)
        tokens += segment.times if segment.control else encode(segment.text)
        borders.append((chain.copy().digest(), tokens))
    return tuple(borders)


class Seen:
    """The prefixes of the prompts that came before, per key and model; the oldest are forgotten."""

    def __init__(self, most: int = 500_000) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def cached(self, whose: str, prompt: Prompt) -> int:
        """How many tokens of the prompt were there before; from now on all of them are.

        >>> seen, prompt = Seen(), Prompt(7, ((b"a", 3), (b"b", 7)))
        >>> seen.cached("me", prompt), seen.cached("me", prompt), seen.cached("you", prompt)
        (0, 7, 0)
        """
        found = 0
        before = True
        for digest, tokens in prompt.borders:
            key = (whose, digest)
            before = before and key in self._known
            if before:
                found = tokens
                self._known.move_to_end(key)
            else:
                self._known[key] = None
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return min(found, prompt.tokens)


def usage_object(used: Used, *, both: bool = True) -> dict[str, Any]:
    """The usage as Chat Completions has it; `both`: the cached tokens at the top too (kimi-api.md I2)."""
    found: dict[str, Any] = {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.completion,
        "total_tokens": used.prompt + used.completion,
    }
    if both:
        found["cached_tokens"] = used.cached
    found["prompt_tokens_details"] = {"cached_tokens": used.cached}
    found["completion_tokens_details"] = {"reasoning_tokens": used.reasoning}
    return found
