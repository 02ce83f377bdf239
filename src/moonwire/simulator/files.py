"""`/v1/files`: uploads that `ms://` addresses name (kimi-api.md H7, O). Kept in memory, within a limit."""

import re
from collections import OrderedDict
from typing import Any, Final

import msgspec

from moonwire.simulator.rules import Refused

__all__ = ["PURPOSES", "Files", "Upload"]

PURPOSES: Final = ("file-extract", "image", "video", "batch")
MOST_BYTES: Final = 100_000_000


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One uploaded file."""

    id: str
    name: str
    purpose: str
    data: bytes
    created: int

    def item(self) -> dict[str, Any]:
        """The file as it is listed."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "ok",
            "status_details": "",
        }


class Files:
    """The uploads, the oldest of which give way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Upload] = OrderedDict()

    def add(self, content_type: str, body: bytes, identity: str, created: int) -> Upload | Refused:
        """Takes an upload out of a multipart body."""
        fields = _parts(content_type, body)
        purpose, file = fields.get("purpose"), fields.get("file")
        if file is None:
            return Refused("Invalid request: file is required")
        said = purpose[1].decode("utf-8", "replace") if purpose else ""
        if said not in PURPOSES:
            return Refused(f"Invalid request: purpose must be one of {', '.join(PURPOSES)}")
        if len(file[1]) > MOST_BYTES:
            return Refused("Request exceeds the maximum size", 413)
        upload = Upload(id=identity, name=file[0], purpose=said, data=file[1], created=created)
        self._kept[identity] = upload
        while sum(len(one.data) for one in self._kept.values()) > self._limit:
            self._kept.popitem(last=False)
        return upload

    def all(self) -> list[Upload]:
        """Every upload that is kept."""
        return list(self._kept.values())

    def get(self, identity: str) -> Upload | None:
        """One upload."""
        return self._kept.get(identity)

    def remove(self, identity: str) -> bool:
        """Forgets it; whether it was there."""
        return self._kept.pop(identity, None) is not None


_BOUNDARY: Final = re.compile(
    r"""multipart/form-data\b.*?;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))""",
    re.IGNORECASE | re.DOTALL,
)
_DISPOSITION: Final = re.compile(
    rb"^content-disposition:[ \t]*form-data\b([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_NAMES: Final = re.compile(rb""";\s*(name|filename)=(?:"([^"]*)"|([^;\s"]+))""", re.IGNORECASE)


def _parts(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The parts of a form by name: file name and bytes (RFC 7578).

    The standard library's parser is one of mail: it calls itself for what is nested, which a form is not,
    and reads a file line by line.
    """
    said = _BOUNDARY.match(content_type)
    if said is None:
        return {}
    boundary = re.escape((said[1] or said[2]).encode("utf-8", "replace"))
    found: dict[str, tuple[str, bytes]] = {}
    for piece in re.split(rb"\r\n--" + boundary + rb"(?=--|[ \t]*\r\n)", b"\r\n" + body)[1:]:
        if piece.startswith(b"--"):
            break
        head, _, data = piece.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head)
        if disposition is None:
            continue
        names = {
            match[1].lower(): (match[2] if match[2] is not None else match[3]).decode("utf-8", "replace")
            for match in _NAMES.finditer(disposition[1])
        }
        if b"name" in names:
            found[names[b"name"]] = (names.get(b"filename") or "file", data)
    return found
