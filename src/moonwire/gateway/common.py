"""What the connections of a server share: how they are treated, what time it is, how a handler is run."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Final, Protocol

import msgspec

from moonwire.gateway.answer import Answer
from moonwire.gateway.http import Call, Handler, StuckCaller

__all__ = ["Common", "Listening", "Member"]

_LOG: Final = logging.getLogger("moonwire.gateway")


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """How connections are treated."""

    headers: int = 65536
    """Bytes of a request's headers."""
    patience: float = 60.0
    """Seconds that headers may take."""
    body: int = 100_000_000
    """Bytes of a request's body."""
    deadline: float = 60.0
    """Seconds that the caller may take to send some of a body, or to read some of an answer."""
    idle: float = 75.0
    """Seconds between two requests; longer than clients keep a connection, so that they close it."""
    drain: float = 30.0
    """Seconds that open requests have once the server is to end."""
    base: str = ""
    """What all paths begin with."""
    cert: str = ""
    key: str = ""


class Member(Protocol):
    """What is done to connections from outside."""

    def drain(self) -> None:
        """Whatever is under way may end, and nothing comes behind it."""
        ...

    def abort(self) -> None:
        """Ends it now."""
        ...


class Common:
    """What the connections of a server have in common."""

    def __init__(
        self,
        handler: Handler,
        listening: Listening,
        admit: Callable[[Mapping[str, str]], bool] = lambda headers: True,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.handler = handler
        self.listening = listening
        self.admit = admit
        """Whether the body of a request with these headers is worth keeping."""
        self.base = listening.base.rstrip("/")
        self.connections: set[Member] = set()
        self.running: set[Answer] = set()
        """Those whose handlers run."""
        self.closing = False
        self.over = asyncio.Event()
        """All connections and handlers have ended, and no more come."""
        self._date, self._stale = "", 0.0

    def date(self) -> str:
        """The line of a head that says when it is, made once a second."""
        now = self.loop.time()
        if now >= self._stale:
            self._date = f"date: {formatdate(usegmt=True)}\r\n"
            self._stale = now + 1 - time.time() % 1
        return self._date

    def close(self) -> None:
        """From now on each answer is its connection's last."""
        self.closing = True
        for connection in list(self.connections):
            connection.drain()
        self.ended()

    def ended(self) -> None:
        """Something has ended."""
        if self.closing and not self.connections and not self.running:
            self.over.set()

    async def run(self, call: Call, answer: Answer) -> None:
        """The task of one request: the handler, and what is to be done about its failure."""
        answer.begun = True
        try:
            if not answer.gone:
                await self.handler(call, answer)
                if answer.unanswered:
                    raise RuntimeError("the handler has ended and not its answer")
        except (asyncio.CancelledError, StuckCaller):
            # The caller left, or the server has no time left: there is nobody above that has to know.
            if not answer.ended:
                answer.cut()
        except Exception:
            # Not what was asked: a path may hold a key.
            _LOG.exception("a handler has failed")
            with suppress(StuckCaller):
                await answer.fail()
        finally:
            self.running.discard(answer)
            answer.task = None
            self.ended()
