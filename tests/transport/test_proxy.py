"""Proxies: as they are written, as the environment names them, and who goes without."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.transport.proxy import Proxies, Proxy
from moonwire.transport.url import parse


@pytest.mark.parametrize(
    ("text", "host", "port", "authorization"),
    [
        ("http://proxy:3128", "proxy", 3128, ""),
        ("proxy:3128", "proxy", 3128, ""),
        ("http://proxy", "proxy", 1080, ""),
        ("http://proxy:80/", "proxy", 80, ""),
        ("HTTP://u:p@proxy:1", "proxy", 1, "Basic dTpw"),
        ("http://u%40b:p%3Aw@proxy:1", "proxy", 1, "Basic dUBiOnA6dw=="),
        ("http://u@[::1]:1", "::1", 1, "Basic dTo="),
    ],
)
def test_a_proxy_is_read(text: str, host: str, port: int, authorization: str) -> None:
    assert Proxy.parse(text) == Proxy(host, port, authorization)


@pytest.mark.parametrize(
    "text", ["socks5://secret:1", "https://u:secret@p", "http://", "http://u:secret@p:x"]
)
def test_a_proxy_that_is_refused_is_not_quoted(text: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Proxy.parse(text)
    assert caught.value.path == "proxy"
    assert "secret" not in str(caught.value)


def test_a_proxy_does_not_show_its_password() -> None:
    assert repr(Proxy.parse("http://u:secret@p:1")) == "Proxy(http://p:1)"
    assert repr(Proxy.parse("http://u:secret@[::1]:1")) == "Proxy(http://[::1]:1)"


def chosen(environ: dict[str, str], url: str) -> str:
    found = Proxies.from_env(environ).select(parse(url))
    return "" if found is None else found.host


@pytest.mark.parametrize(
    ("environ", "url", "host"),
    [
        ({}, "http://a", ""),
        ({"http_proxy": "p:1"}, "http://a", "p"),
        ({"http_proxy": "p:1"}, "https://a", ""),
        ({"HTTPS_PROXY": "p:1"}, "https://a", "p"),
        ({"HTTPS_PROXY": "p:1", "https_proxy": "q:1"}, "https://a", "q"),
        ({"HTTP_PROXY": "p:1"}, "http://a", "p"),
        ({"HTTP_PROXY": "p:1", "REQUEST_METHOD": "GET"}, "http://a", ""),
        ({"ALL_PROXY": "p:1"}, "https://a", "p"),
        ({"ALL_PROXY": "socks5://p:1", "https_proxy": "q:1"}, "https://a", "q"),
        ({"all_proxy": "p:1", "no_proxy": "*"}, "https://a", ""),
        ({"all_proxy": "p:1", "NO_PROXY": "b, .example.com"}, "https://example.com", ""),
        ({"all_proxy": "p:1", "NO_PROXY": "b .Example.com."}, "https://x.example.com.", ""),
        ({"all_proxy": "p:1", "NO_PROXY": "example.com"}, "https://notexample.com", "p"),
        ({"all_proxy": "p:1", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:8000", ""),
        ({"all_proxy": "p:1", "NO_PROXY": "a,10.0.0.0/8"}, "http://10.1.2.3", ""),
        ({"all_proxy": "p:1", "NO_PROXY": "10.0.0.0/8"}, "http://11.1.2.3", "p"),
        ({"all_proxy": "p:1", "NO_PROXY": "[::1]"}, "http://[::1]", ""),
    ],
)
def test_the_environment_is_read_as_curl_reads_it(environ: dict[str, str], url: str, host: str) -> None:
    assert chosen(environ, url) == host
