"""The head of a request, byte by byte."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.transport.request import encode
from moonwire.transport.url import parse

HERE = parse("http://a:8000/v1?x=1")


def test_the_headers_go_out_as_they_are() -> None:
    head = encode("POST", HERE, [("X-Odd_Case", " a  b "), ("x-odd_case", "")], 12)
    assert head == (
        b"POST /v1?x=1 HTTP/1.1\r\nHost: a:8000\r\nX-Odd_Case:  a  b \r\nx-odd_case: \r\n"
        b"Accept-Encoding: identity\r\nContent-Length: 12\r\n\r\n"
    )


def test_a_length_is_told_where_a_body_is_expected() -> None:
    assert b"Content-Length: 0" in encode("POST", HERE, [], 0)
    assert b"Content-Length" not in encode("GET", HERE, [], 0)
    assert b"Content-Length: 3" in encode("DELETE", HERE, [], 3)


def test_a_coding_that_the_caller_asks_for_is_asked_for() -> None:
    head = encode("GET", HERE, [("accept-encoding", "gzip")], 0)
    assert head.count(b"ccept-") == 1


def test_a_proxy_is_asked_for_the_whole_url() -> None:
    head = encode("GET", HERE, [], 0, "Basic eA==")
    assert head.startswith(b"GET http://a:8000/v1?x=1 HTTP/1.1\r\nHost: a:8000\r\n")
    assert b"\r\nProxy-Authorization: Basic eA==\r\n" in head
    assert b"Proxy-" not in encode("GET", HERE, [], 0, "")


def test_latin_1_is_sent_and_nothing_beyond() -> None:
    assert b"X: \xe9\r\n" in encode("GET", HERE, [("X", "é")], 0)
    with pytest.raises(LocalProtocolError, match="Latin-1"):
        encode("GET", HERE, [("X", "月")], 0)


@pytest.mark.parametrize("value", ["secret\r\nY: z", "secret\n", "\rsecret", "secret\0", "é\r\n\r\nsecret"])
def test_a_value_cannot_end_its_header(value: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode("GET", HERE, [("A", "b"), ("Authorization", value)], 0)
    assert caught.value.path == "headers.authorization"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "a\n", "a\0", "é"])
def test_a_name_is_a_token(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="not a header's name"):
        encode("GET", HERE, [(name, "x")], 0)


@pytest.mark.parametrize("name", ["Host", "CONTENT-length", "Transfer-Encoding"])
def test_the_framing_is_not_the_callers(name: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"headers.{name.lower()}"):
        encode("GET", HERE, [(name, "1")], 0)


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\n", "G T"])
def test_a_method_is_a_token(method: str) -> None:
    with pytest.raises(LocalProtocolError, match="method"):
        encode(method, HERE, [], 0)
