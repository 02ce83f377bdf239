"""A conversation as a file: a page for people, or messages for programs."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from moonwire.cli.jsontext import dumps
from moonwire.cli.output import open_output
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, TextPart
from moonwire.wire import chat

__all__ = ["as_lines", "as_page", "save"]

_TICKS: Final = re.compile(r"`{3,}")


def save(file: str, model: str, system: str, history: Sequence[Message]) -> Path:
    """Writes it, in the form that the file's name asks for; the path that was written."""
    place = Path(file).expanduser()
    whole = [*([Message(role="system", content=system)] if system else []), *history]
    if place.suffix == ".jsonl":
        text = as_lines(whole)
    elif place.suffix in (".md", ".markdown"):
        text = as_page(model, whole)
    else:
        remedy = "name it .md for a page, .jsonl for messages"
        raise LocalProtocolError("what form is it to have?", path=str(place), remedy=remedy)
    with open_output(str(place)) as output:
        output.write(text.encode("utf-8", "backslashreplace"))
    return place


def as_lines(messages: Sequence[Message]) -> str:
    """A message of Chat Completions a line, with thoughts and calls.

    >>> as_lines([Message(role="user", content="hi")])
    '{"role": "user", "content": "hi"}\\n'
    """
    return "".join(f"{dumps(chat.encode_message(message))}\n" for message in messages)


def as_page(model: str, messages: Sequence[Message]) -> str:
    """Markdown: a heading for each turn, thoughts folded, calls and results as code."""
    parts = [f"# A conversation with {model}"]
    heads = {"system": "System", "user": "You", "assistant": model}
    last = ""
    for message in messages:
        head = heads.get(message.role, "")
        if head and head != last:
            parts.append(f"## {head}")
        last = head or last
        if message.role == "tool":
            parts += ["Result:", _fenced(_text(message))]
            continue
        if thoughts := (message.reasoning or "").strip():
            parts.append(f"<details><summary>Thoughts</summary>\n\n{thoughts}\n\n</details>")
        if text := _text(message).strip():
            parts.append(text)
        parts += [
            f"Calls `{call.name}`:\n\n{_fenced(call.arguments, 'json')}" for call in message.calls or ()
        ]
    return "\n\n".join(parts) + "\n"


def _text(message: Message) -> str:
    content = message.content
    if isinstance(content, str):
        return content
    if not isinstance(content, tuple):
        return ""
    said = [
        part.text if isinstance(part, TextPart) else f"[{type(part).__name__.lower()}]" for part in content
    ]
    return "".join(said)


def _fenced(text: str, kind: str = "") -> str:
    ticks = "`" * max([3, *(len(found) + 1 for found in _TICKS.findall(text))])
    return f"{ticks}{kind}\n{text}\n{ticks}"
