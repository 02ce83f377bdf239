"""Which connection serves which request: the latest idle one, a new one, or the next that comes free.

A slot is the right to have one connection. It belongs to the connection from its birth to its release, to the
request that connects, or to the one that was woken with it; every way out of those gives it back once.
"""

import asyncio
import math
from collections import deque

from moonwire.transport.connection import Connection
from moonwire.transport.errors import ClientClosed, PoolTimeout
from moonwire.transport.settings import Limits

__all__ = ["Pool", "Queue"]


class Waiting:
    """A request without a connection. Its future gets a connection, or None for a slot."""

    __slots__ = ("future", "number")

    def __init__(self, future: "asyncio.Future[Connection | None]", number: int) -> None:
        self.future = future
        self.number = number


class Queue:
    """One origin's connections, and who waits for one."""

    __slots__ = ("count", "idle", "origin", "waiting")

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.count = 0
        self.idle: list[Connection] = []
        self.waiting: deque[Waiting] = deque()


class Pool:
    """All connections of a client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self.loop = loop
        self.limits = limits
        self.closed = False
        self._queues: dict[str, Queue] = {}
        self._idle: dict[Connection, None] = {}  # in order: the first has been idle for longest
        self._open: set[Connection] = set()
        self._total = self._number = self._waiting = 0
        self._gone: asyncio.Future[None] | None = None

    def queue(self, origin: str) -> Queue:
        """The origin's queue; the same one for as long as a connection or a request needs it."""
        found = self._queues.get(origin)
        if found is None:
            if len(self._queues) >= self.limits.total:
                self._forget()
            found = self._queues[origin] = Queue(origin)
        return found

    def take(self, queue: Queue) -> Connection | None:
        """The connection that was idle for the shortest time: it is the least likely to be dead."""
        while queue.idle:
            connection = queue.idle.pop()
            del self._idle[connection]
            if not connection.closed and connection.expires > self.loop.time():
                return connection
            connection.abort()
            self.free(queue)
        return None

    def reserve(self, queue: Queue) -> bool:
        """A slot, if one is free and nobody was here before."""
        if self.closed:
            raise ClientClosed(origin=queue.origin)
        if queue.waiting or queue.count >= self.limits.per_origin or not self._room():
            return False
        queue.count += 1
        self._total += 1
        return True

    async def wait(self, queue: Queue, until: float, seconds: float) -> Connection | None:
        """The next connection that comes free, or None for a slot. First come, first served."""
        if self.closed:
            raise ClientClosed(origin=queue.origin)
        self._number += 1
        waiting = Waiting(self.loop.create_future(), self._number)
        queue.waiting.append(waiting)
        self._waiting += 1
        timer = None
        if until < math.inf:
            timer = self.loop.call_at(until, self._too_late, waiting, queue, seconds)
        served = False
        try:
            connection = await waiting.future
            served = True
            return connection
        except asyncio.CancelledError:
            if waiting.future.done() and not waiting.future.cancelled() and not waiting.future.exception():
                # Cancelled between being served and hearing of it: the next one is served.
                self._give_back(queue, waiting.future.result())
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if not served and waiting in queue.waiting:
                queue.waiting.remove(waiting)
                self._waiting -= 1

    def adopt(self, connection: Connection) -> None:
        """A new connection, on a slot that was reserved."""
        self._open.add(connection)

    def free(self, queue: Queue) -> None:
        """A slot has come free."""
        queue.count -= 1
        self._total -= 1
        if self._waiting:
            self._serve()

    def release(self, connection: Connection, *, reusable: bool) -> None:
        """See `Owner`."""
        queue: Queue = connection.queue
        if not reusable or self.closed:
            connection.abort()
            self.free(queue)
            return
        waiting = self._first(queue)
        if waiting is not None:
            waiting.future.set_result(connection)
            return
        queue.idle.append(connection)
        self._idle[connection] = None
        connection.park(self.loop.time() + self.limits.keep_alive)
        if len(self._idle) > self.limits.max_idle:
            self._evict()
        if self._waiting:
            self._serve()

    def lost(self, connection: Connection) -> None:
        """See `Owner`."""
        self._open.discard(connection)
        if connection in self._idle:
            del self._idle[connection]
            connection.queue.idle.remove(connection)
            self.free(connection.queue)
        if self._gone is not None and not self._open and not self._gone.done():
            self._gone.set_result(None)

    async def aclose(self) -> None:
        """Closes every connection, tells everyone who waits, and returns when the sockets are closed."""
        self.closed = True
        for queue in self._queues.values():
            for waiting in queue.waiting:
                if not waiting.future.done():
                    waiting.future.set_exception(ClientClosed(origin=queue.origin))
        for connection in list(self._open):
            connection.fail(ClientClosed(origin=connection.origin))
        if self._open:
            self._gone = self._gone or self.loop.create_future()
            await asyncio.shield(self._gone)

    def _too_late(self, waiting: Waiting, queue: Queue, seconds: float) -> None:
        if not waiting.future.done():
            waiting.future.set_exception(PoolTimeout(origin=queue.origin, seconds=seconds))

    def _give_back(self, queue: Queue, served: Connection | None) -> None:
        if served is None:
            self.free(queue)
        else:
            self.release(served, reusable=not served.closed)

    def _first(self, queue: Queue) -> Waiting | None:
        while queue.waiting:
            waiting = queue.waiting.popleft()
            self._waiting -= 1
            if not waiting.future.done():
                return waiting
        return None

    def _room(self) -> bool:
        """Whether one more connection may be opened; an idle one elsewhere makes room."""
        if self._total < self.limits.total:
            return True
        return self._evict()

    def _evict(self) -> bool:
        for connection in self._idle:
            del self._idle[connection]
            connection.queue.idle.remove(connection)
            connection.queue.count -= 1
            self._total -= 1
            connection.abort()
            return True
        return False

    def _serve(self) -> None:
        """Slots for those who wait, in the order in which they came, whatever their origins."""
        while True:
            ready = [
                queue
                for queue in self._queues.values()
                if queue.waiting and queue.count < self.limits.per_origin
            ]
            if not ready or not self._room():
                return
            queue = min(ready, key=lambda one: one.waiting[0].number)
            waiting = self._first(queue)
            if waiting is not None:
                queue.count += 1
                self._total += 1
                waiting.future.set_result(None)

    def _forget(self) -> None:
        """Origins that nobody uses at the moment."""
        self._queues = {
            origin: queue for origin, queue in self._queues.items() if queue.count or queue.waiting
        }
