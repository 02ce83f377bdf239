"""Pictures, films and documents that are given to the endpoint once and named by `ms://` after that."""

import asyncio
import mimetypes
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from moonwire.client.asking import ask, multipart
from moonwire.core.errors import LocalProtocolError, RemoteProtocolError
from moonwire.core.messages import Image, Video
from moonwire.exchange.host import Host

__all__ = ["LARGEST", "Uploaded", "read_upload", "upload"]

LARGEST: Final = 100_000_000
"""Bytes of one file that the platform takes (kimi-api.md O)."""

_KINDS: Final = {"image": "image", "video": "video"}


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the endpoint holds."""

    id: str
    name: str
    purpose: str
    bytes: int

    @property
    def url(self) -> str:
        """Its address within a message."""
        return f"ms://{self.id}"

    @property
    def part(self) -> Image | Video:
        """What to put into a message's content."""
        if self.purpose == "video":
            return Video(url=self.url)
        if self.purpose == "image":
            return Image(url=self.url)
        remedy = "ask for its text with GET /files/{id}/content"
        raise LocalProtocolError("only pictures and films go into a message", path="purpose", remedy=remedy)


class _Given(msgspec.Struct, frozen=True):
    """A file on its way."""

    data: bytes
    name: str
    media_type: str
    purpose: str


async def read_upload(file: str | Path | bytes, name: str = "", purpose: str = "") -> _Given:
    """The file's bytes, and what it is for: a picture, a film, else a text to be extracted."""
    if isinstance(file, bytes):
        data = file
        if not name:
            raise LocalProtocolError("bytes need a name", path="name", remedy="give one, such as cat.png")
    else:
        data = await asyncio.to_thread(_read, file)
        name = name or Path(file).name
    _check_size(len(data))
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    purpose = purpose or _KINDS.get(media_type.partition("/")[0], "file-extract")
    return _Given(data, name, media_type, purpose)


def _read(file: str | Path) -> bytes:
    place = Path(file).expanduser()
    try:
        with place.open("rb") as opened:
            # Of the open file, and no more than is needed to see that it is too large.
            return opened.read(LARGEST + 1)
    except OSError as error:
        said = f"{place} cannot be read: {error.strerror or error}"
        raise LocalProtocolError(said, path="file", remedy="name a file") from error


def _check_size(size: int) -> None:
    if not 0 < size <= LARGEST:
        said = "the file is too large" if size else "the file is empty"
        raise LocalProtocolError(said, path="file", remedy=f"the endpoint takes 1 to {LARGEST:,} bytes")


async def upload(host: Host, key: str | None, given: _Given) -> Uploaded:
    """Gives it to the endpoint (kimi-api.md H7, O)."""
    kind, body = multipart({"purpose": given.purpose}, given.name, given.media_type, given.data)
    answer: Any = await ask(host, key, "POST", "/files", body=body, kind=kind)
    identity = cast("dict[str, Any]", answer).get("id") if isinstance(answer, dict) else None
    if not isinstance(identity, str) or not identity:
        raise RemoteProtocolError("the upload was answered without an id", path="upstream")
    return Uploaded(id=identity, name=given.name, purpose=given.purpose, bytes=len(given.data))
