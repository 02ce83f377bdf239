"""What is said of other layers' values covers each of their fields, and nothing that is gone."""

from typing import Any

import msgspec
import pytest

from moonwire.gateway.config.meanings import MEANINGS, NOT_KEYS
from moonwire.gateway.config.schema import is_table, keys, plain


@pytest.mark.parametrize("struct", MEANINGS)
def test_every_field_has_a_meaning_or_is_no_key(struct: type[Any]) -> None:
    tables = {field.name for field in msgspec.structs.fields(struct) if is_table(plain(field.type))}
    without = set(NOT_KEYS.get(struct, {}))
    assert set(MEANINGS[struct]) == set(struct.__struct_fields__) - without - tables


def test_every_key_has_a_meaning_on_one_line() -> None:
    said = [key.field.meaning for key in keys()]
    assert all(said)
    assert not [text for text in said if "\n" in text or text.endswith(".")]


@pytest.mark.parametrize("struct", NOT_KEYS)
def test_what_is_no_key_is_a_field(struct: type[Any]) -> None:
    assert set(NOT_KEYS[struct]) <= set(struct.__struct_fields__)
