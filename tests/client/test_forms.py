"""Answers in the caller's type: what is asked for, what the text becomes, what is no such answer."""

import dataclasses
import enum
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from moonwire.client.forms import form_of
from moonwire.core.errors import LocalProtocolError


class City(msgspec.Struct):
    name: str
    people: int = 0


class Country(msgspec.Struct):
    capital: City


class Tree(msgspec.Struct):
    name: str
    children: list["Tree"] = []


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Row(TypedDict):
    id: int


class Model(pydantic.BaseModel):
    name: str
    people: int = 0


class Colour(enum.Enum):
    RED = "red"


OSLO = '{"name": "Oslo", "people": 700000}'

# the type, whether its schema is wrapped, the answer's text, the value
TYPES: dict[str, tuple[Any, bool, str, Any]] = {
    "a struct": (City, False, OSLO, City("Oslo", 700000)),
    "one in another": (Country, False, '{"capital": {"name": "Oslo"}}', Country(City("Oslo"))),
    "one in itself": (Tree, False, '{"name": "a", "children": [{"name": "b"}]}', Tree("a", [Tree("b")])),
    "a dataclass": (Point, False, '{"x": 1, "y": 2}', Point(1, 2)),
    "a TypedDict": (Row, False, '{"id": 1}', {"id": 1}),
    "a pydantic model": (Model, False, OSLO, Model(name="Oslo", people=700000)),
    "a dict": (dict[str, int], False, '{"a": 1}', {"a": 1}),
    "a list": (list[int], True, '{"value": [1, 2]}', [1, 2]),
    "a list of structs": (list[City], True, '{"value": [{"name": "Oslo"}]}', [City("Oslo")]),
    "a number": (int, True, '{"value": 1}', 1),
    "a text": (str, True, '{"value": "a"}', "a"),
    "one of some": (Literal["a", "b"], True, '{"value": "b"}', "b"),
    "an enum": (Colour, True, '{"value": "red"}', Colour.RED),
    "maybe": (City | None, True, '{"value": null}', None),
    "fenced": (City, False, f"```json\n{OSLO}\n```", City("Oslo", 700000)),
    "fenced without a language, and blanks": (City, False, f"\n```\n{OSLO}\n```\n ", City("Oslo", 700000)),
    "a fenced pydantic model": (Model, False, f"```json\n{OSLO}```", Model(name="Oslo", people=700000)),
    "a fenced list": (list[int], True, '```json\n{"value": [1]}\n```', [1]),
}


@pytest.mark.parametrize(("kind", "wrapped", "text", "value"), TYPES.values(), ids=TYPES)
def test_a_type(kind: Any, wrapped: bool, text: str, value: Any) -> None:
    form = form_of(kind)
    asked = form.sent["json_schema"]
    assert form.sent["type"] == "json_schema" and asked["strict"] is True
    root = asked["schema"]
    if "$ref" in root:
        root = root["$defs"][root["$ref"].rpartition("/")[2]]
    assert root["type"] == "object"
    assert (list(root.get("properties", ())) == ["value"]) is wrapped
    read = form.read(text)
    assert read == value and type(read) is type(value)


def test_a_wrapped_schema_keeps_what_it_refers_to() -> None:
    schema = form_of(list[City]).sent["json_schema"]["schema"]
    assert schema["properties"]["value"]["items"] == {"$ref": "#/$defs/City"}
    assert set(schema["$defs"]) == {"City"}


# what is given, what is sent, an answer's text, the value
PLAIN: dict[str, tuple[Any, dict[str, Any], str, Any]] = {
    "json": ("json", {"type": "json_object"}, '{"a": 1}', {"a": 1}),
    "json, fenced": ("json", {"type": "json_object"}, '```json\n{"a": 1}\n```', {"a": 1}),
    "as it is sent": ({"type": "json_object"}, {"type": "json_object"}, '{"a": 1}', {"a": 1}),
    "a schema as it is sent": (
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        "[1]",
        [1],
    ),
    "text": ({"type": "text"}, {"type": "text"}, "```\nany\n```", "```\nany\n```"),
}


@pytest.mark.parametrize(("given", "sent", "text", "value"), PLAIN.values(), ids=PLAIN)
def test_a_form_without_a_type(given: Any, sent: dict[str, Any], text: str, value: Any) -> None:
    form = form_of(given)
    assert form.sent == sent and form.read(text) == value


# a type, and a text that is no such answer
WRONG: dict[str, tuple[Any, str]] = {
    "no JSON": (City, "Oslo"),
    "nothing": (City, ""),
    "cut": (City, '{"name": "Os'),
    "another type": (City, '{"name": 1}'),
    "a field is missing": (City, "{}"),
    "no JSON to pydantic": (Model, "Oslo"),
    "another type to pydantic": (Model, '{"name": 1}'),
    "not wrapped": (list[int], "[1]"),
    "another wrapper": (list[int], '{"values": [1]}'),
    "a text where a list was wanted": (list[int], '{"value": "1"}'),
    "any JSON": ("json", "Oslo"),
    "two texts": ("json", "{} {}"),
}


@pytest.mark.parametrize(("kind", "text"), WRONG.values(), ids=WRONG)
def test_what_is_not_of_the_form(kind: Any, text: str) -> None:
    with pytest.raises(ValueError):
        form_of(kind).read(text)


def test_a_name_that_the_server_takes() -> None:
    odd = msgspec.defstruct("Größe " + "x" * 80, [("a", int)])
    name = form_of(odd).sent["json_schema"]["name"]
    assert name.startswith("Gr__e_xx") and len(name) == 64
    assert form_of(list[int]).sent["json_schema"]["name"] == "list"
    assert form_of(City | None).sent["json_schema"]["name"] in ("answer", "Union")


def test_what_a_type_says_is_asked_for() -> None:
    about = Annotated[str, msgspec.Meta(description="as it is written there", min_length=1)]
    schema = form_of(msgspec.defstruct("Place", [("name", about)])).sent["json_schema"]["schema"]
    said = schema["$defs"]["Place"]["properties"]["name"]
    assert (said["description"], said["minLength"]) == ("as it is written there", 1)


class Unknown:
    def __init__(self, a: Any) -> None: ...


@pytest.mark.parametrize(
    "kind", [Unknown, object(), "yaml", 7], ids=["a class", "an object", "a text", "a number"]
)
def test_what_no_schema_is_made_of(kind: Any) -> None:
    with pytest.raises(LocalProtocolError, match=r"^response_format: no schema can be made of this type.*or"):
        form_of(kind)
