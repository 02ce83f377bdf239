"""Connecting: names, refusals, proxies and their answers."""

import asyncio
import base64
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.transport import TLS, Client, ConnectFailed, ConnectTimeout, Timeouts, TotalTimeout
from moonwire.transport.dial import ANSWER_BYTES, Resolve, explained
from moonwire.transport.proxy import Proxy
from moonwire.transport.url import parse
from tests.transport.certificates import self_signed, server_context
from tests.transport.peers import OK, Peer, Script, answering, closing, run, serve


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def tunnelling(heads: list[str]) -> Script:
    """A proxy that does what CONNECT says."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def script(peer: Peer) -> None:
        head, _ = await peer.request()
        heads.append(head)
        host, _, port = head.split()[1].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        peer.send(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
        await asyncio.gather(copy(peer.reader, writer), copy(reader, peer.writer))
        with suppress(ConnectionError):
            await writer.wait_closed()

    return script


def test_https_goes_through_a_tunnel(loop: str, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    heads: list[str] = []

    async def main() -> None:
        async with serve(answering(OK), tls=server_context(cert, key)) as server:
            async with serve(tunnelling(heads)) as through:
                proxy = f"http://u:secret@127.0.0.1:{through.port}"
                async with Client(proxy=proxy, tls=TLS(ca_file=cert)) as client:
                    for _ in range(2):
                        assert await (await client.send("POST", server.url, body=b"x")).read() == b"ok"
            (head,) = heads
            assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\nHost: 127.0.0.1:")
            assert f"Proxy-Authorization: Basic {base64.b64encode(b'u:secret').decode()}\r\n" in head

    run(main, loop)


def test_http_is_fetched_by_the_proxy(loop: str) -> None:
    heads: list[str] = []

    async def script(peer: Peer) -> None:
        while head := (await peer.request())[0]:
            heads.append(head)
            peer.send(OK)

    async def main() -> None:
        async with serve(script) as through, Client(proxy=f"u:p@127.0.0.1:{through.port}") as client:
            assert await (await client.send("GET", "http://a.invalid:81/x?y")).read() == b"ok"
        assert heads[0].startswith("GET http://a.invalid:81/x?y HTTP/1.1\r\nHost: a.invalid:81\r\n")
        assert "Proxy-Authorization: Basic dTpw\r\n" in heads[0]

    run(main, loop)


def test_the_environments_proxy_is_used_if_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as through:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{through.port}")
            monkeypatch.delenv("REQUEST_METHOD", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            async with Client(trust_env=True) as client:
                assert await (await client.send("GET", "http://a.invalid")).read() == b"ok"
            async with Client() as client:
                with pytest.raises(ConnectFailed):
                    await client.send("GET", "http://127.0.0.1:1")

    run(main)


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"HTTP/1.1 407 Who?\r\nContent-Length: 2\r\n\r\nno", 407, "check the proxy's user and password"),
        (b"HTTP/1.0 502 Bad\r\n\r\n", 502, "the proxy refuses with 502"),
        (b"HTTP/1.1 200 OK\r\n\r\n220 hello", 200, "before TLS"),
        (b"SSH-2.0\r\n\r\n", None, "does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * ANSWER_BYTES, None, "does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\n", None, "closed the connection"),
        (b"", None, "closed the connection"),
    ],
)
def test_a_proxy_that_refuses(loop: str, answer: bytes, status: int | None, text: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(answer)

    async def main() -> None:
        async with (
            serve(script) as through,
            Client(proxy=f"http://u:secret@127.0.0.1:{through.port}") as client,
        ):
            with pytest.raises(ConnectFailed, match=text) as caught:
                await client.send("GET", "https://a.invalid/?key=secret")
        assert (caught.value.stage, caught.value.status) == ("proxy", status)
        assert "secret" not in str(caught.value)
        assert "https://a.invalid" in str(caught.value)

    run(main, loop)


def test_a_proxy_that_hangs_up_within_tls(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        await peer.reader.read(1)

    async def main() -> None:
        async with serve(script) as through, Client(proxy=f"127.0.0.1:{through.port}") as client:
            with pytest.raises(ConnectFailed):
                await client.send("GET", "https://a.invalid")

    run(main, loop)


def test_a_proxy_that_is_not_there(loop: str) -> None:
    async def main() -> None:
        async with Client(proxy=f"http://u:secret@127.0.0.1:{unused_port()}") as client:
            for url in ("http://a.invalid", "https://a.invalid"):
                with pytest.raises(ConnectFailed, match="is not reached") as caught:
                    await client.send("GET", url)
                assert caught.value.stage == "proxy"
                assert "secret" not in str(caught.value)

    run(main, loop)


def test_a_proxy_that_cannot_be_spoken_to_is_refused_at_once() -> None:
    with pytest.raises(LocalProtocolError, match="proxy: only http"):
        Client(proxy="socks5://a:1")


def test_a_refused_connection(loop: str) -> None:
    async def main() -> None:
        async with Client() as client:
            for _ in range(3):
                with pytest.raises(ConnectFailed, match="refused") as caught:
                    await client.send("GET", f"http://127.0.0.1:{unused_port()}")
                assert caught.value.stage == "refused"

    run(main, loop)


def test_what_the_system_says_gets_a_stage() -> None:
    here = parse("https://a")
    assert explained(socket.gaierror(-2, "Name or service not known"), here, None).stage == "dns"
    assert explained(ConnectionResetError(104, "reset"), here, None).stage == "network"
    assert explained(OSError(), here, None).args[0] == "https://a: no connection: OSError"
    assert explained(ssl.SSLError(1, "x"), here, Proxy("p", 1)).stage == "tls"
    assert explained(OSError(113, "no route"), here, Proxy("p", 1)).stage == "proxy"


@pytest.mark.parametrize("through", ["proxy", "tls"])
@pytest.mark.parametrize("total", [False, True])
def test_connecting_has_a_deadline(loop: str, through: str, total: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.gone()
        gone.set()

    async def main() -> None:
        timeouts = Timeouts(total=0.05) if total else Timeouts(connect=0.05)
        async with serve(script) as server:
            proxy = f"127.0.0.1:{server.port}" if through == "proxy" else None
            url = "https://a.invalid" if through == "proxy" else f"https://127.0.0.1:{server.port}"
            async with Client(proxy=proxy) as client:
                with pytest.raises(TotalTimeout if total else ConnectTimeout, match=r"within 0\.05 s"):
                    await client.send("GET", url, timeouts=timeouts)
                await gone.wait()
                assert client._pool is not None
                assert client._pool._total == 0

    gone = asyncio.Event()
    run(main, loop)


@pytest.mark.parametrize("through", ["proxy", "tls"])
@pytest.mark.parametrize("how", ["cancel", "aclose"])
def test_connecting_can_be_given_up(loop: str, through: str, how: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(1)
        reached.set()
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server:
            proxy = f"127.0.0.1:{server.port}" if through == "proxy" else None
            url = "https://a.invalid" if through == "proxy" else f"https://127.0.0.1:{server.port}"
            client = Client(proxy=proxy)
            sending = asyncio.ensure_future(client.send("GET", url))
            await reached.wait()
            if how == "cancel":
                sending.cancel()
            await client.aclose()
            (outcome,) = await asyncio.gather(sending, return_exceptions=True)
            assert type(outcome).__name__ == ("CancelledError" if how == "cancel" else "ClientClosed")
            await gone.wait()

    reached, gone = asyncio.Event(), asyncio.Event()
    run(main, loop)


def looked_up(asked: list[tuple[str, int]], *answers: list[str]) -> Resolve:
    """A name service with these answers, one after the other."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return left.pop(0)

    return resolve


def test_a_connection_goes_where_the_resolver_says(loop: str) -> None:
    heads: list[str] = []
    asked: list[tuple[str, int]] = []

    async def script(peer: Peer) -> None:
        while head := (await peer.request())[0]:
            heads.append(head)
            peer.send(OK)

    async def main() -> None:
        async with serve(script) as server, Client(resolve=looked_up(asked, ["127.0.0.1"])) as client:
            for _ in range(2):
                response = await client.send("GET", f"http://a.invalid:{server.port}/x")
                assert await response.read() == b"ok"
            assert server.accepted == 1
            assert asked == [("a.invalid", server.port)]
            assert heads[0].startswith(f"GET /x HTTP/1.1\r\nHost: a.invalid:{server.port}\r\n")

    run(main, loop)


def test_every_connection_is_looked_up_anew(loop: str) -> None:
    asked: list[tuple[str, int]] = []

    async def main() -> None:
        async with serve(closing(OK)) as server:
            async with Client(resolve=looked_up(asked, ["127.0.0.1"], [])) as client:
                url = f"http://a.invalid:{server.port}"
                assert await (await client.send("GET", url)).read() == b"ok"
                with pytest.raises(ConnectFailed, match="no address") as caught:
                    await (await client.send("GET", url)).read()
            assert (caught.value.stage, server.accepted, len(asked)) == ("dns", 1, 2)

    run(main, loop)


def test_an_address_that_is_not_reached_is_passed_over(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            # Nothing listens on another address of loopback, nor on IPv6's.
            hosts = ["127.9.9.9", "::1", "127.0.0.1"]
            async with Client(resolve=looked_up([], hosts, hosts[:2])) as client:
                assert await (await client.send("GET", f"http://a.invalid:{server.port}")).read() == b"ok"
                with pytest.raises(ConnectFailed):
                    await client.send("GET", f"http://b.invalid:{server.port}")
                assert client._pool is not None
                assert client._pool._total == 1

    run(main, loop)


def test_tls_wants_the_urls_host_wherever_the_connection_goes(loop: str, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path, "pictures")

    async def main() -> None:
        async with serve(answering(OK), tls=server_context(cert, key)) as server:
            resolve = looked_up([], ["127.0.0.1"], ["127.0.0.1"])
            async with Client(tls=TLS(ca_file=cert), resolve=resolve) as client:
                url = f"https://pictures.test:{server.port}"
                assert await (await client.send("GET", url)).read() == b"ok"
                with pytest.raises(ConnectFailed, match="the certificate is not accepted"):
                    await client.send("GET", f"https://a.invalid:{server.port}")

    run(main, loop)


def test_what_the_resolver_raises_ends_the_request(loop: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise LocalProtocolError("not there", path=host)

    async def main() -> None:
        async with Client(resolve=resolve) as client:
            with pytest.raises(LocalProtocolError, match=r"a\.invalid: not there"):
                await client.send("GET", "https://a.invalid")
            assert client._pool is not None
            assert client._pool._total == 0

    run(main, loop)


def test_a_proxy_would_go_past_the_resolver() -> None:
    for more in ({"proxy": "127.0.0.1:1"}, {"trust_env": True}):
        with pytest.raises(LocalProtocolError, match="resolve: a proxy looks names up by itself"):
            Client(resolve=looked_up([]), **more)  # pyright: ignore[reportArgumentType] -- one or the other
