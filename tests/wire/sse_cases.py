"""Streams of server-sent events: the bytes, the data of the whole events, and what the end adds."""

from typing import Final, NamedTuple

__all__ = ["CASES", "Case"]


class Case(NamedTuple):
    """One stream."""

    name: str
    stream: bytes
    found: tuple[bytes, ...]
    rest: tuple[bytes, ...] = ()


CASES: Final = (
    Case("nothing", b"", ()),
    Case("one event", b"data: a\n\n", (b"a",)),
    Case("two events", b"data: a\n\ndata: b\n\n", (b"a", b"b")),
    Case("CR LF", b"data: a\r\n\r\ndata: b\r\n\r\n", (b"a", b"b")),
    Case("CR", b"data: a\r\rdata: b\r\r", (b"a", b"b")),
    Case("all line ends", b"data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n", (b"a", b"b", b"c", b"d")),
    Case("no space", b"data:a\n\n", (b"a",)),
    Case("only the first space goes", b"data:  a \n\n", (b" a ",)),
    Case("a tab is no space", b"data:\ta\n\n", (b"\ta",)),
    Case("empty data", b"data:\n\ndata: \n\n", (b"", b"")),
    Case("a bare field name", b"data\n\ndata\ndata\n\n", (b"", b"\n")),
    Case("several lines", b"data: a\ndata:b\ndata\n\n", (b"a\nb\n",)),
    Case("a comment", b": ping\n\n:\n\ndata: a\n\n", (b"a",)),
    Case("a comment inside", b"data: a\n: ping\ndata: b\n\n", (b"a\nb",)),
    Case("the other fields", b"event: message\nid: 7\nretry: 10\ndata: a\n\n", (b"a",)),
    Case("fields behind the data", b"data: a\nid: 7\n\n", (b"a",)),
    Case("no data at all", b"event: ping\nid\n\n", ()),
    Case("longer and shorter names", b"dat: a\ndatas: b\n data: c\nDATA: d\n\n", ()),
    Case("a colon in the data", b"data: a: b\n\n", (b"a: b",)),
    Case("blank lines before and between", b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", (b"a", b"b")),
    Case("a mark of byte order", b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", (b"a", b"b")),
    Case("a mark before a comment", b"\xef\xbb\xbf: hi\ndata: a\n\n", (b"a",)),
    Case("no blank line at the end", b"data: a\n\ndata: [DONE]\n", (b"a",), (b"[DONE]",)),
    Case("no line end at the end", b"data: a\n\ndata: [DONE]", (b"a",), (b"[DONE]",)),
    Case("CR at the end", b"data: a\r", (), (b"a",)),
    Case("a comment at the end", b"data: a\n\n: bye", (b"a",)),
    Case("what is not UTF-8", b"data: \xff\xc3\n\n", (b"\xff\xc3",)),
    Case("separators that end no line here", "data: a\u2028b\x0bc\x85\n\n".encode(), ("a\u2028b\x0bc\x85".encode(),)),
)
