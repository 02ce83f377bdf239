"""What a picture or a film is, by its first bytes: a server's word for it is not enough."""

import re
from typing import Final, Literal

__all__ = ["HEAD", "Kind", "agreed", "signature"]

Kind = Literal["image", "video"]

HEAD: Final = 64
"""How many bytes of a file are looked at."""

_BEGINNINGS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), "video/x-msvideo"),
    (re.compile(rb".{4}ftypqt", re.DOTALL), "video/quicktime"),
    (re.compile(rb".{4}ftyp3g", re.DOTALL), "video/3gpp"),
    # The brands of films; those of AVIF and HEIC pictures are others.
    (re.compile(rb".{4}ftyp(?:iso\w|mp4\d|avc1|M4V |dash|MSNV|f4v )", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,48}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x00\x00\x01[\xb3\xba]"), "video/mpeg"),
    (re.compile(rb"FLV\x01"), "video/x-flv"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "video/x-ms-wmv"),
)
_ALSO: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "video/mov": "video/quicktime",
    "video/mpg": "video/mpeg",
    "video/flv": "video/x-flv",
    "video/wmv": "video/x-ms-wmv",
    "video/3gp": "video/3gpp",
    # One container: QuickTime's is where MP4's came from, and servers go by the file's ending.
    "video/x-m4v": "video/mp4",
}
_ONE_CONTAINER: Final = frozenset({"video/mp4", "video/quicktime", "video/3gpp"})


def signature(head: bytes) -> str:
    """The media type of what begins like this; empty where it is none that a server of Kimi reads.

    >>> signature(b"GIF89a..."), signature(b"<svg xmlns=")
    ('image/gif', '')
    """
    return next((name for pattern, name in _BEGINNINGS if pattern.match(head)), "")


def agreed(said: str, head: bytes, kind: Kind) -> str:
    """The media type on which the server's word and the bytes agree; empty where they do not.

    >>> agreed("image/jpg; charset=binary", b"\\xff\\xd8\\xff\\xe0", "image")
    'image/jpeg'
    >>> agreed("image/png", b"\\xff\\xd8\\xff\\xe0", "image"), agreed("image/gif", b"GIF89a", "video")
    ('', '')
    """
    found = signature(head)
    named = said.partition(";")[0].strip().lower()
    named = _ALSO.get(named, named)
    agree = found == named or (found in _ONE_CONTAINER and named in _ONE_CONTAINER)
    return found if agree and found.startswith(f"{kind}/") else ""
