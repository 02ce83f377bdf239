"""A body goes to a request and back with every value as it came, and what is known is in the vocabulary."""

import copy
import json
from collections.abc import Callable
from functools import reduce
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Request
from moonwire.wire.anthropic import decode, encode, write
from moonwire.wire.anthropic.body import UNSAID, markdown_table
from tests.wire.anthropic.body_cases import JSON, bodies, exact, scribble
from tests.wire.anthropic.shape_cases import PLACES, REFUSED, SAID_OTHERWISE, with_
from tests.wire.anthropic.vocabulary_cases import BODIES


def at(value: Any, path: str) -> Any:
    """The part of a value that a path such as `messages.0.content` leads to."""
    return reduce(
        lambda part, step: part[int(step)] if step.isdigit() else getattr(part, step), path.split("."), value
    )


# -- laws --------------------------------------------------------------------------------------


@given(bodies())
def test_a_body_that_can_be_read_comes_back_as_it_was(body: dict[str, Any]) -> None:
    came = exact(body)
    request = decode(body)
    assert exact(encode(request)) == came
    assert repr(decode(encode(request))) == repr(request)
    assert exact(body) == came


@given(bodies())
def test_nobody_is_harmed_by_what_a_caller_does_to_his_body_or_to_what_he_is_given(
    body: dict[str, Any],
) -> None:
    came = exact(body)
    mine, yours = copy.deepcopy(body), copy.deepcopy(body)
    request = decode(mine)
    scribble(encode(request))
    assert exact(encode(request)) == came
    scribble(mine)
    assert exact(encode(decode(yours))) == came


@given(bodies())
def test_a_request_is_written_as_it_is_encoded(body: dict[str, Any]) -> None:
    request = decode(body)
    try:
        written = msgspec.json.encode(encode(request))
    except (UnicodeEncodeError, OverflowError):
        assert exact(json.loads(write(request))) == exact(encode(request))
    else:
        assert write(request) == written


@given(st.dictionaries(st.sampled_from(["system", "messages", "tools", "tool_choice", "x"]), JSON))
def test_any_json_is_read_or_refused_with_its_path(body: Any) -> None:
    try:
        request = decode(body)
    except LocalProtocolError as error:
        assert error.path and error.remedy
    else:
        assert exact(encode(request)) == exact(body)


def deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"x": value}
    return value


@pytest.mark.parametrize(("place", "build"), PLACES, ids=[place for place, _ in PLACES])
@pytest.mark.parametrize("levels", [100, 900, 3000])
def test_nesting_without_end_is_harmless(
    place: str, build: Callable[[Any], dict[str, Any]], levels: int
) -> None:
    body = build(deep(levels))
    try:
        sent = encode(decode(body))
    except LocalProtocolError as error:
        assert place == "an input" and error.path.endswith(".input")
        return
    assert sent.keys() == body.keys(), place
    if levels < 200:
        assert exact(sent) == exact(body)


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(("why", "body", "path"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_has_no_readable_shape_is_refused(why: str, body: Any, path: str) -> None:
    for _ in range(2):  # what is remembered changes nothing
        with pytest.raises(LocalProtocolError) as caught:
            decode(body)
        assert (caught.value.path, bool(caught.value.remedy)) == (path, True), why


# -- what is known -----------------------------------------------------------------------------


@pytest.mark.parametrize("row", BODIES, ids=str)
def test_what_is_known_is_in_the_vocabulary(row: Any) -> None:
    body: dict[str, Any] = {"messages": [], **row.given}
    request = decode(body)
    for path, expected in row.found.items():
        found = at(request, path)
        assert (type(found), found) == (type(expected), expected), path
    assert exact(encode(request)) == exact(body)


def test_the_same_messages_and_tools_are_the_same_values() -> None:
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "tools": [{"name": "f", "input_schema": {}}],
    }
    one, two = decode(body), decode(copy.deepcopy(body))
    assert one.tools is two.tools and one.messages[0] is two.messages[0]


# -- what is not -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", SAID_OTHERWISE, ids=[row[0] for row in SAID_OTHERWISE])
def test_what_the_dialect_cannot_say_is_said_as_the_table_has_it(row: Any) -> None:
    _, fields, sent = row
    given: dict[str, Any] = {"model": "m", "messages": (), **fields}
    request = Request(**given)
    assert encode(request) == {"model": "m", "messages": [], **sent}


def test_every_row_of_the_table_is_tried() -> None:
    assert {row[0] for row in SAID_OTHERWISE} == {what for what, _ in UNSAID}
    assert len(markdown_table().splitlines()) == 2 + len(UNSAID)


def test_a_request_of_another_dialect_that_can_be_said_comes_back() -> None:
    request = Request(
        model="m",
        messages=(Message(role="system", content="s"), Message(role="user", content="hi")),
        caps={"max_tokens": 5},
    )
    assert decode(encode(request)) == request
    assert decode(with_(model="m")).messages == ()
