"""Transports for the clients of httpx and httpx2: the SDKs on them are healed without a server.

    OpenAI(http_client=httpx2.Client(transport=moonwire.httpx.Transport()))

A request for an answer (`POST …/chat/completions`) goes through an exchange in this process if the catalogue
knows its endpoint and its model, and is answered as the gateway answers. Everything else goes through the
library's own transport, byte for byte. Neither library is imported here: who makes a request has imported it.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, Unpack

from moonwire.client.face import Faces, Given, Pieces, Said, Setup, Ways, is_chat, timeouts_of
from moonwire.client.loop import CLOSING, Iteration, Loop
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.transport import (
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    PoolTimeout,
    WriteTimeout,
)
from moonwire.transport.errors import AtOrigin, Deadline

if TYPE_CHECKING:
    import httpx
    import httpx2
    from httpx import AsyncBaseTransport as AsyncOlder
    from httpx import BaseTransport as Older
    from httpx2 import AsyncBaseTransport as AsyncNewer
    from httpx2 import BaseTransport as Newer

    AnyRequest = httpx2.Request | httpx.Request
else:
    # What a type checker is to see; the clients of both ask for the methods, and for no class.
    Older, Newer, AsyncOlder, AsyncNewer = (type("Base", (), {}) for _ in range(4))

__all__ = ["AsyncTransport", "Transport"]

LIBRARIES: Final = ("httpx2", "httpx")

_WORDS: Final[tuple[tuple[type[MoonwireError], str], ...]] = (
    (ConnectTimeout, "ConnectTimeout"),
    (PoolTimeout, "PoolTimeout"),
    (WriteTimeout, "WriteTimeout"),
    (Deadline, "ReadTimeout"),
    (ConnectFailed, "ConnectError"),
    (Disconnected, "RemoteProtocolError"),
    (LocalProtocolError, "LocalProtocolError"),
)
"""What went wrong, in the words of both libraries: the first that fits, else `ReadError`."""


class Transport(Newer, Older):
    """For `httpx2.Client` and `httpx.Client`, and so for `OpenAI`.

    `inner` takes what is not moonwire's business; without one that is the library's own `HTTPTransport`. The
    other arguments are those of `Ways`: settings, options, endpoint, memory, overrides, timeouts, tls, proxy,
    trust_env. Any thread may use it. The exchange runs on one daemon thread, which begins with the first
    request that is to be healed and ends with `close`; after a fork the child gets its own.

    >>> import httpx2
    >>> with httpx2.Client(transport=Transport(settings={"cap": 4096})) as client:
    ...     client.is_closed
    False
    """

    def __init__(self, inner: Any = None, **ways: Unpack[Ways]) -> None:
        self._setup = Setup.of(**ways)
        self._faces = Faces(self._setup)
        self._loop = Loop("moonwire-transport")
        self._inner = _Inner("HTTPTransport", inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def handle_request(self, request: "AnyRequest") -> Any:
        """The answer to one request, in the request's own library."""
        library = _library(request)
        if is_chat(request.method, request.url.path) and not _is_packed(request):
            request.read()
            said = _said(request, self._setup)
            with _in_words_of(library, request):
                given = self._loop.run(self._answer(said))
            if given is not None:
                return self._response(library, request, given)
        return self._inner.of(library).handle_request(request)

    def close(self) -> None:
        """Ends every connection, and the thread."""
        with contextlib.suppress(TimeoutError, LocalProtocolError):
            if self._faces.used:
                self._loop.run(self._faces.aclose(), timeout=CLOSING)
        self._loop.close()
        for one in self._inner.taken():
            one.close()

    async def _answer(self, said: Said) -> Given | None:
        return await self._faces.here.answer(said)

    def _response(self, library: Any, request: "AnyRequest", given: Given) -> Any:
        if isinstance(given.body, bytes):
            return library.Response(given.status, headers=given.headers, content=given.body)
        stream = _streams(library).sync(self._loop.iterate(given.body), library, request)
        return library.Response(given.status, headers=given.headers, stream=stream)


class AsyncTransport(AsyncNewer, AsyncOlder):
    """The same for `httpx2.AsyncClient` and `httpx.AsyncClient`, and so for `AsyncOpenAI`.

    It runs on the loop that asks; used on a second one, it has other connections there and the same memory.
    """

    def __init__(self, inner: Any = None, **ways: Unpack[Ways]) -> None:
        self._setup = Setup.of(**ways)
        self._faces = Faces(self._setup)
        self._inner = _Inner("AsyncHTTPTransport", inner)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def handle_async_request(self, request: "AnyRequest") -> Any:
        """The answer to one request, in the request's own library."""
        library, loop = _library(request), _running_loop()
        if is_chat(request.method, request.url.path) and not _is_packed(request):
            await request.aread()
            said = _said(request, self._setup)
            with _in_words_of(library, request):
                given = await self._faces.here.answer(said)
            if given is not None:
                return _response(library, request, given)
        return await self._inner.of(library, loop).handle_async_request(request)

    async def aclose(self) -> None:
        """Ends the connections of the running loop."""
        await self._faces.aclose()
        for one in self._inner.taken(asyncio.get_running_loop()):
            await one.aclose()


def _response(library: Any, request: "AnyRequest", given: Given) -> Any:
    if isinstance(given.body, bytes):
        return library.Response(given.status, headers=given.headers, content=given.body)
    stream = _streams(library).waiting(given.body, library, request)
    return library.Response(given.status, headers=given.headers, stream=stream)


class _Inner:
    """The transports for what is passed on: the given one, or one of each library, loop and process."""

    def __init__(self, kind: str, given: Any) -> None:
        self._kind = kind
        self._given = given
        self._made: dict[tuple[int, object, str], Any] = {}

    def of(self, library: Any, loop: object = None) -> Any:
        """The transport for a request of this library."""
        if self._given is not None:
            return self._given
        key = (os.getpid(), loop, library.__name__)
        made = self._made.get(key)
        if made is None:
            # Of two threads that come at once one may make it in vain; it has no connection yet.
            made = self._made.setdefault(key, getattr(library, self._kind)())
        return made

    def taken(self, loop: object = None) -> list[Any]:
        """What is to be closed here."""
        if self._given is not None:
            return [self._given]
        keys = [key for key in self._made if key[:2] == (os.getpid(), loop)]
        return [self._made.pop(key) for key in keys]


class _Kinds(NamedTuple):
    """The classes of one library's response streams."""

    sync: Any
    waiting: Any


@cache
def _streams(library: Any) -> _Kinds:
    """Both clients insist on streams of their own library's classes."""

    class Sync(library.SyncByteStream):
        def __init__(self, pieces: Iteration[bytes], library: Any, request: Any) -> None:
            self._pieces = pieces
            self._words = (library, request)

        def __iter__(self) -> Iterator[bytes]:
            with _in_words_of(*self._words):
                yield from self._pieces

        def close(self) -> None:
            self._pieces.close()

    class Waiting(library.AsyncByteStream):
        def __init__(self, pieces: Pieces, library: Any, request: Any) -> None:
            self._pieces = pieces
            self._words = (library, request)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            with _in_words_of(*self._words):
                async for piece in self._pieces:
                    yield piece

        async def aclose(self) -> None:
            await self._pieces.aclose()

    return _Kinds(Sync, Waiting)


def _library(request: object) -> Any:
    """The library that the request is of: it was imported by whoever made it."""
    for kind in type(request).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in LIBRARIES:
            return sys.modules[name]
    raise LocalProtocolError(
        f"a {type(request).__name__} is no request of httpx or httpx2",
        path="transport",
        remedy="give the transport to a client of one of them",
    )


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise LocalProtocolError(
            "no asyncio loop runs here", path="transport", remedy="under trio use `moonwire serve`"
        ) from None


def _is_packed(request: "AnyRequest") -> bool:
    """Whether the body is compressed: nobody here unpacks it."""
    return "content-encoding" in request.headers


def _said(request: "AnyRequest", setup: Setup) -> Said:
    url = request.url
    target = url.raw_path.decode("ascii")
    # Bytes become characters and the same bytes again, whatever they mean.
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return Said(
        url=f"{url.scheme}://{url.netloc.decode('ascii')}{target}",
        headers=headers,
        body=request.content,
        timeouts=timeouts_of(request.extensions.get("timeout"), setup.timeouts),
    )


@contextlib.contextmanager
def _in_words_of(library: Any, request: Any) -> Generator[None]:
    """Errors of the connection, as the library's own: SDKs map those, and try again after some of them."""
    try:
        yield
    except (AtOrigin, LocalProtocolError) as error:
        word = next((word for kind, word in _WORDS if isinstance(error, kind)), "ReadError")
        if isinstance(error, ConnectFailed) and error.stage == "proxy":
            word = "ProxyError"
        raise getattr(library, word)(str(error), request=request) from error
