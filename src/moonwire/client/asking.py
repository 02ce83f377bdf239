"""Calls of an endpoint that are no generation: models, balance, files. One request, one JSON answer."""

import time
from typing import Any, Final

import msgspec

from moonwire.core.errors import RemoteProtocolError
from moonwire.core.refusals import read
from moonwire.exchange.host import CREDENTIALS, Host
from moonwire.transport import Timeouts

__all__ = ["ask", "multipart"]

ANSWER_BYTES: Final = 16 << 20
PATIENCE: Final = 30.0
"""Seconds in which such a call is answered; an upload has the upstream's own deadline."""


async def ask(
    host: Host,
    key: str | None,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    kind: str = "application/json",
) -> Any:
    """The answer's JSON. A refusal is raised as what it is, with the server's words."""
    own = host.upstream.headers
    named = {name.lower() for name, _ in own}
    headers = [("accept", "application/json"), *own]
    if body:
        headers.append(("content-type", kind))
    if key and not named & CREDENTIALS:
        headers.append(("authorization", f"Bearer {key}"))
    timeouts = host.upstream.timeouts if body else _quick(host.upstream.timeouts)
    async with await host.client.send(
        method, host.url(path), headers=headers, body=body, timeouts=timeouts
    ) as response:
        data = await response.read(ANSWER_BYTES)
        if response.status >= 300:
            raise read(response.status, dict(response.headers), data, now=time.time()).refusal
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        said = f"{method} {path} was answered with no JSON"
        raise RemoteProtocolError(said, path="upstream", remedy="check the base URL") from error


def _quick(timeouts: Timeouts) -> Timeouts:
    return msgspec.structs.replace(timeouts, total=min(timeouts.total, PATIENCE))


def multipart(fields: dict[str, str], name: str, media_type: str, data: bytes) -> tuple[str, bytes]:
    """A form with one file, as `multipart/form-data`: its content type and its bytes."""
    mark = b"moonwire"
    while mark in data:
        # What separates the parts must not stand in them.
        mark += b"-7f"
    lines: list[bytes] = []
    for field, value in fields.items():
        lines += [
            b"--" + mark,
            f'Content-Disposition: form-data; name="{field}"'.encode(),
            b"",
            value.encode(),
        ]
    safe = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'Content-Disposition: form-data; name="file"; filename="{safe}"'
    lines += [b"--" + mark, head.encode(), f"Content-Type: {media_type}".encode(), b"", data]
    return f"multipart/form-data; boundary={mark.decode()}", b"\r\n".join([*lines, b"--" + mark + b"--", b""])
