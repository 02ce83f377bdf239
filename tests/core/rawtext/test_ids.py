"""Ids are unique, deterministic, and the model's own where they can be."""

from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext.ids import IdBook


def test_the_model_counts_on() -> None:
    book = IdBook(["functions.a:0", "functions.b:4", "call_x"])
    assert book.counted("a", 5) == "functions.a:5"
    assert book.counted("a", None) == "functions.a:6"
    assert book.counted("a", 0) == "functions.a:7"


def test_ids_without_a_number_count_too() -> None:
    assert IdBook(["call_x", "call_y"]).counted("a", None) == "functions.a:2"


def test_an_opaque_id_depends_on_what_came_before() -> None:
    first, again, other = IdBook(), IdBook(), IdBook(["x"])
    identity = first.opaque("f", 0)
    assert identity == again.opaque("f", 0) != other.opaque("f", 0)
    assert first.opaque("f", 0) != identity, "asked twice, it is given twice, not the same"


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.none() | st.integers(0, 3), st.booleans())),
    st.sets(st.text()),
)
def test_no_id_is_given_twice(asks: list[tuple[str, int | None, bool]], used: set[str]) -> None:
    book = IdBook(used)
    given_out = [
        book.counted(name, number) if counted else book.opaque(name, 0) for name, number, counted in asks
    ]
    assert len({*given_out, *used}) == len(given_out) + len(used)
