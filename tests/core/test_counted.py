"""How sure a number of tokens is."""

from moonwire.core.counted import Estimated


def test_an_estimated_number_is_a_number_that_says_so() -> None:
    assert (Estimated(7), repr(Estimated(7)), Estimated(7) + 1) == (7, "Estimated(7)", 8)
