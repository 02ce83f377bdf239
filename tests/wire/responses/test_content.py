"""The parts of content go there and back."""

from typing import Any

import pytest
from msgspec import UNSET

from moonwire.core.messages import VERBATIM, Image, changed
from moonwire.wire.responses.content import content_body, decode_content, decode_output, image_url, part_body
from tests.wire.responses.item_cases import PART_ROWS


@pytest.mark.parametrize(("name", "role", "part", "value"), PART_ROWS, ids=[row[0] for row in PART_ROWS])
def test_a_part_is_a_value(name: str, role: str, part: Any, value: Any) -> None:
    (found,) = decode_content([part], "content", role)
    kept = VERBATIM in value.extra
    bare = {key: item for key, item in value.extra.items() if key != VERBATIM}
    assert changed(found, extra={**found.extra}) == changed(value, extra=bare), name
    assert (VERBATIM in found.extra) is kept
    assert part_body(found, role) == part
    assert content_body((found,), role) == [part]


def test_content_of_no_shape_is_none() -> None:
    assert decode_content(5, "content", "user") is UNSET
    assert decode_content(None, "content", "user") is None


def test_an_output_of_any_shape_is_text() -> None:
    assert decode_output({"content": 5}, "output") == '{"content":5}'
    assert decode_output(True, "output") == "true"


def test_a_picture_that_is_given_inline_has_an_address() -> None:
    assert image_url(Image(data="AA==")) == "data:application/octet-stream;base64,AA=="
    assert image_url(Image(file="f")) is None
