"""URLs: what is understood, and that a refusal quotes nothing of what is refused."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.transport.url import parse

# url, host, port, authority, target, origin
GOOD: list[tuple[str, str, int, str, str, str]] = [
    ("http://a", "a", 80, "a", "/", "http://a"),
    (
        "HTTPS://API.Example.COM/v1",
        "api.example.com",
        443,
        "api.example.com",
        "/v1",
        "https://api.example.com",
    ),
    ("https://a:443/x", "a", 443, "a", "/x", "https://a"),
    ("https://a:80/x", "a", 80, "a:80", "/x", "https://a:80"),
    ("http://a:/x", "a", 80, "a", "/x", "http://a"),
    ("http://a?x=1", "a", 80, "a", "/?x=1", "http://a"),
    ("http://a/p?q#fragment", "a", 80, "a", "/p?q", "http://a"),
    ("http://a/p?u=b@c", "a", 80, "a", "/p?u=b@c", "http://a"),
    ("http://[::1]:8000/x", "::1", 8000, "[::1]:8000", "/x", "http://[::1]:8000"),
    ("http://[0:0::1]", "::1", 80, "[::1]", "/", "http://[::1]"),
    (
        "http://bücher.example",
        "xn--bcher-kva.example",
        80,
        "xn--bcher-kva.example",
        "/",
        "http://xn--bcher-kva.example",
    ),
    ("http://my_host.:1", "my_host.", 1, "my_host.:1", "/", "http://my_host.:1"),
]
BAD = [
    "",
    "a",
    "ftp://secret",
    "//secret",
    "http://",
    "http:///secret",
    "http://user:secret@a/",
    "http://secret@a",
    "http://a:0/secret",
    "http://a:65536/secret",
    "http://a:secret/",
    "http://a:1:2/secret",
    "http://a/secret x",
    "http://a/secret\r\nX: y",
    "http://a/secr\u00e9t",
    "http://-a/secret",
    "http://a..b/secret",
    "http://a b/secret",
    "http://[::1/secret",
    "http://[::g]/secret",
    "http://[1.2.3.4]/secret",
    "http://::1/secret",
    "http://a\\b/secret",
    "http://" + "a" * 64 + "/secret",
    "http://" + "a." * 127 + "b/secret",
    "http://" + "ü" * 64 + "/secret",
    " http://a/secret",
]


@pytest.mark.parametrize(("url", "host", "port", "authority", "target", "origin"), GOOD)
def test_a_url_is_taken_apart(
    url: str, host: str, port: int, authority: str, target: str, origin: str
) -> None:
    address = parse(url)
    assert (address.host, address.port, address.authority) == (host, port, authority)
    assert (address.target, address.origin) == (target, origin)
    assert address.secure == origin.startswith("https")


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_is_refused_is_not_quoted(url: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        parse(url)
    assert caught.value.path == "url"
    assert "secret" not in str(caught.value)


def test_an_address_shows_its_origin_only() -> None:
    assert repr(parse("http://a/x?key=secret")) == "Address(http://a)"
