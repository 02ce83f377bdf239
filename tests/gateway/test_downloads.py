"""Loading a picture that a stranger named: every way inside is closed, and every bound holds."""

import asyncio
import gzip
import math
import socket
import ssl
import zlib
from pathlib import Path

import pytest

from moonwire._version import __version__
from moonwire.gateway.downloads import AT_ONCE, Downloads, NotLoaded, Picture
from moonwire.gateway.signatures import Kind
from moonwire.transport import TLS
from tests.gateway.pictures import GIF, HOST, PNG, Names, answer, downloads, serving
from tests.transport.certificates import self_signed, server_context
from tests.transport.peers import LOOPS, OK, Peer, Script, answering, run, serve

NOWHERE = "no public address has that name"
NOT_A_PICTURE = "it is not a PNG, JPEG, GIF or WebP picture, or is not called one by its server"
on_both_loops = pytest.mark.parametrize("loop", list(LOOPS))
BROKEN = "its server's answer broke off or cannot be read"


async def load(loader: Downloads, url: str, kind: Kind = "image", seconds: float = math.inf) -> Picture:
    return await loader.load(url, kind, asyncio.get_running_loop().time() + seconds)


async def refusal(loader: Downloads, url: str, kind: Kind = "image", seconds: float = math.inf) -> str:
    """What the caller is told; never where the name leads to."""
    with pytest.raises(NotLoaded) as caught:
        await load(loader, url, kind, seconds)
    assert caught.value.__cause__ is None
    assert "127.0.0.1" not in str(caught.value)
    return str(caught.value)


def check_refused(script: Script, message: str, *, kind: Kind = "image", size: int = 100_000) -> None:
    """A server that does this is met with these words, and its connection does not stay."""

    async def main() -> None:
        async with serve(script) as server:
            loader = downloads(server.port, size=size)
            assert await refusal(loader, f"http://{HOST}:{server.port}", kind) == message
            await loader.aclose()

    run(main)


# -- what is loaded ------------------------------------------------------------------------------------


@on_both_loops
def test_a_picture_is_loaded_and_nothing_goes_along(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[str] = []
    files: dict[str, bytes | list[bytes]] = {
        "/a.png?x=1": answer(headers=["Set-Cookie: a=b"]),
        "/b": answer(GIF, "image/gif; q=1"),
    }
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")

    async def main() -> None:
        async with serve(serving(files, heads)) as server:
            loader, base = downloads(server.port), f"http://{HOST}:{server.port}"
            assert await load(loader, f"{base}/a.png?x=1#top") == Picture("image/png", PNG)
            assert await load(loader, f"{base}/b") == Picture("image/gif", GIF)
            await loader.aclose()
            assert heads[0] == (
                f"GET /a.png?x=1 HTTP/1.1\r\nHost: {HOST}:{server.port}\r\n"
                f"user-agent: moonwire/{__version__}\r\n"
                "accept: image/png, image/jpeg, image/gif, image/webp\r\nAccept-Encoding: identity\r\n\r\n"
            )
            assert "cookie" not in heads[1].lower()

    run(main, loop)


def test_a_film_is_loaded() -> None:
    film = b"\0\0\0\x20ftypisom" + bytes(200)

    async def main() -> None:
        async with serve(answering(answer(film, "video/mp4"))) as server:
            loader, url = downloads(server.port), f"http://{HOST}:{server.port}"
            assert await load(loader, url, "video") == Picture("video/mp4", film)
            assert await refusal(loader, url) == NOT_A_PICTURE
            await loader.aclose()

    run(main)


@on_both_loops
def test_tls_is_for_the_name_and_the_connection_for_the_checked_address(loop: str, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path, "pictures")
    context = server_context(cert, key)
    named: list[str] = []

    def hear(_: ssl.SSLObject, name: str, __: ssl.SSLContext) -> None:
        named.append(name)

    context.sni_callback = hear
    names = Names(other=[["127.0.0.1"]])

    async def main() -> None:
        async with serve(answering(answer()), tls=context) as server:
            loader = downloads(server.port, names=names, tls=TLS(ca_file=cert))
            assert (await load(loader, f"https://{HOST}:{server.port}/")).data == PNG
            other = await refusal(loader, f"https://other.test:{server.port}/")
            assert other == "its server's certificate is not accepted"
            assert named == [HOST, "other.test"] and names.asked == named
            await loader.aclose()

    run(main, loop)


# -- where nobody goes ---------------------------------------------------------------------------------

INSIDE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "https://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:169.254.169.254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/machine",
    "http://10.0.0.1/",
    "http://0/",
    "http://0.0.0.0:80/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "https://[fd00:ec2::254]:443/",
    "http://[fe80::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_the_inside_is_not_called_by_any_spelling(url: str) -> None:
    """With the real name service and the real check: what is connected to would be refused otherwise."""

    async def main() -> None:
        loader = Downloads(size=1000)
        assert await refusal(loader, url) == NOWHERE
        await loader.aclose()

    run(main)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://u:p@pictures.test/", "credentials do not belong in a URL"),
        ("http://pictures.test@10.0.0.1/", "credentials do not belong in a URL"),
        ("http://pictures.test:8080/", "only the ports 80 and 443 are called"),
        ("https://pictures.test:22/", "only the ports 80 and 443 are called"),
        ("http://pictures.test:0/", "port must be between"),
        ("file:///etc/passwd", "must begin with http"),
        ("ftp://pictures.test/", "must begin with http"),
        ("http:pictures.test", "must begin with http"),
        ("http://", "host or port cannot be read"),
        ("http://a b/", "not a name that DNS can hold"),
        ("http://pictures.test\\@10.0.0.1/", "credentials do not belong in a URL"),
        ("http://pictures.test\\.10.0.0.1/", "not a name that DNS can hold"),
        ("http://pictures.test/a b", "must be percent-encoded"),
        ("http://pictures.test/\r\nX: y", "cannot be read|must begin|must be percent-encoded"),
        (f"http://pictures.test/{'a' * 9000}", "longer than 8192"),
    ],
)
def test_a_url_that_is_not_called(url: str, message: str) -> None:
    names = Names()

    async def main() -> None:
        loader = Downloads(size=1000, lookup=names)
        with pytest.raises(NotLoaded, match=message):
            await load(loader, url)
        assert names.asked == []
        await loader.aclose()

    run(main)


@pytest.mark.parametrize(
    "answers",
    [["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["::1", "127.0.0.1"], []],
    ids=["one", "two", "6", "none"],
)
def test_one_address_inside_is_enough_to_stay_away(answers: list[str]) -> None:
    async def main() -> None:
        async with serve(answering(answer())) as server:
            loader = downloads(server.port, names=Names(mixed=[answers]))
            assert await refusal(loader, f"http://mixed.test:{server.port}/") == NOWHERE
            assert server.accepted == 0
            await loader.aclose()

    run(main)


@on_both_loops
def test_a_name_that_leads_elsewhere_a_moment_later(loop: str) -> None:
    """Rebinding: the second answer is asked for by nobody, or refused when a new connection asks for it."""
    names = Names(rebound=[["127.0.0.1"], ["10.0.0.1"]])
    heads: list[str] = []

    async def script(peer: Peer) -> None:
        heads.append((await peer.request())[0])
        peer.send(answer())
        heads.append((await peer.request())[0])
        peer.reset()

    async def main() -> None:
        async with serve(script) as server:
            loader, url = downloads(server.port, names=names), f"http://rebound.test:{server.port}/"
            assert (await load(loader, url)).data == PNG
            assert names.asked == ["rebound.test"]
            # On the kept connection, which the server closes; the new one would go where the name now leads.
            assert await refusal(loader, url) == NOWHERE
            assert (server.accepted, len(names.asked), len(heads)) == (1, 2, 2)
            await loader.aclose()

    run(main, loop)


def test_a_name_that_does_not_exist_says_what_one_inside_does() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known by 10.0.0.53")

    async def main() -> None:
        loader = Downloads(size=1000, lookup=lookup)
        assert await refusal(loader, "http://intranet.test/") == NOWHERE
        await loader.aclose()

    run(main)


def test_a_public_server_that_is_not_there_is_named_by_no_address() -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            port = server.port
        loader = downloads(port)
        assert await refusal(loader, f"http://{HOST}:{port}/") == "its server is not reached"
        await loader.aclose()

    run(main)


# -- redirects -----------------------------------------------------------------------------------------


def moved(to: str, status: str = "302 Found") -> bytes:
    return answer(b"see there", "text/html", status=status, headers=[f"Location: {to}"])


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_redirects_are_followed(status: str) -> None:
    heads: list[str] = []
    files: dict[str, bytes | list[bytes]] = {
        "/1": moved("/2", status),
        "/2": moved("http://other.test:PORT/3", status),
        "/3": moved("4?x#y", status),
        "/4?x": answer(),
    }
    names = Names(other=[["127.0.0.1"]])

    async def main() -> None:
        async with serve(serving(files, heads)) as server:
            second = files["/2"]
            assert isinstance(second, bytes)
            files["/2"] = second.replace(b"PORT", str(server.port).encode())
            loader = downloads(server.port, names=names)
            assert (await load(loader, f"http://{HOST}:{server.port}/1")).data == PNG
            assert [head.split()[1] for head in heads] == ["/1", "/2", "/3", "/4?x"]
            # Within one origin on the connection whose address was checked.
            assert names.asked == [HOST, "other.test"]
            await loader.aclose()

    run(main)


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("http://10.0.0.1:PORT/", NOWHERE),
        ("http://inside.test:PORT/", NOWHERE),
        ("//inside.test:PORT/", NOWHERE),
        ("http://[::1]:PORT/", NOWHERE),
        ("http://169.254.169.254/latest", "only the ports 80 and 443 are called"),
        ("http://u:p@pictures.test:PORT/", "credentials do not belong in a URL: send them in a header"),
        ("file:///etc/passwd", "the URL must begin with http:// or https://, and have a host"),
        ("gopher://pictures.test:PORT/", "the URL must begin with http:// or https://, and have a host"),
        ("data:image/png;base64,AAAA", "the URL must begin with http:// or https://, and have a host"),
        ("http://[", "it is redirected to what is no URL"),
        ("", "it is redirected to nowhere"),
        ("/again", "it is redirected more than 3 times"),
    ],
)
def test_a_redirect_is_a_url_like_any_other(to: str, message: str) -> None:
    async def script(peer: Peer) -> None:
        asked = (await peer.request())[0]
        assert asked.split()[1] in ("/", "/again")
        peer.send(moved(to.replace("PORT", str(server_port[0]))))

    async def main() -> None:
        async with serve(script) as server:
            server_port.append(server.port)
            loader = downloads(server.port, names=Names(inside=[["192.168.0.1"]]))
            assert await refusal(loader, f"http://{HOST}:{server.port}/") == message
            assert server.accepted == (4 if to == "/again" else 1)
            await loader.aclose()

    server_port: list[int] = []
    run(main)


# -- what is no picture --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", "text/html"),
        (PNG, "text/plain; charset=utf-8"),
        (PNG, "application/octet-stream"),
        (PNG, "image/jpeg"),
        (PNG, "image/svg+xml"),
        (b"<svg/>", "image/svg+xml"),
        (b"<svg/>", "image/png"),
        (b"secret" * 100, "image/png"),
        (b"BM" + bytes(100), "image/bmp"),
        (b"", "image/png"),
        (PNG[:6], "image/png"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
    ],
)
def test_what_is_no_picture(body: bytes, kind: str) -> None:
    check_refused(answering(answer(body, kind)), NOT_A_PICTURE)


def test_a_picture_without_a_type_is_none() -> None:
    check_refused(
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + PNG.ljust(400)), NOT_A_PICTURE
    )


def test_a_picture_is_no_film() -> None:
    message = "it is not a film of a kind that is known, or is not called one by its server"
    check_refused(answering(answer()), message, kind="video")


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
def test_another_status_is_no_picture(status: int) -> None:
    body = b"" if status in (204, 304) else PNG
    check_refused(answering(answer(body, status=f"{status} X")), f"its server answers with {status}")


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", answer()[:-1], b""]
)
def test_what_is_no_http(said: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(said)

    check_refused(script, BROKEN)


# -- bounds --------------------------------------------------------------------------------------------


def endless(begin: bytes, piece: bytes, kind: str = "image/png") -> Script:
    """A body without an end, until the client has enough of it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + begin)
        while True:
            peer.send(piece)
            await peer.writer.drain()

    return script


def test_a_picture_without_end_is_given_up() -> None:
    check_refused(endless(PNG, bytes(65536)), "it has more than 100,000 bytes")


def test_what_is_no_picture_is_given_up_at_once() -> None:
    check_refused(endless(b"<html>" + bytes(64), bytes(65536)), NOT_A_PICTURE, size=1 << 40)


def test_the_largest_picture_is_as_large_as_that() -> None:
    async def main() -> None:
        async with serve(answering(answer())) as server:
            url = f"http://{HOST}:{server.port}"
            for size, fits in ((len(PNG), True), (len(PNG) - 1, False)):
                loader = downloads(server.port, size=size)
                if fits:
                    assert (await load(loader, url)).data == PNG
                else:
                    assert await refusal(loader, url) == f"it has more than {size:,} bytes"
                await loader.aclose()

    run(main)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_not_unpacked(coding: str) -> None:
    large = PNG + bytes(50_000_000)
    bomb = gzip.compress(large, mtime=0) if coding == "gzip" else zlib.compress(large)
    check_refused(answering(answer(bomb, headers=[f"Content-Encoding: {coding}"])), BROKEN)


def test_an_unknown_coding_is_not_read() -> None:
    check_refused(answering(answer(headers=["Content-Encoding: br"])), BROKEN)


def test_a_compressed_picture_is_unpacked() -> None:
    async def main() -> None:
        packed = answer(gzip.compress(PNG, mtime=0), headers=["Content-Encoding: gzip"])
        async with serve(answering(packed)) as server:
            loader = downloads(server.port)
            assert (await load(loader, f"http://{HOST}:{server.port}")).data == PNG
            await loader.aclose()

    run(main)


def test_headers_are_bounded() -> None:
    check_refused(answering(answer(headers=["X: " + "y" * 20_000])), BROKEN)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n", answer()[:200]], ids=["nothing", "head", "half"]
)
@on_both_loops
def test_a_slow_server_meets_the_deadline(loop: str, said: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(said)
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server:
            loader = downloads(server.port)
            url = f"http://{HOST}:{server.port}"
            assert await refusal(loader, url, seconds=0.05) == "it did not come in time"
            await gone.wait()
            await loader.aclose()

    gone = asyncio.Event()
    run(main, loop)


def test_a_slow_name_service_meets_it_too() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return await asyncio.get_running_loop().create_future()

    async def main() -> None:
        loader = Downloads(size=1000, lookup=lookup)
        assert await refusal(loader, f"http://{HOST}/", seconds=0.01) == "it did not come in time"
        await loader.aclose()

    run(main)


def test_only_a_few_are_loaded_at_once() -> None:
    under_way = most = 0
    full, on = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal under_way, most
        while (await peer.request())[0]:
            under_way += 1
            most = max(most, under_way)
            if under_way == AT_ONCE:
                full.set()
            await on.wait()
            under_way -= 1
            peer.send(answer())

    async def main() -> None:
        async with serve(script) as server:
            loader = downloads(server.port)
            urls = [f"http://{HOST}:{server.port}/{number}" for number in range(3 * AT_ONCE)]
            loading = [asyncio.ensure_future(load(loader, url)) for url in urls]
            await full.wait()
            on.set()
            assert {picture.data for picture in await asyncio.gather(*loading)} == {PNG}
            assert most == AT_ONCE
            await loader.aclose()

    run(main)


@on_both_loops
def test_a_caller_that_leaves_ends_the_download(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server:
            loader = downloads(server.port)
            loading = asyncio.ensure_future(load(loader, f"http://{HOST}:{server.port}"))
            await asked.wait()
            loading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loading
            await gone.wait()
            await loader.aclose()

    asked, gone = asyncio.Event(), asyncio.Event()
    run(main, loop)
