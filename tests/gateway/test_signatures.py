"""Pictures and films by their first bytes, and what only claims to be one."""

import pytest

from moonwire.core.catalogue.endpoints import IMAGE_TYPES, VIDEO_TYPES
from moonwire.gateway.signatures import HEAD, Kind, agreed, signature

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/gif": b"GIF87a\1\0\1\0",
    "image/webp": b"RIFF\n\n\0\0WEBPVP8 ",
    "video/mp4": b"\0\0\0\x20ftypisom\0\0\2\0",
    "video/quicktime": b"\0\0\0\x14ftypqt  ",
    "video/3gpp": b"\0\0\0\x18ftyp3gp4",
    "video/webm": b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm",
    "video/x-msvideo": b"RIFF\n\n\0\0AVI LIST",
    "video/mpeg": b"\0\0\1\xba\x44",
    "video/x-flv": b"FLV\1\5",
    "video/x-ms-wmv": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
}
NEITHER = {
    "nothing": b"",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'>",
    "HTML": b"<!doctype html>",
    "BMP": b"BM\x36\x10",
    "TIFF": b"II*\0",
    "ICO": b"\0\0\1\0\1\0",
    "AVIF": b"\0\0\0\x20ftypavif",
    "HEIC": b"\0\0\0\x18ftypheic",
    "Matroska": b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska",
    "a sound in RIFF": b"RIFF\n\n\0\0WAVEfmt ",
    "half a PNG's mark": b"\x89PNG\r\n",
    "a PNG further down": b" \x89PNG\r\n\x1a\n",
    "PDF": b"%PDF-1.7",
    "secrets": b"root:x:0:0:root",
}


@pytest.mark.parametrize(("name", "head"), HEADS.items(), ids=HEADS)
def test_a_file_is_known_by_its_beginning(name: str, head: bytes) -> None:
    kind: Kind = "image" if name.startswith("image") else "video"
    other: Kind = "video" if kind == "image" else "image"
    assert signature(head) == name and len(head) <= HEAD
    assert agreed(name, head, kind) == agreed(f" {name.upper()} ;x=y", head, kind) == name
    assert agreed(name, head, other) == agreed("", head, kind) == agreed("text/html", head, kind) == ""
    assert agreed("application/octet-stream", head, kind) == ""


@pytest.mark.parametrize("head", NEITHER.values(), ids=NEITHER)
def test_what_is_neither(head: bytes) -> None:
    assert signature(head) == ""
    assert all(agreed(name, head, "image") == "" for name in (*HEADS, "image/svg+xml", "", "image/bmp"))


def test_only_what_servers_of_kimi_take_is_found() -> None:
    assert {name for name in HEADS if name.startswith("image")} <= set(IMAGE_TYPES)
    assert {name for name in HEADS if name.startswith("video")} <= set(VIDEO_TYPES)


def test_the_word_and_the_bytes_have_to_agree() -> None:
    for said in HEADS:
        for name, head in HEADS.items():
            one_container = {said, name} <= {"video/mp4", "video/quicktime", "video/3gpp"}
            kind: Kind = "image" if name.startswith("image") else "video"
            assert agreed(said, head, kind) == (name if said == name or one_container else "")


def test_other_words_for_the_same() -> None:
    assert agreed("image/jpg", HEADS["image/jpeg"], "image") == "image/jpeg"
    assert agreed("video/mov", HEADS["video/quicktime"], "video") == "video/quicktime"
    assert agreed("video/x-m4v", b"\0\0\0\x20ftypM4V ", "video") == "video/mp4"
