"""Errors carry what a caller needs to act on them."""

import pytest

from moonwire.core import errors
from moonwire.core.errors import LocalProtocolError, MoonwireError, Overloaded, Refusal, RemoteProtocolError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MoonwireError("broken"), "broken"),
        (MoonwireError("no name", path="tools[0].name"), "tools[0].name: no name"),
        (LocalProtocolError("no name", path="tools[0]", remedy="give one"), "tools[0]: no name (give one)"),
        (Overloaded("busy", status=429, code="engine_overloaded_error", retry_after=1.5), "busy"),
    ],
)
def test_text(error: MoonwireError, text: str) -> None:
    assert str(error) == text


def test_a_refusal_keeps_what_the_server_said() -> None:
    error = Overloaded("busy", status=429, code="engine_overloaded_error", retry_after=1.5, body={"a": 1})
    assert (error.status, error.code, error.retry_after, error.body) == (
        429,
        "engine_overloaded_error",
        1.5,
        {"a": 1},
    )
    assert error.retry


def test_whose_fault_it_is_can_be_told_from_the_type() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, MoonwireError)
        assert not (issubclass(kind, LocalProtocolError) and issubclass(kind, RemoteProtocolError))
        if issubclass(kind, Refusal):
            assert 400 <= kind.status_hint < 600
