"""Pictures and films that callers name by http(s) URL, put into the request as `data:` URLs.

For servers that load nothing themselves (kimi-api.md H7), and only where the operator wants it, who has
`limits.images`. What cannot be loaded stays as it is, and planning puts a text into its place as it always
does.

An agent sends its whole history with every turn. What a URL gave is kept for its tenant, so that it is loaded
once, and above all so that the turn reads the same the next time although the picture may have changed or be
gone: the server's prefix cache holds. That lasts as long as the process does and the bound of bytes lets it.
"""

import asyncio
import base64
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Image, Message, Request, Video, changed
from moonwire.core.notes import Note
from moonwire.exchange.asked import Asked
from moonwire.exchange.exchange import Exchange
from moonwire.gateway.config.model import ImagesConfig
from moonwire.gateway.downloads import Downloads, NotLoaded
from moonwire.gateway.signatures import Kind
from moonwire.memory import Tenant

__all__ = ["Images"]

AT_ONCE: Final = 4
"""Downloads of one request at the same time."""
FAILED: Final = 300.0
"""Seconds for which a picture that was not loaded is not asked for again."""
_OVERHEAD: Final = 512
"""What an entry weighs beside its texts."""
_SHOWN: Final = 200
"""How much of a URL a note repeats."""

_SCHEME: Final = re.compile(r"(https?):", re.IGNORECASE)
_SOURCE: Final = "kimi-api.md H7"

_Key = tuple[Tenant, Kind, str]


class _Got(msgspec.Struct, frozen=True):
    """What a URL gave: a `data:` URL and what is in it, or why nothing."""

    url: str = ""
    what: str = ""
    size: int = 0
    problem: str = ""
    until: float = float("inf")


class _Place(NamedTuple):
    """Where a request names a picture or a film by URL."""

    message: int
    part: int
    kind: Kind
    url: str

    @property
    def path(self) -> str:
        """What the caller calls it."""
        return f"messages[{self.message}].content[{self.part}]"

    def key(self, tenant: Tenant) -> _Key:
        """What is kept under."""
        return (tenant, self.kind, self.url)


class Images:
    """One process's pictures. `downloads` says how they are loaded; tests give another."""

    def __init__(
        self,
        config: ImagesConfig,
        *,
        downloads: Downloads | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._downloads = downloads or Downloads(size=config.bytes)
        # In base64 the pictures of a request that has as many as it may are two thirds of this.
        self._kept = _Kept(2 * config.total, now)

    async def aclose(self) -> None:
        """Ends what is being loaded."""
        await self._downloads.aclose()

    async def into(self, asked: Asked, exchange: Exchange, notes: list[Note]) -> Asked:
        """What is asked, with its pictures inside, where the route's first target wants them so.

        What was done and what could not be is told in `notes`; in settings with `media = "refuse"` the first
        picture that could not be loaded is a `LocalProtocolError`.
        """
        route = exchange.route(asked.request.model)
        hop = route.hops[0]
        target = exchange.hosts[hop.upstream].target(hop.model or asked.request.model)
        places = _places(asked.request, target)
        if not places:
            return asked
        got = await self._all(places, asked.tenant)
        for place, found in zip(places, got, strict=True):
            if found.problem and route.settings.media == "refuse":
                raise LocalProtocolError(
                    f"the {place.kind} is not loaded: {found.problem}",
                    path=place.path,
                    remedy="leave it out, or send it as a data: URL",
                )
            notes.append(_told(place, found))
        request = _filled(asked.request, places, got)
        return msgspec.structs.replace(asked, request=request, said=asked.said or asked.request)

    # -- loading -----------------------------------------------------------------------------------

    async def _all(self, places: list[_Place], tenant: Tenant) -> list[_Got]:
        """What each place gets. The first ones come first: what a turn got, the next turn gives it again."""
        loading = _Loading(self._config.total, asyncio.get_running_loop().time() + self._config.seconds)
        within = places[: self._config.count]
        # A task each, in the order of the places; each waits for its turn.
        async with asyncio.TaskGroup() as group:
            tasks = {
                key: group.create_task(self._one(key, loading))
                for key in dict.fromkeys(place.key(tenant) for place in within)
            }
        got: list[_Got] = []
        left = self._config.total
        for place in within:
            found = tasks[place.key(tenant)].result()
            left -= found.size
            if left < 0:
                # And all behind it, however small: what comes first must not depend on what comes later.
                found = _Got(problem=f"the pictures of a request may have {self._config.total:,} bytes")
            got.append(found)
        too_many = _Got(problem=f"a request may have {self._config.count} pictures loaded")
        return [*got, *[too_many] * (len(places) - len(within))]

    async def _one(self, key: _Key, loading: "_Loading") -> _Got:
        async with loading.turns:
            known = self._kept.get(key)
            if known is None and loading.done > loading.total:
                # Those before it are too much already, whatever this is.
                return _Got(problem="the pictures before it are too large")
            if known is None:
                known = self._kept.put(key, await self._loaded(key, loading.until))
            loading.done += known.size
            return known

    async def _loaded(self, key: _Key, until: float) -> _Got:
        _, kind, url = key
        try:
            picture = await self._downloads.load(url, kind, until)
        except NotLoaded as error:
            return _Got(problem=error.message, until=self._kept.now() + FAILED)
        size = len(picture.data)
        text = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode('ascii')}"
        return _Got(url=text, what=f"{picture.media_type} of {size:,} bytes", size=size)


class _Loading:
    """One request's pictures on their way."""

    def __init__(self, total: int, until: float) -> None:
        self.total = total
        self.until = until
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.done = 0
        """Bytes of those that have come."""


class _Kept:
    """What URLs gave, bounded in bytes; what was not asked for for longest goes first."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self.now = now
        self._most = most
        self._weight = 0
        self._found: OrderedDict[_Key, _Got] = OrderedDict()

    def get(self, key: _Key) -> _Got | None:
        found = self._found.get(key)
        if found is None or found.until <= self.now():
            return None
        self._found.move_to_end(key)
        return found

    def put(self, key: _Key, got: _Got) -> _Got:
        """Keeps it, unless another request was quicker: what was given once is given again."""
        known = self.get(key)
        if known is not None and (known.url or not got.url):
            return known
        self._drop(key)
        weight = _weight(key, got)
        if weight <= self._most:
            self._found[key] = got
            self._weight += weight
        while self._weight > self._most:
            self._drop(next(iter(self._found)))
        return got

    def _drop(self, key: _Key) -> None:
        gone = self._found.pop(key, None)
        if gone is not None:
            self._weight -= _weight(key, gone)


def _weight(key: _Key, got: _Got) -> int:
    return len(got.url) + len(key[2]) + _OVERHEAD


# -- the request -------------------------------------------------------------------------------------


def _places(request: Request, target: Target) -> list[_Place]:
    """What the target would take as `data:`, and not by its URL."""
    if "data" not in target.media:
        return []
    return [
        _Place(position, index, kind, part.url or "")
        for position, message in enumerate(request.messages)
        if isinstance(message.content, tuple)
        for index, part in enumerate(message.content)
        if isinstance(part, Image | Video) and (kind := _kind(part, target))
    ]


def _kind(part: Image | Video, target: Target) -> Literal["image", "video", ""]:
    """What would have to be loaded, if anything."""
    kind, able = ("image", target.vision) if isinstance(part, Image) else ("video", target.video)
    scheme = None if part.url is None or part.file is not None else _SCHEME.match(part.url)
    if able is False or scheme is None or scheme[1].lower() in target.media:
        return ""
    return kind


def _filled(request: Request, places: list[_Place], got: list[_Got]) -> Request:
    new: dict[int, dict[int, str]] = {}
    for place, found in zip(places, got, strict=True):
        if found.url:
            new.setdefault(place.message, {})[place.part] = found.url
    messages = [
        _with(message, new[position]) if position in new else message
        for position, message in enumerate(request.messages)
    ]
    return msgspec.structs.replace(request, messages=tuple(messages))


def _with(message: Message, urls: dict[int, str]) -> Message:
    parts: Any = message.content
    content = tuple(
        changed(part, url=urls[index]) if index in urls else part for index, part in enumerate(parts)
    )
    return changed(message, content=content)


def _told(place: _Place, got: _Got) -> Note:
    if got.url:
        return Note(
            code="image-inlined",
            path=place.path,
            reason="the server loads nothing itself; the gateway did",
            before=place.url[:_SHOWN],
            after=got.what,
            avoids="unsupported image url",
            source=_SOURCE,
        )
    return Note(
        code="image-not-fetched",
        level="warning",
        path=place.path,
        reason=f"the {place.kind} was not loaded: {got.problem}",
        before=place.url[:_SHOWN],
        source=_SOURCE,
    )
