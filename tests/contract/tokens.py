"""A tokenizer as far as a parser looks at one: every marker is one id, any other piece is some id."""

import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

__all__ = ["Request", "Toy"]

SPECIAL = {
    "<|tool_calls_section_begin|>": 163595,
    "<|tool_calls_section_end|>": 163596,
    "<|tool_call_begin|>": 163597,
    "<|tool_call_argument_begin|>": 163598,
    "<|tool_call_end|>": 163599,
    "<think>": 163606,
    "</think>": 163607,
    "<|end_of_msg|>": 163586,
    "<|open|>": 163587,
    "<|close|>": 163588,
    "<|sep|>": 163589,
    "think": 39964,
    "response": 12092,
    "message": 2778,
}
WORD = re.compile(
    "|".join(re.escape(word) for word in SPECIAL) + r"|(?s:.){1,4}?(?=<|think|response|message|\Z)|(?s:.){4}"
)


class Toy:
    """Just enough of a tokenizer."""

    def get_vocab(self) -> dict[str, int]:
        """The words that have a fixed id."""
        return dict(SPECIAL)

    def words(self, text: str) -> list[str]:
        """The text in tokens.

        >>> Toy().words("<|close|>think<|sep|>a")
        ['<|close|>', 'think', '<|sep|>', 'a']
        """
        return WORD.findall(text)

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        """Ids: fixed for markers, some ordinary one for the rest."""
        return [SPECIAL.get(word) or crc32(word.encode()) % 2000 for word in self.words(text)]


class Request:
    """A chat request as far as a parser asks about one."""

    def __init__(self, tools: Sequence[dict[str, Any]]) -> None:
        self.tools = list(tools)
        self.tool_choice = "auto"
        self.include_reasoning = True
        self.messages: list[Any] = []
        self.skip_special_tokens = False
        self.parallel_tool_calls = True
