"""The `--field` option: where in a record the raw text stands, as `choices[0].message.content`."""

import json
import re

import click

from moonwire.cli.jsontext import Path

__all__ = ["as_path", "read_path"]

_STEP = re.compile(
    r"""
    \[ \s* (?P<index> -?[0-9]{1,9} ) \s* \]           # [0], [-1]
    | \[ \s* (?P<quoted> "(?:[^"\\]|\\.)*" ) \s* \]   # ["a key with . in it"]
    | (?P<dot> \.? ) (?P<name> [^.\[\]"\s]+ )         # name, .name
    """,
    re.VERBOSE,
)


def read_path(text: str) -> Path:
    """A path as a user writes it, taken apart. Raises `ValueError` that names the character.

    >>> read_path('choices[0].message["a.b"]')
    ('choices', 0, 'message', 'a.b')
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match["name"] is not None and bool(match["dot"]) != bool(steps)):
            raise ValueError(f'character {position + 1} of {text!r} is neither .name nor [0] nor ["name"]')
        steps.append(_step(match))
        position = match.end()
    if not steps:
        raise ValueError("an empty path names nothing")
    return tuple(steps)


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    if match["quoted"] is not None:
        return str(json.loads(match["quoted"]))
    return str(match["name"])


def as_path(ctx: click.Context, param: click.Parameter, value: str) -> Path:
    """What click calls with the option's text."""
    try:
        return read_path(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}. Write it like choices[0].message.content", ctx, param) from None
