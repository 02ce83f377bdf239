"""The client for scripts that block: the same calls on a loop of its own."""

import contextlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, Unpack, overload

from moonwire.client.body import Messages, Thinks, ToolLike
from moonwire.client.completion import Completion
from moonwire.client.credentials import ApiKey
from moonwire.client.files import Uploaded
from moonwire.client.kimi import MODEL, Kimi
from moonwire.client.loop import Iteration, Loop
from moonwire.client.setup import Setup
from moonwire.client.stream import Stream
from moonwire.core.catalogue import Target
from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import Event, Text
from moonwire.core.plan import Plan
from moonwire.exchange.keys import Region

__all__ = ["KimiSync", "StreamSync"]

T = TypeVar("T")


class StreamSync(Generic[T]):
    """A stream for a thread that waits: iterate it for events; `completion` is there when it is over."""

    def __init__(self, loop: Loop, stream: Stream[T]) -> None:
        self._stream = stream
        self._loop = loop
        self._events: Iteration[Event] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iteration[Event]:
        self._events = self._loop.iterate(self._stream)
        return self._events

    def texts(self) -> Generator[str]:
        """The visible text alone, piece by piece."""
        for event in self:
            if isinstance(event, Text):
                yield event.text

    @property
    def completion(self) -> Completion[T]:
        """What it came to, or has come to so far."""
        return self._stream.completion

    def close(self) -> None:
        """Ends it: the upstream's connection is closed at once where the answer is not over."""
        if self._events is not None:
            self._events.close()


class KimiSync:
    """`Kimi` for scripts that block. It takes the same arguments, and every thread may use it.

    >>> with KimiSync("kimi-k2.6", "sk-1", environ={}) as kimi:
    ...     kimi.model
    'kimi-k2.6'
    """

    def __init__(
        self,
        model: str = MODEL,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        *,
        region: Region | None = None,
        thinking: Thinks | None = None,
        **setup: Unpack[Setup],
    ) -> None:
        self._kimi = Kimi(model, api_key, base_url, region=region, thinking=thinking, **setup)
        self._loop = Loop("moonwire client")

    def __repr__(self) -> str:
        return f"KimiSync({self.model!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every connection and the thread behind it. Nothing can be asked afterwards."""
        with contextlib.suppress(LocalProtocolError):
            # Where nothing was asked, or it is closed, there is nothing to end.
            self._loop.run(self._kimi.aclose())
        self._loop.close()

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self._kimi.model

    @property
    def target(self) -> Target:
        """What is known of the model at this endpoint."""
        return self._kimi.target

    @overload
    def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: type[T],
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[T]: ...

    @overload
    def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[Any]: ...

    def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[Any]:
        """One whole answer, as `Kimi.generate` gives it."""
        asked: dict[str, Any] = {"tools": tools, "response_format": response_format, **overrides}
        return self._loop.run(self._kimi.generate(messages, thinking=thinking, prefix=prefix, **asked))

    def stream(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> StreamSync[Any]:
        """The same as it comes: iterate over it for events."""
        asked: dict[str, Any] = {"tools": tools, "response_format": response_format, **overrides}
        stream = self._kimi.stream(messages, thinking=thinking, prefix=prefix, **asked)
        return StreamSync(self._loop, stream)

    def plan(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        thinking: Thinks | None = None,
        **overrides: Any,
    ) -> Plan:
        """What `generate` would send; nothing is sent."""
        return self._loop.run(self._kimi.plan(messages, tools=tools, thinking=thinking, **overrides))

    def upload(self, file: str | Path | bytes, *, name: str = "", purpose: str = "") -> Uploaded:
        """Gives a picture, a film or a document to the endpoint."""
        return self._loop.run(self._kimi.upload(file, name=name, purpose=purpose))

    def models(self) -> list[dict[str, Any]]:
        """The endpoint's models, as it lists them."""
        return self._loop.run(self._kimi.models())

    def balance(self) -> dict[str, Any]:
        """What is left of the account's money."""
        return self._loop.run(self._kimi.balance())
