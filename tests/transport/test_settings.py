"""The defaults fit an upstream that thinks for minutes."""

from moonwire.transport import Limits, Timeouts


def test_the_deadlines_are_in_order() -> None:
    timeouts = Timeouts()
    assert timeouts.connect < timeouts.write < timeouts.idle < timeouts.first_byte < timeouts.total


def test_the_limits_are_in_order() -> None:
    limits = Limits()
    assert limits.max_idle <= limits.per_origin <= limits.total
    assert limits.header_bytes <= limits.buffered_bytes <= limits.inflated_bytes
