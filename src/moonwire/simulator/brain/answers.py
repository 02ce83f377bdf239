"""The visible answer: what was dictated, what the tools returned, or the form that was asked for."""

import random
from typing import Any, Final

from moonwire.simulator.brain.keys import asked_keys
from moonwire.simulator.brain.reading import (
    asked_words,
    asks_effort,
    dictated,
    hints,
    last_user,
    results_since,
    system_text,
)
from moonwire.simulator.brain.turn import arguments_text
from moonwire.simulator.brain.words import long_text
from moonwire.simulator.rules.ask import Ask, an_object
from moonwire.simulator.values import NoInstance, instance

__all__ = ["answer"]

SHOWN: Final = 600
"""How much of one tool's result is told again."""


def answer(ask: Ask, rng: random.Random) -> str:
    """What the model says when it calls nothing."""
    form = an_object(ask.body.get("response_format"))
    if form.get("type") == "json_schema":
        return _by_schema(ask, an_object(form.get("json_schema")).get("schema"), rng)
    if form.get("type") == "json_object":
        return _object(ask)
    _, text = last_user(ask)
    results = results_since(ask)
    if results:
        return _from_results(results)
    # The template tells the model its effort (raw-text.md 2.2); the verifier asks (verification.md 1.4).
    if ask.target.efforts and ask.thinking and asks_effort(text):
        return ask.effort
    words = asked_words(text)
    if words:
        return long_text(words, rng)
    said = dictated(text)
    return said if said is not None else _plain(text)


def _from_results(results: list[tuple[str, str]]) -> str:
    told = [f"{name} returned: {_shortened(text)}" for name, text in results]
    return "Done. " + " ".join(told)


def _plain(text: str) -> str:
    told = _shortened(" ".join(text.split()), 160)
    quoted = f' You wrote: "{told}"' if told else ""
    return f"This is a simulated answer; no model is behind it.{quoted}"


def _shortened(text: str, most: int = SHOWN) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _object(ask: Ask) -> str:
    _, text = last_user(ask)
    keys = asked_keys(text) or asked_keys(system_text(ask)) or ["answer"]
    values = [hint for hint in hints(text) if hint not in keys]
    made: dict[str, Any] = {
        key: values[place] if place < len(values) else key for place, key in enumerate(keys)
    }
    results = results_since(ask)
    if results:
        made.setdefault("result", _shortened(results[-1][1]))
    return arguments_text(made)


def _by_schema(ask: Ask, schema: Any, rng: random.Random) -> str:
    _, text = last_user(ask)
    said = [*hints(text), *(text for _, text in results_since(ask))]
    try:
        return arguments_text(instance(schema, hints=said, seed=rng.randrange(1 << 16)))
    except NoInstance:
        return "{}"
