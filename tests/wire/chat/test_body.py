"""A body goes to a request and back with every value as it came, and what is known is in the vocabulary."""

import copy
import json
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Request, changed
from moonwire.wire.chat import decode, encode, read, write
from tests.wire.chat.body_cases import JSON, bodies, exact, scribble
from tests.wire.chat.shape_cases import HEALED, PLACES, REFUSED, UNREAD, with_
from tests.wire.chat.vocabulary_cases import BODIES


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
    assert exact(encode(decode(encode(request)))) == came
    assert exact(body) == came


@given(bodies())
def test_what_is_encoded_decodes_to_the_same_request(body: dict[str, Any]) -> None:
    request = decode(body)
    assert repr(decode(encode(request))) == repr(request)


@given(bodies())
def test_json_is_read_as_its_value_is_decoded_however_often_it_comes(body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    try:
        value = msgspec.json.decode(data)
    except msgspec.DecodeError:
        # Half characters: the thorough way says so.
        assert read(data) is None
        return
    for _ in range(2):
        assert read(data) == decode(value)
        assert exact(encode(cast("Request", read(data)))) == exact(value)


@given(bodies())
def test_a_request_is_written_as_it_is_encoded(body: dict[str, Any]) -> None:
    request = decode(body)
    try:
        written = msgspec.json.encode(encode(request))
    except (UnicodeEncodeError, OverflowError):
        # Half characters, and numbers that no server means.
        written = None
    for _ in range(2):
        if written is not None:
            assert write(request) == written
        elif not _has_number_beyond(body):
            assert exact(json.loads(write(request))) == exact(encode(request))


def _has_number_beyond(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_number_beyond, cast("dict[str, Any]", value).values()))
    if isinstance(value, list):
        return any(map(_has_number_beyond, cast("list[Any]", value)))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{",
        b'{"model": "m"}',
        b'{"messages": {}}',
        b'{"messages": [{"role": 1}]}',
        b'{"messages": [{"role": "user", "content": "\xff"}]}',
        b'{"messages": [], "tools": 1}',
        b'{"messages": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_not_as_it_should_be_is_left_to_a_closer_look(data: bytes) -> None:
    assert read(data) is None


def test_what_is_new_has_to_be_sound_and_what_was_read_is() -> None:
    fields, message = b'"model": "m", "user": "sound"', b'{"role": "user", "content": "a new one, and sound"}'
    asked: list[bytes] = []

    def told(answer: bool) -> Callable[[bytes], bool]:
        return lambda piece: asked.append(piece) or answer

    for fields_are, message_is, found in ((False, True, False), (True, False, False), (True, True, True)):
        answers = {b'"m"': fields_are, b'"sound"': fields_are, message: message_is}
        request = read(b'{%b, "messages": [%b]}' % (fields, message), answers.__getitem__)
        assert (request is not None) is found
    assert read(b'{%b, "messages": [%b]}' % (fields, message), told(False)) is not None
    assert asked == []


@st.composite
def anything(draw: st.DrawFn) -> Any:
    """Any JSON at all, most of it with the field that every body has."""
    rest = draw(st.dictionaries(st.text(max_size=3), JSON, max_size=2))
    return {**rest, "messages": draw(JSON)} if draw(st.integers(0, 3)) else draw(JSON)


@given(anything())
def test_any_json_is_read_or_refused_with_its_path(body: Any) -> None:
    try:
        request = decode(body)
    except LocalProtocolError as error:
        assert error.path and error.remedy
    else:
        assert exact(encode(request)) == exact(body)


@given(
    bodies(), st.sampled_from(["messages", "tools", "tool_choice", "response_format", "stream_options"]), JSON
)
def test_one_odd_field_is_read_or_refused_with_its_path(body: dict[str, Any], name: str, odd: Any) -> None:
    body = {**body, name: odd}
    try:
        request = decode(body)
    except LocalProtocolError as error:
        assert error.path.startswith(name) and error.remedy
    else:
        assert exact(encode(request)) == exact(body)


@given(bodies())
def test_nobody_is_harmed_by_what_a_caller_does_to_his_body(body: dict[str, Any]) -> None:
    came = exact(body)
    mine, yours = copy.deepcopy(body), copy.deepcopy(body)
    decode(mine)
    scribble(mine)
    assert exact(encode(decode(yours))) == came


@given(bodies())
def test_nobody_is_harmed_by_what_a_caller_does_to_what_was_encoded(body: dict[str, Any]) -> None:
    came = exact(body)
    request = decode(body)
    scribble(encode(request))
    assert exact(encode(request)) == came
    assert exact(encode(decode(copy.deepcopy(body)))) == came


def deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"x": value}
    return value


@pytest.mark.parametrize(("place", "build"), PLACES, ids=[place for place, _ in PLACES])
@pytest.mark.parametrize("levels", [100, 400, 900, 3000, 100_000])
def test_nesting_without_end_is_harmless(
    place: str, build: Callable[[Any], dict[str, Any]], levels: int
) -> None:
    value = deep(levels)
    body = build(value)
    sent = encode(decode(body))
    assert sent.keys() == body.keys(), place
    if levels < 200:
        assert exact(sent) == exact(body)
    assert depth(sent) == depth(body)


def depth(value: Any) -> int:
    """How deep it is where it is deepest, without recursion."""
    found, level = 0, [value]
    while level:
        found += 1
        objects = [cast("dict[str, Any]", one) for one in level if isinstance(one, dict)]
        lists = [cast("list[Any]", one) for one in level if isinstance(one, list)]
        level = [item for one in objects for item in one.values()] + [item for one in lists for item in one]
    return found


def test_arguments_nested_without_end_are_refused_with_their_path() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": deep(100_000)}}
    with pytest.raises(LocalProtocolError) as caught:
        decode(with_(messages=[{"role": "assistant", "tool_calls": [call]}]))
    assert caught.value.path == "messages[0].tool_calls[0].function.arguments"


def test_a_body_need_not_be_a_dict() -> None:
    body: Mapping[str, Any] = MappingProxyType(
        {"model": "m", "messages": [MappingProxyType({"role": "user"})]}
    )
    assert encode(decode(body)) == {"model": "m", "messages": [{"role": "user"}]}


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
    body = with_(**row.given)
    request = decode(body)
    for path, expected in row.found.items():
        found = at(request, path)
        assert (type(found), found) == (type(expected), expected), path
    assert exact(encode(request)) == exact(body)


@pytest.mark.parametrize("fields", UNREAD, ids=json.dumps)
def test_what_no_field_can_hold_stays_under_its_name(fields: dict[str, Any]) -> None:
    request = decode(with_(**fields))
    assert exact(request.extra) == exact(fields)
    assert request == Request(model="", messages=(), extra=fields)
    assert exact(encode(request)) == exact(with_(**fields))


# -- what is healed ----------------------------------------------------------------------------


@pytest.mark.parametrize(("why", "given", "fields", "sent"), HEALED, ids=[row[0] for row in HEALED])
def test_a_healed_field_is_what_is_sent(
    why: str, given: dict[str, Any], fields: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert exact(encode(changed(decode(with_(**given)), **fields))) == exact(with_(**sent)), why


def test_a_request_of_no_dialect_is_encoded() -> None:
    assert encode(Request(model="m", messages=(Message(role="user", content="hi"),))) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
    }
