"""Numbers between bounds, small and round ones first."""

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import msgspec

from moonwire.core.validation.values import is_number

__all__ = ["Span", "numbers", "span"]

TRIED = 40
# From here on a number is written with an exponent: nobody needs the 309 digits of 1e308.
LARGE = 2**63


class Span(msgspec.Struct, frozen=True):
    """What a number has to be: bounds, whether they are excluded, and what it is a multiple of."""

    low: Fraction | None = None
    high: Fraction | None = None
    above: bool = False
    below: bool = False
    step: Fraction | None = None


def span(schemas: list[dict[str, Any]], *, whole: bool) -> Span:
    """The bounds of several schemas together; both forms of the exclusive ones are understood.

    >>> span([{"minimum": 3}, {"exclusiveMaximum": 5.5}], whole=True)
    Span(low=Fraction(3, 1), high=Fraction(11, 2), above=False, below=True, step=Fraction(1, 1))
    """
    lows: list[tuple[Fraction, bool]] = []
    highs: list[tuple[Fraction, bool]] = []
    steps = [Fraction(1)] if whole else []
    for schema in schemas:
        for found, plain, exclusive in (
            (lows, "minimum", "exclusiveMinimum"),
            (highs, "maximum", "exclusiveMaximum"),
        ):
            found += [(at, schema.get(exclusive) is True) for at in _exact(schema.get(plain))]
            found += [(at, True) for at in _exact(schema.get(exclusive))]
        steps += [step for step in _exact(schema.get("multipleOf")) if step > 0]
    low, above = max(lows, default=(None, False))
    high, below = min(highs, key=lambda bound: (bound[0], not bound[1]), default=(None, False))
    return Span(low, high, above, below, _common(steps))


def _exact(value: Any) -> list[Fraction]:
    """The decimal number as it is written, as the validator takes it; nothing for what is no number."""
    if not is_number(value) or (isinstance(value, float) and not math.isfinite(value)):
        return []
    return [Fraction(value) if isinstance(value, int) else Fraction(repr(value))]


def _common(steps: list[Fraction]) -> Fraction | None:
    """The smallest number that is a multiple of all of them."""
    if not steps:
        return None
    denominator = math.lcm(*(step.denominator for step in steps))
    return Fraction(math.lcm(*(int(step * denominator) for step in steps)), denominator)


def numbers(wanted: Span, turn: int = 0) -> Iterator[float]:
    """Numbers in a span, beginning with number `turn` of them; a caller has to check them all the same.

    >>> list(numbers(Span(Fraction(3), Fraction(5), step=Fraction(1))))[:3]
    [3, 4, 5]
    >>> next(numbers(Span(Fraction(1, 4), Fraction(3, 4))))
    0.5
    """
    exact = _fractions(wanted, turn) if wanted.step is None else _multiples(wanted, wanted.step, turn)
    for number in exact:
        yield from _written(number)


def _multiples(wanted: Span, step: Fraction, turn: int) -> Iterator[Fraction]:
    first = last = None
    if wanted.low is not None:
        first = math.ceil(wanted.low / step)
        first += wanted.above and first * step == wanted.low
    if wanted.high is not None:
        last = math.floor(wanted.high / step)
        last -= wanted.below and last * step == wanted.high
    start = 1
    start = start if last is None else min(start, last)
    start = start if first is None else max(start, first)
    if last is not None and start > last:
        return
    for number in range(turn, turn + TRIED):
        if last is None:
            at = start + number
        elif first is None:
            at = last - (last - start + number)
        else:
            if number - turn > last - first:
                return
            at = first + (start - first + number) % (last - first + 1)
        yield at * step
    yield from (at * step for at in (first, last, 0) if at is not None)


def _fractions(wanted: Span, turn: int) -> Iterator[Fraction]:
    low, high = wanted.low, wanted.high
    if low is not None and high is not None:
        yield low + (high - low) * Fraction(1 + turn % 31, 2 + turn % 31)
        yield from ((low + high) / 2, low, high)
        yield from (low + (high - low) * Fraction(part, 7) for part in range(1, 7))
    elif high is not None and high < 1:
        yield from (high - Fraction(1, 2) - number for number in range(turn, turn + TRIED))
        yield high
    else:
        start = Fraction(1) if low is None or low < 1 else low
        yield from (start + Fraction(1, 2) + number for number in range(turn, turn + TRIED))
        yield start


def _written(number: Fraction) -> Iterator[float]:
    """A number as JSON would write it: an integer where it is one, unless that has very many digits."""
    if number.denominator != 1 or abs(number) >= LARGE:
        # Beyond what a float holds, only the digits are left.
        with suppress(OverflowError):
            yield float(number)
    if number.denominator == 1:
        yield int(number)
