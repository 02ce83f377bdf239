"""Errors of the transport: their data, and their words."""

import pytest

from moonwire.core.errors import TransportError
from moonwire.transport import errors

HERE = "https://a:1"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.PoolTimeout(origin=HERE, seconds=30), "no connection came free within 30 s"),
        (errors.ConnectTimeout(origin=HERE, seconds=0.5), "not connected within 0.5 s"),
        (errors.WriteTimeout(origin=HERE, seconds=1), "the request was not taken within 1 s"),
        (errors.FirstByteTimeout(origin=HERE, seconds=1), "no response within 1 s"),
        (errors.IdleTimeout(origin=HERE, seconds=1), "the response stopped for 1 s"),
        (errors.TotalTimeout(origin=HERE, seconds=1), "not done within 1 s"),
        (errors.ClientClosed(origin=HERE), "the client was closed"),
        (errors.BodyTooLarge(origin=HERE, limit=5), "the body is larger than 5 bytes"),
        (errors.Disconnected(origin=HERE), "disconnected within the response"),
        (errors.Disconnected(origin=HERE, before_response=True), "disconnected before the response"),
        (
            errors.Truncated(origin=HERE, received=1, expected=3),
            "disconnected after 1 of 3 bytes of the body",
        ),
        (errors.Truncated(origin=HERE, received=1), "disconnected after 1 bytes of the body"),
        (errors.ConnectFailed("why", origin=HERE, stage="proxy", status=407, remedy="do"), "why (do)"),
    ],
)
def test_an_error_names_its_origin_and_says_what_happened(error: errors.AtOrigin, text: str) -> None:
    assert str(error) == f"{HERE}: {text}"
    assert isinstance(error, TransportError)
    assert error.origin == HERE


def test_a_deadline_is_a_gateway_timeout_for_the_caller() -> None:
    assert errors.FirstByteTimeout.status_hint == 504
    assert errors.PoolTimeout.status_hint == 503
    assert errors.Disconnected.status_hint == 502
