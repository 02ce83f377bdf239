"""The extractor of the official tool-call guidance, made anew from its published behaviour.

Whole texts only. It wants a closed section and reads the first one; each call in it needs both
markers and an id of word characters, dots and `:digits`; the name is what stands between the id's
first dot and its first colon. Where that cannot be had, it raises.
"""

import re

__all__ = ["extract"]

_SECTION = re.compile(r"<\|tool_calls_section_begin\|>(.*?)<\|tool_calls_section_end\|>", re.DOTALL)
_CALL = re.compile(
    r"<\|tool_call_begin\|>\s*(?P<id>[\w.]+:\d+)\s*<\|tool_call_argument_begin\|>\s*(?P<arguments>.*?)\s*<\|tool_call_end\|>",
    re.DOTALL,
)


def extract(text: str) -> list[tuple[str, str]]:
    """The calls as (name, arguments).

    >>> extract("<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0"
    ...         "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>")
    [('ls', '{}')]
    """
    sections = _SECTION.findall(text)
    if not sections:
        return []
    found = _CALL.finditer(sections[0])
    calls = [(match["id"].split(".")[1].split(":")[0], match["arguments"]) for match in found]
    return [(name, arguments) for name, arguments in calls if name]
