"""Each of the user's words and numbers is taken once, by what it fits."""

from moonwire.simulator.hints import Hints


def any_text(text: str) -> bool:
    return True


def any_number(number: float) -> bool:
    return True


def test_words_come_in_their_order_and_numbers_after_them() -> None:
    hints = Hints(["3", "Paris", "", "Paris", "Rome"], {})
    assert [hints.text(any_text) for _ in range(4)] == ["Paris", "Rome", "3", None]


def test_a_number_is_taken_by_what_it_fits() -> None:
    hints = Hints(["12", "-2.5", "x7"], {})
    assert hints.number(lambda number: number < 0) == -2.5
    assert hints.number(lambda number: number < 0) is None
    assert hints.number(any_number) == 12


def test_what_the_schema_itself_says_is_no_free_text() -> None:
    schema = {"properties": {"due_date": {}, "unit": {"enum": ["Kelvin", 3]}, "kind": {"const": "cat"}}}
    hints = Hints(["due date", "kelvin", "Cat", "Rome"], schema)
    assert [hints.text(any_text) for _ in range(2)] == ["Rome", None]
    assert list(hints.best(["Celsius", "Kelvin", None])) == ["Kelvin"]
    assert hints.named("DUE-DATE")
    assert not hints.named("due")


def test_what_was_taken_can_be_given_back() -> None:
    hints = Hints(["Rome"], {})
    before = hints.used
    assert hints.text(any_text) == "Rome"
    hints.used = before
    assert hints.text(any_text) == "Rome"


def test_a_name_is_asked_for_once() -> None:
    hints = Hints(["child"], {})
    assert (hints.once("child"), hints.once("child")) == (True, False)


def test_without_hints_nothing_is_named() -> None:
    hints = Hints([], {"enum": ["a"]})
    assert not hints.any
    assert not hints.named("a")
    assert hints.text(any_text) is None
