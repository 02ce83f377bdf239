"""A picture, a server that has some, and a way to it for tests: a gateway does not go to loopback."""

from collections.abc import Sequence

from moonwire.gateway.downloads import Downloads
from moonwire.transport import TLS
from tests.transport.peers import Peer, Script

__all__ = ["GIF", "HOST", "PNG", "Names", "answer", "downloads", "serving"]

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0" + bytes(range(256))
GIF = b"GIF89a\x02\0\x03\0\x80\0\0" + bytes(100)
HOST = "pictures.test"
LOOPBACK = "127.0.0.1"


def answer(
    body: bytes = PNG, kind: str = "image/png", *, status: str = "200 OK", headers: Sequence[str] = ()
) -> bytes:
    """A response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Names:
    """A name service: loopback for `pictures.test`, for every other name what is told, each answer once."""

    def __init__(self, **told: list[list[str]]) -> None:
        self.told = told
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        left = self.told.get(host.partition(".")[0])
        if left is None:
            return [LOOPBACK] if host == HOST else [host]
        return left.pop(0) if len(left) > 1 else left[0]


def downloads(
    *ports: int, size: int = 100_000, names: Names | None = None, tls: TLS | None = None
) -> Downloads:
    """Loads from loopback's one address, as if that alone were the internet."""
    return Downloads(
        size=size, lookup=names or Names(), allowed=lambda address: address == LOOPBACK, ports=ports, tls=tls
    )


def serving(files: dict[str, bytes | list[bytes]], heads: list[str]) -> Script:
    """Answers by path; of several answers each once, the last one again and again."""

    async def script(peer: Peer) -> None:
        while head := (await peer.request())[0]:
            heads.append(head)
            found = files[head.split()[1]]
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
            peer.send(found)

    return script
