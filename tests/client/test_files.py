"""Files for the endpoint: what is read, what it is for, what is sent, and how a message names it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from moonwire.client import files
from moonwire.client.files import Uploaded, read_upload
from moonwire.core.errors import LocalProtocolError, RemoteProtocolError
from moonwire.core.messages import Image, Message, TextPart, Video
from moonwire.simulator import Server
from tests.client.asked import asks, sent
from tests.client.test_asking import said
from tests.exchange.upstreams import Scripted
from tests.transport.peers import run, serve

PNG = b"\x89PNG\r\n\x1a\n\x00"

# the name, the purpose that is given, the media type, the purpose
KINDS: dict[str, tuple[str, str, str, str]] = {
    "a picture": ("a.png", "", "image/png", "image"),
    "another one": ("a.JPG", "", "image/jpeg", "image"),
    "a film": ("a.mp4", "", "video/mp4", "video"),
    "a document": ("a.pdf", "", "application/pdf", "file-extract"),
    "who knows": ("a", "", "application/octet-stream", "file-extract"),
    "as it is told": ("a.png", "file-extract", "image/png", "file-extract"),
}


@pytest.mark.parametrize(("name", "purpose", "media_type", "becomes"), KINDS.values(), ids=KINDS)
def test_what_it_is_for(name: str, purpose: str, media_type: str, becomes: str, tmp_path: Path) -> None:
    place = tmp_path / name
    place.write_bytes(PNG)
    for given in (
        asyncio.run(read_upload(place, purpose=purpose)),
        asyncio.run(read_upload(str(place), purpose=purpose)),
        asyncio.run(read_upload(PNG, name, purpose)),
    ):
        assert (given.data, given.name, given.media_type, given.purpose) == (PNG, name, media_type, becomes)


WRONG: dict[str, tuple[Any, str, str]] = {
    "bytes without a name": (PNG, "", r"^name: bytes need a name \(give one"),
    "nothing": (b"", "a.png", r"^file: the file is empty \(the endpoint takes 1 to 100,000,000 bytes\)"),
    "no file": ("no/such/file.png", "", r"^file: .*file.png cannot be read: No such file.*\(name a file\)"),
    "a directory": (".", "", r"^file: .* cannot be read: "),
}


@pytest.mark.parametrize(("file", "name", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_given(file: Any, name: str, words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        asyncio.run(read_upload(file, name))


def test_no_more_than_may_be_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 10)
    place = tmp_path / "film.mp4"
    place.write_bytes(bytes(10))
    assert len(asyncio.run(read_upload(place)).data) == 10
    place.write_bytes(bytes(11))
    with pytest.raises(LocalProtocolError, match="the file is too large"):
        asyncio.run(read_upload(place))


def test_a_message_names_it(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            picture = await kimi.upload(PNG, name="cat.png")
            film = await kimi.upload(PNG, name="cat.mp4")
            assert picture.part == Image(url=f"ms://{picture.id}") and film.part == Video(
                url=f"ms://{film.id}"
            )
            assert (picture.name, picture.purpose, picture.bytes) == ("cat.png", "image", len(PNG))
            content = (TextPart(text="What is it?"), picture.part, film.part)
            done = await kimi.generate(Message(role="user", content=content))
            assert done.text
            assert sent(strict)["messages"] == [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image_url", "image_url": {"url": picture.url}},
                        {"type": "video_url", "video_url": {"url": film.url}},
                    ],
                }
            ]

    run(main)
    upload = next(one for one in reversed(strict.exchanges) if one.path == "/v1/files")
    assert upload.request_headers["content-type"].startswith("multipart/form-data; boundary=")


def test_a_document_is_no_part_of_a_message() -> None:
    document = Uploaded(id="f", name="a.pdf", purpose="file-extract", bytes=1)
    with pytest.raises(
        LocalProtocolError, match=r"^purpose: only pictures and films go into a message \(ask for"
    ):
        assert document.part


@pytest.mark.parametrize("answer", [{}, [], {"id": None}, {"id": ""}, "x"], ids=repr)
def test_an_upload_without_a_name(answer: Any) -> None:
    class Answers(Scripted):
        async def run(self, peer: Any) -> None:
            while (await peer.request())[0]:
                peer.send(said(answer))

    async def main() -> None:
        async with serve(Answers(b"").run) as server, asks(server.url) as kimi:
            with pytest.raises(
                RemoteProtocolError, match=r"^upstream: the upload was answered without an id"
            ):
                await kimi.upload(PNG, name="a.png")

    run(main)
