"""The keys of a JSON answer, however the user names them."""

import pytest

from moonwire.simulator.brain.keys import asked_keys

ASKED = {
    "Return a JSON object with the key city.": ["city"],
    'Give me JSON with fields "name" and "age".': ["name", "age"],
    "Answer as JSON: {city: string, country: string}": ["city", "country"],
    "Return JSON that includes city and country.": ["city", "country"],
    "Respond with a JSON object: city should be the capital of France.": ["city"],
    "The `city` field holds the name.": ["city"],
    "返回一个包含 city 字段的 JSON 对象": ["city"],
    "请输出json，键为city": ["city"],
    "Tell me a story.": [],
}


@pytest.mark.parametrize(("text", "keys"), ASKED.items())
def test_the_keys_are_found(text: str, keys: list[str]) -> None:
    # Rather one too many than one too few: what is asked for is there.
    assert set(keys) <= set(asked_keys(text))
    assert bool(asked_keys(text)) == bool(keys)


@pytest.mark.parametrize("piece", ["key ", '"a', "with a ", "{a:", "字段"])
def test_a_long_text_is_read_in_bounded_work(piece: str) -> None:
    assert len(asked_keys(piece * 5_000)) < 20_000
