"""Which tools to call, with what, and in how many rounds."""

import random
import re
from typing import Any, Final

from moonwire.simulator.brain.orders import forbids_tools, orders_tools
from moonwire.simulator.brain.reading import (
    hints,
    is_small_talk,
    last_user,
    proper_names,
    rounds_done,
    system_text,
)
from moonwire.simulator.brain.turn import Call, arguments_text
from moonwire.simulator.rules.ask import Ask, Json, a_list, an_object, is_list
from moonwire.simulator.values import NoInstance, instance

__all__ = ["Tools", "call_of", "next_calls"]

MOST_ROUNDS: Final = 200
MOST_AT_ONCE: Final = 16

Tools = dict[str, Any]
"""Name to parameters, in the order in which they are offered."""


def offered(ask: Ask) -> dict[str, Json]:
    """The functions that may be called, by name."""
    found: dict[str, Json] = {}
    # What was brought last is what the conversation is about.
    for tool in (*ask.dynamic_tools, *ask.tools):
        function = an_object(tool.get("function"))
        name = function.get("name")
        if isinstance(name, str) and name:
            found.setdefault(name, function)
    choice = an_object(an_object(ask.body.get("tool_choice")).get("allowed_tools"))
    if is_list(choice.get("tools")):
        allowed = {
            str(an_object(an_object(one).get("function")).get("name")) for one in a_list(choice["tools"])
        }
        found = {name: function for name, function in found.items() if name in allowed} or found
    return found


def next_calls(ask: Ask, rng: random.Random) -> tuple[Call, ...]:
    """The calls of this turn; none where it is time to answer."""
    tools = offered(ask)
    if not tools or ask.choice == "none":
        return ()
    _, text = last_user(ask)
    said = hints(text)
    # On K3 a named tool is passed over without a word (kimi-api.md F).
    if ask.choice == "named" and ask.target.family != "k3" and ask.chosen in tools:
        return (call_of(ask.chosen, tools[ask.chosen], said, rng),)
    rounds = [] if _banned(ask, text, tools) else planned(text, tools)
    done = rounds_done(ask)
    if done < len(rounds):
        return _calls(rounds[done], tools, text, rng)
    if ask.choice == "required":
        return (call_of(_nearest(text, tools), tools[_nearest(text, tools)], said, rng),)
    return ()


SHORT: Final = 200
"""A system message that is longer describes an agent, and what it says of tools is no ban."""


def _banned(ask: Ask, text: str, tools: dict[str, Json]) -> bool:
    return forbids_tools(system_text(ask, SHORT), tools) and not orders_tools(text)


def call_of(name: str, function: Json, said: list[str], rng: random.Random) -> Call:
    """A call with arguments that fit its schema, made of the user's words where they fit."""
    schema = function.get("parameters", {"type": "object", "properties": {}})
    try:
        value = instance(schema, hints=said, seed=rng.randrange(1 << 16))
    except NoInstance:
        # Nothing fits a schema that contradicts itself; the least wrong thing is an empty object.
        value = {}
    return Call(name, arguments_text(value))


# -- the plan that the user's words make ------------------------------------------------------------

_THEN: Final = re.compile(r"\b(?:then|after that|afterwards|next|finally)\b|[.;\n]|然后|接着", re.IGNORECASE)
_TIMES: Final = re.compile(r"\b(\d{1,3})(?: more)? (?:times|rounds|steps)\b", re.IGNORECASE)
_AT_ONCE: Final = re.compile(r"\b(?:in parallel|at once|at the same time|simultaneously)\b", re.IGNORECASE)


def planned(text: str, tools: dict[str, Json]) -> list[list[str]]:
    """The rounds of calls that a task wants, each a list of names.

    >>> tools = {"read": {}, "write": {}}
    >>> planned("Call read and write, then call write.", tools)
    [['read', 'write'], ['write']]
    >>> planned("Call read 3 times.", tools), planned("Call read 3 times in parallel.", tools)
    ([['read'], ['read'], ['read']], [['read', 'read', 'read']])
    """
    if forbids_tools(text, tools) or is_small_talk(text) or not text.strip():
        return []
    mentioned = _mentions(text, tools)
    rounds: list[list[str]] = [[]]
    before = 0
    for place, name in mentioned:
        if rounds[-1] and _THEN.search(text, before, place):
            rounds.append([])
        if len(rounds[-1]) < MOST_AT_ONCE:
            rounds[-1].append(name)
        before = place + len(name)
    if not mentioned:
        rounds = [[_nearest(text, tools)]]
    times = _TIMES.search(text)
    if times is None:
        return rounds[:MOST_ROUNDS]
    count = max(1, min(int(times[1]), MOST_ROUNDS))
    if _AT_ONCE.search(text):
        return [[name for name in rounds[0] for _ in range(min(count, MOST_AT_ONCE))], *rounds[1:]]
    return (rounds * count)[:MOST_ROUNDS]


def _mentions(text: str, tools: dict[str, Json]) -> list[tuple[int, str]]:
    """Where tools are named, in the order of the text; the longer of two names that both fit."""
    names = sorted(tools, key=len, reverse=True)
    alternatives = "|".join(re.escape(name) for name in names)
    found = re.finditer(rf"(?<![\w.-])(?:{alternatives})(?![\w-])", text)
    return [(match.start(), match[0]) for match in found]


def _nearest(text: str, tools: dict[str, Json]) -> str:
    """The tool whose name and description have most words in common with the task; the first of equals."""
    glossed = " ".join(words for pattern, words in _GLOSS if pattern.search(text))
    asked = _stems(f"{text} {glossed}")

    def likeness(name: str) -> int:
        described = str(tools[name].get("description", ""))[:500]
        return 3 * len(asked & _stems(name)) + len(asked & _stems(described))

    return max(tools, key=likeness)


_GLOSS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        ("天气|气温|多少度|sunny|rain|umbrella", "weather"),
        ("时间|几点|o'clock", "time"),
        (r"计算|算一下|comput|\d\s?[-+*/×]\s?\d", "calculator calculate"),
        (r"加|\d\s?\+\s?\d|\bplus\b|\bsum\b", "add"),
        ("搜索|查找", "search"),
        ("订单|下单", "order"),
        ("文件", "file"),
        ("邮件", "mail"),
        ("翻译", "translate"),
    )
)
"""What a task says in other words than tools do."""


def _stems(text: str) -> set[str]:
    spread = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    words = re.findall(r"[a-z]{3,}|[\u4e00-\u9fff]", spread)
    return {word.rstrip("s") for word in words} - _COMMON


_COMMON: Final = frozenset(
    """
    the for and with tool function use call please you are what how this that from get
    """.split()  # noqa: SIM905 -- a list of words reads best as words
)


def _calls(names: list[str], tools: dict[str, Json], text: str, rng: random.Random) -> tuple[Call, ...]:
    said = hints(text)
    if len(names) == 1:
        each = _one_for_each(text, tools[names[0]])
        if each:
            return tuple(call_of(names[0], tools[names[0]], [hint], rng) for hint in each)
    calls: list[Call] = []
    for place, name in enumerate(names):
        # Two calls of one round take different words where there are enough.
        turned = said[place % len(said) :] + said[: place % len(said)] if said else said
        calls.append(call_of(name, tools[name], turned, rng))
    return tuple(calls)


def _one_for_each(text: str, function: Json) -> list[str]:
    """Several names and a tool that takes one text: one call each, as models do for cities."""
    parameters = an_object(function.get("parameters"))
    properties = an_object(parameters.get("properties"))
    required = [name for name in a_list(parameters.get("required")) if isinstance(name, str)]
    required = required or list(properties)
    names = proper_names(text)
    if len(required) != 1 or not 2 <= len(names) <= 4 or not re.search(r"\band\b|\bboth\b|,|和", text):
        return []
    only = an_object(properties.get(required[0]))
    return names if only.get("type") == "string" and "enum" not in only else []
