"""TLS: who is trusted, who is not, and what is said when files are wrong."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from moonwire.core.errors import LocalProtocolError
from moonwire.transport import TLS, Client, ConnectFailed
from moonwire.transport.tls import context
from tests.transport.certificates import self_signed, server_context
from tests.transport.peers import OK, Peer, answering, run, serve


def test_a_server_is_known_by_its_certificate(loop: str, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)

    async def main() -> None:
        async with serve(answering(OK), tls=server_context(cert, key)) as server:
            for tls in (TLS(ca_file=cert), TLS(ca_file=cert, server_name="server.test"), TLS(verify=False)):
                async with Client(tls=tls) as client:
                    for _ in range(3):
                        assert await (await client.send("POST", server.url, body=b"x")).read() == b"ok"
            assert server.accepted == 3
            for tls in (TLS(), TLS(ca_file=cert, server_name="other.test")):
                async with Client(tls=tls) as client:
                    with pytest.raises(ConnectFailed, match="certificate") as caught:
                        await client.send("POST", server.url)
                    assert (caught.value.stage, caught.value.origin) == ("tls", server.url)

    run(main, loop)


def test_a_client_is_known_by_its_certificate(loop: str, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    own_cert, own_key = self_signed(tmp_path, "client")

    async def main() -> None:
        async with serve(answering(OK), tls=server_context(cert, key, client_ca=own_cert)) as server:
            tls = TLS(ca_file=cert, cert_file=own_cert, key_file=own_key)
            async with Client(tls=tls) as client:
                assert await (await client.send("GET", server.url)).read() == b"ok"

    run(main, loop)


def test_a_server_without_tls(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(1)
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            with pytest.raises(ConnectFailed, match="no TLS") as caught:
                await client.send("GET", server.url.replace("http:", "https:"))
            assert caught.value.stage == "tls"

    run(main, loop)


def test_nothing_older_than_1_2() -> None:
    assert context(TLS()).minimum_version == ssl.TLSVersion.TLSv1_2


def test_an_encrypted_key_asks_nobody_for_a_password(tmp_path: Path) -> None:
    cert, key_file = self_signed(tmp_path)
    key = serialization.load_pem_private_key(Path(key_file).read_bytes(), None)
    how = serialization.BestAvailableEncryption(b"secret")
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    Path(key_file).write_bytes(text)
    with pytest.raises(LocalProtocolError, match="the key is encrypted"):
        context(TLS(cert_file=cert, key_file=key_file))


def test_files_that_cannot_be_used_are_the_callers_fault(tmp_path: Path) -> None:
    (tmp_path / "junk").write_text("junk")
    for tls in (
        TLS(ca_file=str(tmp_path / "missing")),
        TLS(ca_file=str(tmp_path / "junk")),
        TLS(cert_file=str(tmp_path / "junk")),
    ):
        with pytest.raises(LocalProtocolError, match="tls: the TLS files cannot be used"):
            context(tls)
