"""Usage in any server's words."""

from typing import Any

import pytest

from moonwire.core.events import Usage
from moonwire.wire.chat.usage import merged, usage_of


@pytest.mark.parametrize("value", [None, [], "much", {}, {"total_tokens": 5}, {"prompt_tokens": None}])
def test_usage_that_says_nothing(value: Any) -> None:
    assert usage_of(value) is None


def test_usage_keeps_what_it_does_not_know() -> None:
    usage = usage_of({"prompt_tokens": 10**400, "cost": 0.1, "nothing": None, "total_tokens": 5})
    assert usage is not None and usage.input == 10**400 and usage.extra == {"cost": 0.1}


def test_the_top_counts_with_what_only_the_choice_says() -> None:
    choice, top = Usage(input=1, output=2, cached=3, extra={"a": 1}), Usage(input=4, output=5, reasoning=1)
    assert merged(choice, top) == Usage(input=4, output=5, cached=3, reasoning=1, extra={"a": 1})
    assert (merged(choice, None), merged(None, top), merged(None, None)) == (choice, top, None)
