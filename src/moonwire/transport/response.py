"""A response whose headers are in and whose body may still be on its way."""

from types import TracebackType
from typing import NoReturn, Self

from moonwire.core.errors import LocalProtocolError, RemoteProtocolError
from moonwire.transport.encoding import Inflater, inflater
from moonwire.transport.errors import BodyTooLarge
from moonwire.transport.inbox import Inbox

__all__ = ["Response"]


class Response:
    """Status and headers; iterate it for the body, or `read` it whole. One task reads it, once.

    At the body's end the connection goes back to the pool by itself. Before that, `aclose` closes it at once,
    and so does a cancelled reader: that is how the upstream learns to stop. So use `async with`, or read on.
    """

    __slots__ = ("_fields", "_inbox", "_inflated_limit", "_inflater", "_plain", "headers", "status")

    def __init__(self, inbox: Inbox, inflated_limit: int) -> None:
        self._inbox = inbox
        self._inflated_limit = inflated_limit
        self._inflater: Inflater | None = None
        self.status = inbox.status
        self.headers = inbox.headers
        """The server's, names in lower case: of a body that was decoded, `content-encoding` still stands."""
        self._fields = inbox.fields
        self._plain = "content-encoding" not in self._fields

    def __repr__(self) -> str:
        return f"Response({self.status} from {self._inbox.origin})"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the server."""
        return self._inbox.origin

    @property
    def reason(self) -> str:
        """The words after the status, which HTTP leaves to the server."""
        return self._inbox.reason.decode("latin-1")

    @property
    def http_version(self) -> str:
        """`1.1` or `1.0`."""
        return self._inbox.version

    @property
    def ended(self) -> bool:
        """Whether nothing more can come, and all that came was taken."""
        return self._inbox.line is None and not self._inbox.pieces

    def header(self, name: str) -> str | None:
        """The header's value; several of one name are joined with commas."""
        name = name.lower()
        if len(self._fields) == len(self.headers):
            return self._fields.get(name)
        values = [value for field, value in self.headers if field == name]
        return ", ".join(values) if values else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """What has come of the body since the last call, decoded; never empty."""
        inbox = self._inbox
        if not self._plain:
            return await self._next_inflated()
        while not inbox.pieces:
            if inbox.line is None:
                self._end()
            await inbox.wait(inbox.timeouts.idle)
        return inbox.take()

    async def read(self, limit: int = 64 * 1024 * 1024) -> bytes:
        """The rest of the body. Beyond `limit` bytes it is a `BodyTooLarge`, and the connection is closed."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > limit:
                self._inbox.abandon()
                raise BodyTooLarge(origin=self._inbox.origin, limit=limit)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def aclose(self) -> None:
        """Done with it. A body that is not at its end is not waited for: its connection is closed."""
        self._inbox.abandon()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inbox.abandon()

    def __del__(self) -> None:
        # Forgotten with its body on the way: nobody can read it any more, and the upstream works on. The
        # collector may run in any thread, and after the loop's end.
        inbox = self._inbox
        if inbox.line is not None and not inbox.loop.is_closed():
            inbox.loop.call_soon_threadsafe(inbox.abandon)

    def _end(self) -> NoReturn:
        """Nothing is left and nothing will come. A body that was given up never looks like one that ended."""
        if self._inbox.error is not None:
            raise self._inbox.error
        if self._inbox.abandoned:
            raise LocalProtocolError("the response was closed", path="response")
        raise StopAsyncIteration

    async def _next_inflated(self) -> bytes:
        inbox = self._inbox
        try:
            if self._inflater is None:
                coding = self.header("content-encoding") or ""
                self._inflater = inflater(coding, origin=inbox.origin, limit=self._inflated_limit)
                if self._inflater is None:
                    self._plain = True
                    return await self.__anext__()
            while not inbox.abandoned:
                if piece := self._inflater.next():
                    return piece
                if inbox.pieces:
                    self._inflater.feed(inbox.take())
                elif inbox.line is None:
                    if inbox.error is None:
                        self._inflater.finish()
                    break
                else:
                    await inbox.wait(inbox.timeouts.idle)
        except RemoteProtocolError as error:
            inbox.abandon()
            inbox.error = error
            raise
        self._end()
