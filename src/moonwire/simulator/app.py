"""The simulated endpoint as an ASGI application: requests in, steps out, and a record of both."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator import depth
from moonwire.simulator.fast import prepared
from moonwire.simulator.faults import (
    Close,
    End,
    Fault,
    Faults,
    Hang,
    Head,
    Planned,
    Refuse,
    Reset,
    Send,
    Step,
    Wait,
    builtin,
    steps,
)
from moonwire.simulator.faults import load as load_faults
from moonwire.simulator.faults.builtin import BUILTIN
from moonwire.simulator.limits import Gate
from moonwire.simulator.recording import Exchange, Recorder, Recording, as_text, replayed, shown
from moonwire.simulator.routes import Asked, Routes, plain_path
from moonwire.simulator.rules import Refused
from moonwire.simulator.rules.ask import an_object
from moonwire.simulator.settings import Settings

__all__ = ["CONNECTION", "App", "Connection", "Dropped"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send_ = Callable[[Message], Awaitable[None]]

CONNECTION: Final = "moonwire.connection"
"""The name in the scope's extensions of what can break a connection; `Server` puts it there."""

KEPT: Final = 10_000
"""How many exchanges are remembered for tests to look at."""

KEPT_BYTES: Final = 64 << 20
"""How many bytes of requests and answers, about; the newest exchange is kept whatever its size."""


class Connection(Protocol):
    """What a server lets the application do to the connection itself."""

    def reset(self) -> None:
        """Break it with an RST."""
        ...

    def close(self) -> None:
        """End it with a FIN, in the middle of whatever was under way."""
        ...

    def refuse(self, seconds: float) -> None:
        """Break it, and refuse new ones for so long."""
        ...


class Dropped(ConnectionError):
    """The connection broke: on purpose, where there is no socket to break, or because the client left."""


class App:
    """One simulated endpoint. `exchanges` holds what was asked and answered, the newest last."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        recorder: Recorder | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.routes = Routes(self.settings)
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self._faults = _faults(self.settings).start()
        self._recorder = recorder
        self._recording = recording
        self._gate = Gate(self.settings.limits, self.routes.clock)
        self._number = 0
        self._sizes: dict[int, int] = {}
        self._held = 0

    @property
    def refused(self) -> list[Exchange]:
        """The exchanges that a rule refused."""
        return [exchange for exchange in self.exchanges if exchange.rule]

    async def __call__(self, scope: Scope, receive: Receive, send: Send_) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await self._body(receive)
        except Dropped:
            return
        asked = Asked(method=scope["method"], path=scope["path"], headers=headers, body=body or b"")
        if self.settings.fast and body is not None:
            await _run(steps(None, prepared(asked.body), now=0.0), scope, receive, send, None)
            return
        await self._answer(asked, scope, receive, send, too_large=body is None)

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; none where it is more than the box takes, which is then read and thrown away."""
        pieces: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                # A request that never was whole is none: it is not counted, and nobody waits for an answer.
                raise Dropped("the client left before its request was whole")
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if size <= self.settings.limits.body:
                pieces.append(piece)
            more = message.get("more_body", False)
        return b"".join(pieces) if size <= self.settings.limits.body else None

    async def _answer(
        self, asked: Asked, scope: Scope, receive: Receive, send: Send_, *, too_large: bool
    ) -> None:
        self._number += 1
        exchange = Exchange(
            number=self._number,
            method=asked.method,
            path=asked.path,
            request_headers=shown(asked.headers.items()),
            request=_shown_body(asked.body),
        )
        self.exchanges.append(exchange)
        if self._recording is not None:
            planned = self._replayed(asked, exchange)
            # An answer without a status never began: the connection broke before it.
            found = steps(None, planned, now=0.0) if planned.status else (Reset(),)
            await _run(found, scope, receive, send, exchange)
            self._keep(exchange, asked)
            return
        refused = _TOO_LARGE if too_large else self._gate.enter(asked.key)
        try:
            planned, rule = (
                self.routes.answer(asked)
                if refused is None
                else (self.routes.refusal(refused, plain_path(asked.path)), refused.rule)
            )
            exchange.rule = rule
            fault = self._fault(asked, exchange)
            now = float(self.routes.clock.seconds())
            await _run(self._paced(steps(fault, planned, now=now), planned), scope, receive, send, exchange)
        finally:
            if refused is None:
                self._gate.leave(asked.key)
            self._keep(exchange, asked)
            if self._recorder is not None:
                self._recorder.write(exchange)

    def _keep(self, exchange: Exchange, asked: Asked) -> None:
        """Forgets the oldest exchanges where all of them together are too large."""
        size = len(asked.body) + sum(map(len, exchange.pieces))
        self._sizes[exchange.number] = size
        self._held += size
        if self._held <= KEPT_BYTES and len(self._sizes) <= 2 * KEPT:
            return
        # Some of them are gone already: there are too many, or a test has cleared the list.
        self._sizes = {one.number: self._sizes.get(one.number, 0) for one in self.exchanges}
        self._held = sum(self._sizes.values())
        while self._held > KEPT_BYTES and len(self.exchanges) > 1:
            self._held -= self._sizes.pop(self.exchanges.popleft().number)

    def _fault(self, asked: Asked, exchange: Exchange) -> Fault | None:
        streamed = an_object(exchange.request).get("stream") is True
        path = f"/v1{plain_path(asked.path)}"
        fault = self._faults.pick(self._number, path, streamed, asked.body)
        if fault is not None:
            exchange.fault = fault.describe()
        return fault

    def _paced(self, found: Any, planned: Planned) -> Any:
        settings = self.settings
        if not settings.pace and not settings.first:
            return found
        return _paced(found, settings.first, settings.pace)

    def _replayed(self, asked: Asked, exchange: Exchange) -> Planned:
        assert self._recording is not None
        known = self._recording.answer(asked.method, asked.path, exchange.request)
        if known is None:
            exchange.rule = "not-recorded"
            refused = Refused("the recording has no answer to this request", 404, "not_recorded")
            return self.routes.refusal(refused, plain_path(asked.path))
        return replayed(known)


_TOO_LARGE: Final = Refused("Request exceeds the maximum size", 413, rule="body-limit")


def _faults(settings: Settings) -> Faults:
    text = settings.faults
    if text in BUILTIN:
        text = builtin(text)
    elif text and "\n" not in text and "[" not in text:
        raise LocalProtocolError(
            f"there are no faults called {text!r}",
            path="faults",
            remedy=f"one of {', '.join(BUILTIN)}, or TOML",
        )
    return load_faults(text, "faults") if text else Faults()


def _shown_body(body: bytes) -> Any:
    if not body:
        return None
    try:
        return depth.decode(body)
    except msgspec.DecodeError:
        return as_text(body)


def _paced(found: Any, first: float, pace: float) -> Any:
    """The steps with waits between what is sent."""
    sent = 0
    for step in found:
        if isinstance(step, Send):
            wait = pace if sent else first
            sent += 1
            if wait:
                yield Wait(wait)
        yield step


# -- doing it ------------------------------------------------------------------------------------------


async def _run(found: Any, scope: Scope, receive: Receive, send: Send_, exchange: Exchange | None) -> None:
    """Performs the steps. Nothing more is sent once the client has left."""
    connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
    step: Step
    for step in found:
        if isinstance(step, Send):
            if exchange is not None:
                exchange.pieces.append(as_text(step.data))
            await send({"type": "http.response.body", "body": step.data, "more_body": True})
        elif isinstance(step, Head):
            if exchange is not None:
                exchange.status, exchange.headers = step.status, list(step.headers)
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in step.headers]
            await send({"type": "http.response.start", "status": step.status, "headers": headers})
        elif isinstance(step, Wait):
            if await _left(receive, step.seconds):
                return
        elif isinstance(step, End):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await _broken(step, connection, receive)


async def _broken(
    step: Reset | Close | Refuse | Hang, connection: Connection | None, receive: Receive
) -> None:
    if isinstance(step, Hang):
        await _left(receive, None)
    elif connection is None:
        raise Dropped(f"the simulated endpoint broke the connection: {type(step).__name__.lower()}")
    else:
        if isinstance(step, Refuse):
            connection.refuse(step.seconds)
        elif isinstance(step, Reset):
            connection.reset()
        else:
            connection.close()
        # Whoever runs this application would write an error of its own if it came back before that.
        await _left(receive, None)


async def _left(receive: Receive, seconds: float | None) -> bool:
    """Waits so long, or until the client leaves; whether it did."""
    try:
        async with asyncio.timeout(seconds):
            # There may be an empty rest of the request before the message that says that it left.
            message = await receive()
            while message["type"] != "http.disconnect":
                message = await receive()
    except TimeoutError:
        return False
    return True
