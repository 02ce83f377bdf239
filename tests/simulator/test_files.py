"""`/v1/files`: what is taken out of a form, kept, and given up (kimi-api.md H7, O)."""

from typing import Any

import pytest

from moonwire.simulator.files import MOST_BYTES, PURPOSES, Files, Upload
from moonwire.simulator.rules import Refused

BOUNDARY = "----moonwire"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


PNG = b"\x89PNG\r\n\x1a\n\x00"


def form(purpose: str | None = "image", data: bytes | None = PNG) -> bytes:
    parts: list[bytes] = []
    if purpose is not None:
        parts.append(b'Content-Disposition: form-data; name="purpose"\r\n\r\n' + purpose.encode())
    if data is not None:
        head = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n'
        parts.append(head + b"Content-Type: application/octet-stream\r\n\r\n" + data)
    dashes = f"--{BOUNDARY}".encode()
    return b"".join(dashes + b"\r\n" + part + b"\r\n" for part in parts) + dashes + b"--\r\n"


def add(
    files: Files, identity: str, *, purpose: str | None = "image", data: bytes | None = PNG
) -> Upload | Refused:
    return files.add(FORM, form(purpose, data), identity, 17)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_upload_is_kept_as_it_came(purpose: str) -> None:
    files = Files(1000)
    said = add(files, "file-1", purpose=purpose)
    assert isinstance(said, Upload) and said.data == PNG
    assert files.get("file-1") is said and files.all() == [said]
    assert said.item() == {
        "id": "file-1",
        "object": "file",
        "bytes": 9,
        "created_at": 17,
        "filename": "a.png",
        "purpose": purpose,
        "status": "ok",
        "status_details": "",
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data": None}, "Invalid request: file is required"),
        ({"purpose": None}, "Invalid request: purpose must be one of file-extract, image, video, batch"),
        ({"purpose": "fun"}, "Invalid request: purpose must be one of file-extract, image, video, batch"),
    ],
)
def test_what_is_missing_is_named(fields: dict[str, Any], words: str) -> None:
    assert add(Files(1000), "file-1", **fields) == Refused(words)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", form()),
        ("multipart/form-data", form()),
        (FORM, b""),
        (FORM, b"garbage"),
        ("multipart/form-data; boundary=\xff", form()),
        ("multipart/form-data; boundary=other", form()),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    assert isinstance(Files(1000).add(content_type, body, "file-1", 17), Refused)


def test_a_file_of_more_than_100_mb_is_too_large() -> None:
    said = add(Files(1 << 40), "file-1", data=b"0" * (MOST_BYTES + 1))
    assert said == Refused("Request exceeds the maximum size", 413)


def test_the_oldest_give_way() -> None:
    files = Files(20)
    for number in range(3):
        add(files, f"file-{number}", data=b"0" * 9)
    assert [upload.id for upload in files.all()] == ["file-1", "file-2"]
    assert files.get("file-0") is None


def test_a_file_is_forgotten_once() -> None:
    files = Files(1000)
    add(files, "file-1")
    assert files.remove("file-1") and not files.remove("file-1")
    assert files.all() == []


DISPOSITIONS: list[tuple[bytes, str | None]] = [
    (b'form-data; name="file"; filename="b.txt"', "b.txt"),
    (b"form-data;name=file;filename=b.txt", "b.txt"),
    (b'FORM-DATA; filename="b.txt"; name="file"', "b.txt"),
    (b'form-data; name="file"; filename="\xc3\xa9.txt"', "é.txt"),
    (b'form-data; name="file"', "file"),
    (b'form-data; name="file"; filename=""', "file"),
    (b'form-data; filename="b.txt"', None),
    (b'attachment; name="file"', None),
    (b"", None),
]


@pytest.mark.parametrize(("disposition", "name"), DISPOSITIONS)
@pytest.mark.parametrize("boundary", ["b", '"b"', "b; charset=utf-8"])
def test_the_forms_that_clients_write(disposition: bytes, name: str | None, boundary: str) -> None:
    data = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nimage\r\n--b\r\nX-Other: 1\r\n'
    data += b"content-disposition: " + disposition + b"\r\n\r\n--b is no mark\r\n\r\n--b--\r\nbehind it"
    said = Files(1000).add(f"multipart/form-data; boundary={boundary}", data, "file-1", 17)
    assert (said.name if isinstance(said, Upload) else None) == name
    assert not isinstance(said, Upload) or said.data == b"--b is no mark\r\n"
