"""What a deterministic reader makes of the user's words: names, numbers, commands, prohibitions.

No understanding is claimed. These are the few forms that tests, demonstrations and the public verifier
ask in (verification.md 1.4), each by a pattern that takes time linear in the text.
"""

import re
from typing import Final

from moonwire.simulator.rules.ask import Ask, Json, a_list, an_object, texts_of

__all__ = [
    "asked_words",
    "asks_effort",
    "dictated",
    "hints",
    "is_small_talk",
    "last_user",
    "proper_names",
    "results_since",
    "rounds_done",
    "system_text",
]

LONGEST: Final = 20_000
"""How much of a text is read. Tasks stand at the end of long ones, so the end is kept."""


def _text(message: Json) -> str:
    return "\n".join(texts_of(message.get("content")))[-LONGEST:]


_ASIDES: Final = (
    ("<system-reminder>", "</system-reminder>"),
    ("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>", "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"),
)
"""Between these an agent speaks in the user's name: Claude Code and Kimi Code, and OpenClaw."""


def _own_words(message: Json) -> str:
    """What the user says, without what the agent adds."""
    text = "\n".join(texts_of(message.get("content")))
    for begin, end in _ASIDES:
        kept: list[str] = []
        place = 0
        while (start := text.find(begin, place)) >= 0 and (stop := text.find(end, start)) >= 0:
            kept.append(text[place:start])
            place = stop + len(end)
        text = "".join((*kept, text[place:]))
    return text[-LONGEST:]


def last_user(ask: Ask) -> tuple[int, str]:
    """Place and words of the last message in which the user speaks; -1 where there is none."""
    for index in range(len(ask.messages) - 1, -1, -1):
        if ask.messages[index].get("role") == "user":
            text = _own_words(ask.messages[index])
            # A message that is nothing but an aside is the agent's.
            if text.strip() or text == _text(ask.messages[index]):
                return index, text
    return -1, ""


def system_text(ask: Ask, most: int = LONGEST) -> str:
    """What the system messages say that have no more than `most` characters."""
    said = (_text(message) for message in ask.messages if message.get("role") == "system")
    return "\n".join(text for text in said if len(text) <= most)


def rounds_done(ask: Ask) -> int:
    """How many rounds of calls there were since the user last spoke."""
    index, _ = last_user(ask)
    later = ask.messages[index + 1 :]
    return sum(message.get("role") == "assistant" and bool(message.get("tool_calls")) for message in later)


def results_since(ask: Ask) -> list[tuple[str, str]]:
    """Tool name and text of each result since the user last spoke, in order."""
    index, _ = last_user(ask)
    names: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for message in ask.messages[index + 1 :]:
        for call in map(an_object, a_list(message.get("tool_calls"))):
            names[str(call.get("id"))] = str(an_object(call.get("function")).get("name", ""))
        if message.get("role") == "tool":
            name = names.get(str(message.get("tool_call_id")), "tool")
            found.append((name, " ".join(_text(message).split())))
    return found


_QUOTED: Final = r'"([^"\n]{1,200})"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?<!\w)\'([^\'\n]{1,200})\'(?!\w)'
_PATH: Final = (
    r"(?<![\w/])(/?(?:[\w.-]{1,64}/){0,8}[\w-]{1,64}\.[A-Za-z]\w{0,7}|/(?:[\w.-]{1,64}/){0,8}[\w.-]{1,64})"
)
_NUMBER: Final = r"(?<![\w.])(-?\d{1,15}(?:\.\d{1,10})?)(?![\w])"
_NAME: Final = r"(?<![\w.])([A-Z][\w-]{1,40}(?: [A-Z][\w-]{1,40}){0,3})"
_HINT: Final = re.compile(f"{_QUOTED}|{_PATH}|{_NUMBER}|{_NAME}")


def _starts(text: str, place: int) -> bool:
    """Whether a sentence begins there. It looks back over a few blanks, and not over the whole text."""
    before = text[max(0, place - 40) : place]
    words = before.rstrip()
    return place == 0 or words.endswith((".", "!", "?", ":")) or "\n" in before[len(words) :]


def hints(text: str) -> list[str]:
    """What a call's arguments may be made of: quoted words, paths, numbers and names, in their order.

    >>> hints('Read notes.txt and look up the weather in Paris for 3 days, in "celsius".')
    ['notes.txt', 'Paris', '3', 'celsius']
    """
    found: dict[str, None] = {}
    for match in _HINT.finditer(text):
        word = next(group for group in match.groups() if group is not None)
        # A word that is large only because a sentence begins there is no name.
        capital = match.groups()[-1] is not None
        if capital and " " not in word and _starts(text, match.start()):
            continue
        found[word] = None
    return list(found)


def proper_names(text: str) -> list[str]:
    """The hints that name a thing: neither numbers nor paths."""
    return [hint for hint in hints(text) if not re.search(r"[\d/.]", hint)]


_SMALL: Final = re.compile(
    r"\s*(?:hi|hello|hey|thanks|thank you|good (?:morning|evening|day)|who are you|how are you|你好|谢谢)"
    r"[\s,.!?。！？]*(?:kimi|there)?[\s,.!?。！？]*",
    re.IGNORECASE,
)


def is_small_talk(text: str) -> bool:
    """Whether it is a greeting and no task."""
    return _SMALL.fullmatch(text) is not None


_DICTATED: Final = re.compile(
    r"\b(?:say|repeat|output|print|echo|reply|respond|answer)\b(?: back)?(?: only)?(?: with)?"
    r"(?: just| only| exactly| the (?:single )?(?:word|text|phrase|string))*:?\s+"
    r"(?:[\"“'`]([^\"”'`\n]{1,400})[\"”'`]|([A-Z]{1,20}(?: [A-Z]{1,20}){0,4})\b)",
    re.IGNORECASE,
)


def dictated(text: str) -> str | None:
    """What the user wants said, to the letter.

    >>> dictated("Say 'OK' and nothing else."), dictated("Reply with exactly OK"), dictated("Say something.")
    ('OK', 'OK', None)
    """
    for match in _DICTATED.finditer(text):
        if match[1] is not None:
            return match[1]
        # Without quotes only what is written large is meant to the letter.
        if match[2].isupper():
            return match[2]
    return None


_LENGTH: Final = re.compile(r"\b(\d{1,6}) (?:words|tokens)\b", re.IGNORECASE)


def asked_words(text: str) -> int:
    """How long the answer shall be in words, where the user says so.

    >>> asked_words("Write a story of 300 words."), asked_words("Write a story.")
    (300, 0)
    """
    match = _LENGTH.search(text)
    return int(match[1]) if match else 0


_EFFORT: Final = re.compile(
    r"effort|\b(?:thinking|reasoning)[ _-](?:level|depth|budget|intensity|strength)\b"
    r"|(?:思考|推理|思维)[^。！？，,\n]{0,4}(?:强度|力度|等级|级别|努力|深度|程度|档)",
    re.IGNORECASE,
)


def asks_effort(text: str) -> bool:
    """Whether the user asks how hard the model thinks.

    >>> asks_effort("What is your thinking effort?"), asks_effort("Think hard.")
    (True, False)
    """
    return _EFFORT.search(text) is not None
