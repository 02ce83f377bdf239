"""The control texts of both grammars, and the token ids that stand for them.

K2, K2-0905, K2-Thinking, K2.5, K2.6 and K2.7-Code share one set; K3 has another. The ids collide
(163586 to 163588 mean other things in each), so an id says something only once the family is known.
Source: tokenizer_config of the published K2 tokenizer; encoding_k3.py of the K3 checkpoint.
"""

import re
from collections.abc import Iterable

__all__ = ["ANY", "K2", "K3", "MAX_BLANK", "MAX_HELD", "TURN_ENDS", "Grammar"]

# What a parser may have to hold back before it can decide is decided at this size.
MAX_HELD = 1_000_000
# More white space in a row than this is not layout between markers any more, it is text.
MAX_BLANK = 4_096

# The end-of-turn texts. Servers strip them and keep their ids, or the other way round, and nothing
# hangs on them: ids never speak about these.
TURN_ENDS = frozenset({"turn end", "message end"})


class Grammar:
    """A set of control texts, ready to be searched for.

    `kinds` maps each text to what it means, `ids` each special token id to the same. `prefixes`
    holds every beginning of a control text that is not one itself: what a chunk may end in.
    `noisy` grammars leave runs of "!" between their markers.
    """

    __slots__ = ("ids", "kinds", "longest", "noisy", "pattern", "prefixes")

    def __init__(self, kinds: dict[str, str], ids: dict[int, str], *, noisy: bool) -> None:
        self.kinds = kinds
        self.ids = ids
        self.noisy = noisy
        self.longest = max(map(len, kinds))
        # Every control text starts with "<" and holds no other "<": the held tail of a chunk
        # starts at its last "<", and no alternative is a prefix of another one.
        self.pattern = re.compile("<(?:" + "|".join(re.escape(text[1:]) for text in kinds) + ")")
        self.prefixes = frozenset(_beginnings(kinds))

    def tail(self, text: str, start: int) -> int:
        """Where in `text` a control text may have begun that is not over yet; its length if nowhere."""
        last = text.rfind("<", max(start, len(text) - self.longest + 1))
        if last >= 0 and text[last:] in self.prefixes:
            return last
        return len(text)


def _beginnings(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for length in range(1, len(text)):
            yield text[:length]


_K2_KINDS = {
    "<|tool_calls_section_begin|>": "section",
    "<|tool_calls_section_end|>": "/section",
    # The singular spelling is met in the wild (llama.cpp#17376).
    "<|tool_call_section_begin|>": "section",
    "<|tool_call_section_end|>": "/section",
    "<|tool_call_begin|>": "call",
    "<|tool_call_end|>": "/call",
    "<|tool_call_argument_begin|>": "arguments",
    "<think>": "think",
    "</think>": "/think",
    "<|im_end|>": "turn end",
}
_K2_IDS = {
    163595: "section",
    163596: "/section",
    163597: "call",
    163598: "arguments",
    163599: "/call",
    163606: "think",
    163607: "/think",
}
_K3_KINDS = {
    "<|open|>": "open",
    "<|close|>": "close",
    "<|sep|>": "sep",
    "<|end_of_msg|>": "message end",
}
_K3_IDS = {163587: "open", 163588: "close", 163589: "sep"}

K2 = Grammar(_K2_KINDS, _K2_IDS, noisy=True)
K3 = Grammar(_K3_KINDS, _K3_IDS, noisy=False)
# Before the family is known. The ids of both, for the same count: which family it is, the texts say.
ANY = Grammar({**_K2_KINDS, **_K3_KINDS}, {**_K2_IDS, **_K3_IDS}, noisy=True)
