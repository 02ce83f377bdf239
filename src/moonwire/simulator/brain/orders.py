"""Whether the user wants tools called or not: a few dozen phrasings, in English and Chinese.

A ban is easily taken for an order and the other way round ("do not answer without calling the tool"), so
each pattern stops where a sentence turns. All take time linear in the text.
"""

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["forbids_tools", "orders_tools"]

_GAP: Final = r"(?:(?!\b(?:but|instead|just|must|without|other|another)\b)[^.!?,;:\n]){0,60}?"
"""What may stand between a "not" and its tool: nothing that turns the sentence."""
_ONCE: Final = r"(?![^.!?,;:\n]{0,40}\b(?:again|twice|more than|other|another|multiple)\b)"
"""What makes a ban a limit: "do not call it again" wants it called once."""

_FORBIDS: Final = re.compile(
    r"\b(?:do not|don't|don’t|dont|never|without|avoid|no need (?:to|for)|must not|should not|cannot"
    r"|can't|not|refrain|ignor(?:e|ing)|instead of|rather than)\b"
    + _GAP
    + r"\b(?:tools?|functions?|call(?:s|ing)?)\b"
    + _ONCE
    + r"|\bno (?:tools?|function calls?|tool calls?)\b(?! (?:is|are|fits?|match))"
    r"|\b(?:tools?|functions?)\b[^.!?,;:\n]{0,20}\b(?:not|n't|never)\b"
    r"[^.!?,;:\n]{0,12}(?:need|necessar|requir|use|call|allow)"
    r"|(?:不(?:要|用|需要|必|使用|调用|能|可|得|准|许|应|该|借助|依赖)|别|勿|无需|无须|禁止|避免|没必要)"
    r"[^。！？，；：,;:\n而]{0,12}(?:工具|调用|函数)"
    r"|不(?:使用|调用|用)[^。！？，；：,;:\n]{0,8}工具",
    re.IGNORECASE,
)
_TWICE: Final = re.compile(
    r"\b(?:not|n't|n’t|never|nothing)\b[^.!?\n]{0,60}\bwithout\b",  # "never answer without the tool"
    re.IGNORECASE,
)
_ORDERS: Final = re.compile(
    r"\b(?:call|use|using|invoke|query|run|via|through)\b[^.!?,;:\n]{0,30}?\b(?:tools?|functions?)\b"
    r"|(?:调用|使用|用|通过)[^。！？，；：,;:\n]{0,12}工具",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"\b(?:nothing else|answer directly|directly answer|reply directly)\b"
    r"|\b(?:plain )?text only\b|\bonly (?:plain )?text\b"
    r"|\bjust (?:say|reply|answer|chat)\b|直接回答|直接回复",
    re.IGNORECASE,
)


def orders_tools(text: str) -> bool:
    """Whether the user says that a tool shall be called."""
    return _ORDERS.search(text) is not None


def forbids_tools(text: str, names: Iterable[str] = ()) -> bool:
    """Whether the user says that no tool shall be called; `names` are those of the tools that are offered.

    >>> forbids_tools("What is 2 + 2? Do not use any tools."), forbids_tools("Call the weather tool.")
    (True, False)
    >>> forbids_tools("Don't guess, use the tool."), forbids_tools("Don't use get_time.", ["get_time"])
    (False, True)
    """
    longest = sorted(names, key=len, reverse=True)
    if longest:
        text = re.sub("|".join(map(re.escape, longest)), " tool ", text)
    if _TWICE.search(text):
        return False
    return _FORBIDS.search(text) is not None or (_PLAIN.search(text) is not None and not orders_tools(text))
