"""Python functions as tools: what schema comes of a signature, and how arguments are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest

from moonwire.agent import offered
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Tool
from moonwire.core.schemas import compile_schema


@dataclass
class Place:
    """Where."""

    city: str
    country: str = "NO"


class Person(pydantic.BaseModel):
    name: str


def plain(path: str, lines: int = 10) -> str:
    """Reads a file.

    From the beginning.
    """
    return f"{path}:{lines}"


def google(path: str, lines: int = 10) -> str:
    """Reads a file.

    Args:
        path: where it is, below the
            project's folder.
        lines (int): how many.

    Returns:
        The text.
    """
    return f"{path}:{lines}"


def numpy(path: str, lines: int = 10) -> str:
    """Reads a file.

    Parameters
    ----------
    path : str
        where it is, below the
        project's folder.
    lines : int, optional
        how many.

    Returns
    -------
    str
        The text.
    """
    return f"{path}:{lines}"


def sphinx(path: str, lines: int = 10) -> str:
    """Reads a file.

    :param path: where it is, below the
        project's folder.
    :param int lines: how many.
    :returns: The text.
    """
    return f"{path}:{lines}"


def rich(
    place: Place,
    kind: Literal["fast", "slow"],
    tags: list[str],
    near: Annotated[int, msgspec.Meta(gt=0, description="metres")] = 5,
    who: Person | None = None,
    how: dict[str, Any] = {},  # noqa: B006 -- as careless authors write it
) -> str:
    return f"{place.city} {kind} {tags} {near} {who} {how}"


async def unannotated(anything, more=None):  # pyright: ignore[reportMissingParameterType, reportUnknownParameterType] -- no types is what it is for
    """Takes whatever comes."""
    return None


FUNCTIONS: list[Any] = [plain, google, rich, unannotated]
PATH = "where it is, below the project's folder."


@pytest.mark.parametrize("function", [google, numpy, sphinx], ids=lambda one: one.__name__)
def test_docstrings_of_every_style_tell_of_parameters(function: Callable[..., Any]) -> None:
    sent = offered(function).sent["function"]
    assert sent["description"] == "Reads a file."
    said = {name: one["description"] for name, one in sent["parameters"]["properties"].items()}
    assert said == {"path": PATH, "lines": "how many."}


def test_a_plain_function_is_a_plain_object() -> None:
    assert offered(plain).sent == {
        "type": "function",
        "function": {
            "name": "plain",
            "description": "Reads a file.\n\nFrom the beginning.",
            "parameters": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "lines": {"type": "integer", "default": 10}},
                "required": ["path"],
            },
        },
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_every_schema_can_be_enforced(function: Callable[..., Any]) -> None:
    compiled = compile_schema(offered(function).sent["function"]["parameters"])
    assert compiled.schema["type"] == "object"


def test_arguments_come_as_the_types_that_were_asked_for() -> None:
    given = offered(rich).read(
        '{"place": {"city": "Oslo"}, "kind": "fast", "tags": ["a"], "near": "7", "who": {"name": "Ann"}}'
    )
    assert given == {
        "place": Place("Oslo"),
        "kind": "fast",
        "tags": ["a"],
        "near": 7,
        "who": Person(name="Ann"),
        "how": {},
    }
    assert (
        offered(rich).read('{"place": {"city": "A"}, "kind": "slow", "tags": []}')["how"] is not given["how"]
    )


WRONG = [
    ("{", "truncated"),
    ("[]", "Expected `object`"),
    ('{"place": {"city": "A"}, "kind": "quick", "tags": []}', "Invalid enum value 'quick'"),
    ('{"place": {}, "kind": "fast", "tags": []}', "missing required field `city` - at `$.place`"),
    ('{"place": {"city": "A"}, "kind": "fast", "tags": [], "near": 0}', "Expected `int` >= 1"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_wrong_arguments_are_told_with_their_place(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        offered(rich).read(text)
    assert why in str(caught.value)


def test_a_schema_of_ones_own_goes_with_its_function() -> None:
    schema = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    tool = offered((schema, plain))
    assert (tool.name, tool.sent, tool.read('{"a": 1}')) == ("look", schema, {"a": 1})
    assert offered(tool) is tool
    assert offered((Tool(name="look"), plain)).name == "look"
    with pytest.raises(ValueError, match="no JSON object"):
        tool.read("[1]")


def test_the_endpoints_own_tools_have_a_name_alone() -> None:
    assert offered("$web_search").sent == {"type": "builtin_function", "function": {"name": "$web_search"}}


def odd(*paths: str) -> None:
    """Takes paths."""


def foreign(connection: complex) -> None:
    """Takes what JSON has not."""


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("web_search", "no builtin tool"),
        (odd, "paths cannot be given by name"),
        (foreign, "no schema can be made of foreign"),
        (({"type": "function"}, "no function"), "a schema needs a function"),
        ({"type": "function"}, "dict is no tool"),
    ],
)
def test_what_is_no_tool_says_why(tool: Any, why: str) -> None:
    with pytest.raises(LocalProtocolError, match=why) as caught:
        offered(tool)
    assert caught.value.path.startswith("tools")
    assert caught.value.remedy
