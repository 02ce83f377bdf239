"""What a handler sees of HTTP."""

from moonwire.gateway.http import Call


def test_a_call_shows_no_headers() -> None:
    assert repr(Call(method="GET", path="/", headers={"authorization": "sk-1"})) == "Call(GET /, 0 bytes)"
