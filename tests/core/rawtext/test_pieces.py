"""Text that waits is bounded to the character."""

from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext.pieces import Pieces


@given(st.lists(st.text(max_size=5)), st.integers(1, 20))
def test_the_limit_is_met_at_the_same_character_however_the_text_is_cut(texts: list[str], limit: int) -> None:
    pieces = Pieces(limit)
    whole = "".join(texts)
    rest = "".join([pieces.add(text) for text in texts])
    assert (pieces.text(), rest, pieces.size) == (whole[:limit], whole[limit:], len(whole[:limit]))
    assert pieces.take() == whole[:limit]
    assert (pieces.text(), pieces.size) == ("", 0)


def test_many_pieces_become_few() -> None:
    pieces = Pieces(100_000)
    for _ in range(10_000):
        assert pieces.add("x") == ""
    assert pieces.text() == "x" * 10_000
    pieces.clear()
    assert pieces.text() == ""
