"""Running the calls of one step: side by side, within limits, and with a result for each, come what may."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from moonwire.agent.functions import Offered
from moonwire.agent.repeats import canonical
from moonwire.core.messages import Content, File, Image, Message, TextPart, ToolCall, Video

__all__ = ["TOLD", "Limits", "Result", "interrupted", "run_calls", "told"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a turn may go, and its tools."""

    steps: int = 100
    """Answers of the model in one turn."""
    retries: int = 2
    """How often one answer that broke off is asked for again."""
    parallel: int = 8
    """Tools that run at once."""
    seconds: float = 300.0
    """What one tool may take."""
    characters: int = 50_000
    """Of one result; what is longer loses its middle (kimi-api.md H9)."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a call came to."""

    call: ToolCall
    content: Content
    ok: bool = True

    @property
    def message(self) -> Message:
        """The turn to append to the history."""
        # A tool of the endpoint's own wants its name back (kimi-api.md G5).
        name = self.call.name if self.call.name.startswith("$") else None
        return Message(role="tool", call_id=self.call.id, name=name, content=self.content)

    @property
    def text(self) -> str:
        """The result as text, pictures left out."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))


EMPTY: Final = "(the tool ran and gave no output)"
"""An empty result is refused by some servers (kimi-api.md H2), and tells a model nothing."""


async def run_calls(
    calls: Sequence[ToolCall], tools: Mapping[str, Offered], limits: Limits
) -> AsyncGenerator[Result]:
    """The results of all calls, each as soon as it is there. Two calls that are the same run once.

    Leaving it early cancels what still runs.
    """
    slots = asyncio.Semaphore(max(1, limits.parallel))
    same: dict[tuple[str, str], list[ToolCall]] = {}
    for call in calls:
        same.setdefault(canonical(call), []).append(call)

    async def run(group: list[ToolCall]) -> list[Result]:
        async with slots:
            first = await _result(group[0], tools.get(group[0].name), limits, list(tools))
        return [msgspec.structs.replace(first, call=call) for call in group]

    tasks = [asyncio.create_task(run(group)) for group in same.values()]
    try:
        for done in asyncio.as_completed(tasks):
            for result in await done:
                yield result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _result(call: ToolCall, tool: Offered | None, limits: Limits, names: list[str]) -> Result:
    if not call.complete:
        return _failed(call, "the output limit cut this call off, so it did not run; call it again, shorter")
    if tool is None:
        return _failed(
            call, f"there is no tool named {call.name}; the tools are {', '.join(names) or 'none'}"
        )
    if tool.run is None:
        # The endpoint does the work, and wants its arguments back (kimi-api.md G5).
        return Result(call=call, content=call.arguments)
    try:
        arguments = tool.read(call.arguments)
    except (ValueError, TypeError) as error:
        return _failed(call, f"these arguments do not fit the tool's schema: {error}")
    patience = asyncio.timeout(limits.seconds)
    try:
        async with patience:
            given = await _called(tool, arguments)
    except Exception as error:
        if patience.expired():
            return _failed(call, f"the tool took longer than {limits.seconds:g} s and was given up")
        return _failed(call, f"{type(error).__name__}: {error}")
    return Result(call=call, content=_content(given, limits.characters))


async def _called(tool: Offered, arguments: dict[str, Any]) -> Any:
    assert tool.run is not None
    if inspect.iscoroutinefunction(tool.run):
        return await tool.run(**arguments)
    # In a thread, so that it holds nobody up; it cannot be stopped there, only no longer waited for.
    given = await asyncio.to_thread(tool.run, **arguments)
    return await given if inspect.isawaitable(given) else given


TOLD: Final = "<system>"
"""How a message begins that the program wrote, and not the user."""


def told(text: str) -> str:
    """A word of the program's own among what a model reads.

    >>> told("the tool is denied")
    '<system>the tool is denied</system>'
    """
    return f"{TOLD}{text}</system>"


def _failed(call: ToolCall, why: str) -> Result:
    return Result(call=call, content=told(f"ERROR: {why}"), ok=False)


def interrupted(call: ToolCall) -> Result:
    """What stands for a call that nobody waited for."""
    return _failed(call, "interrupted: whether it took effect is not known")


def _content(given: Any, characters: int) -> Content:
    """What a tool returned, as a message's content: text, pictures and films, else JSON."""
    if isinstance(given, Image | Video | File | TextPart):
        given = (given,)
    if isinstance(given, list | tuple):
        parts = cast("Sequence[Any]", given)
        mixed = all(isinstance(one, (*_PARTS, str)) for one in parts)
        if mixed and any(isinstance(one, _PARTS) for one in parts):
            return tuple(_shortened_part(part, characters) for part in parts)
    if given is None:
        return EMPTY
    text = given if isinstance(given, str) else _json(given)
    return _shortened(text, characters) if text.strip() else EMPTY


_PARTS: Final = (TextPart, Image, Video, File)


def _shortened_part(part: Any, characters: int) -> Any:
    if isinstance(part, str):
        part = TextPart(text=part)
    return TextPart(text=_shortened(part.text, characters)) if isinstance(part, TextPart) else part


def _json(given: Any) -> str:
    try:
        return msgspec.json.encode(given, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError):
        return str(given)


def _shortened(text: str, characters: int) -> str:
    """The text without its middle, where it is too long: how it begins and ends says most.

    >>> _shortened("abcdefghij", 4)
    'ab\\n<system>6 characters left out</system>\\nij'
    """
    if len(text) <= characters:
        return text
    head = max(1, characters // 2)
    tail = max(1, characters - head)
    return f"{text[:head]}\n{told(f'{len(text) - head - tail} characters left out')}\n{text[-tail:]}"
