"""A turn, and arguments as text."""

import json

from hypothesis import given
from hypothesis import strategies as st

from moonwire.simulator.brain.turn import Call, Turn, arguments_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_arguments_are_json_on_one_line(value: object) -> None:
    text = arguments_text(value)
    assert json.loads(text) == value
    assert "\n" not in text


def test_a_turn_says_nothing_unless_it_is_told() -> None:
    turn = Turn()
    assert (turn.thoughts, turn.text, turn.calls, turn.refused) == (None, "", (), None)
    assert Call("f").arguments == "{}"
