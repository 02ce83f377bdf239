"""`/v1/files`: uploads that `ms://` addresses name (kimi-api.md H7, O). Kept in memory, within a limit."""

import email.parser
import email.policy
import re
from collections import OrderedDict
from email.message import EmailMessage
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


def _parts(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The parts of a form by name: file name and bytes."""
    if not re.match(r"multipart/form-data\b", content_type, re.IGNORECASE):
        return {}
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    parser = email.parser.BytesParser(EmailMessage, policy=email.policy.HTTP)
    found: dict[str, tuple[str, bytes]] = {}
    message = parser.parsebytes(head + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            found[name] = (part.get_filename() or "file", data)
    return found
