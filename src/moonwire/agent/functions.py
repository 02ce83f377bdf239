"""Python functions as tools: the schema out of signature and docstring, the call out of JSON."""

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Tool
from moonwire.wire import chat

__all__ = ["Offered", "Runs", "offered"]

Runs = Callable[..., Any]
"""A tool's function, of either colour."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as it is offered, and what runs it; a tool without a function is the endpoint's own."""

    name: str
    sent: dict[str, Any]
    run: Runs | None = None
    arguments: type[msgspec.Struct] | None = None
    """What the arguments are read as; `None`: whatever object they are, given by name."""

    def read(self, text: str) -> dict[str, Any]:
        """The arguments of a call, by their names. Raises `ValueError` in words that a model can use."""
        if self.arguments is None:
            given = msgspec.json.decode(text or "{}")
            if not isinstance(given, dict):
                raise ValueError("the arguments are no JSON object")
            return cast("dict[str, Any]", given)
        # Not strict: a number in quotes is a number that was meant.
        read = msgspec.json.decode(text or "{}", type=self.arguments, strict=False, dec_hook=_decoded)
        return {name: getattr(read, name) for name in read.__struct_fields__}


def offered(tool: Any) -> Offered:
    """A tool from a function, from a pair of a schema and a function, or from a builtin tool's name.

    >>> def weather(city: str, days: int = 1) -> str:
    ...     '''The weather.
    ...
    ...     Args:
    ...         city: where, with the country.
    ...     '''
    ...     return "sunny"
    >>> tool = offered(weather)
    >>> tool.sent["function"]["parameters"]["required"], tool.read('{"city": "Oslo", "days": "2"}')
    (['city'], {'city': 'Oslo', 'days': 2})
    """
    if isinstance(tool, Offered):
        return tool
    if isinstance(tool, str):
        if not tool.startswith("$"):
            remedy = "give a function; only the endpoint's own tools, such as $web_search, have a name alone"
            raise LocalProtocolError(f"{tool!r} is no builtin tool", path="tools", remedy=remedy)
        sent = {"type": "builtin_function", "function": {"name": tool}}
        return Offered(name=tool, sent=sent, run=None)
    if isinstance(tool, tuple):
        return _paired(*cast("tuple[Any, Any]", tool))
    if callable(tool):
        return _from_function(tool)
    remedy = "give a function, (schema, function), or '$web_search'"
    raise LocalProtocolError(f"{type(tool).__name__} is no tool", path="tools", remedy=remedy)


def _paired(schema: Any, run: Any) -> Offered:
    """A schema of one's own, and the function that takes its properties by name."""
    if not callable(run):
        remedy = "give (schema, function)"
        raise LocalProtocolError("a schema needs a function that runs it", path="tools", remedy=remedy)
    if not isinstance(schema, Tool):
        schema = chat.decode_tool(dict(cast("Mapping[str, Any]", schema)), "tools")
    return Offered(name=schema.name, sent=chat.encode_tool(schema), run=run)


# -- a signature as a schema ---------------------------------------------------------------------------


def _from_function(function: Runs) -> Offered:
    name = getattr(function, "__name__", type(function).__name__)
    text = inspect.getdoc(function) or ""
    about, said = _docstring(text)
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        fields = [
            _field(parameter, hints.get(parameter.name, Any), said.get(parameter.name, ""))
            for parameter in inspect.signature(function).parameters.values()
        ]
        arguments = msgspec.defstruct(name, fields, kw_only=True)
        schema = msgspec.json.schema(arguments, schema_hook=_schema)
    except (TypeError, NameError, ValueError) as error:
        remedy = "give every parameter a type that JSON has, or give (schema, function)"
        raise LocalProtocolError(
            f"no schema can be made of {name}: {error}", path="tools", remedy=remedy
        ) from error
    parameters = _root(schema)
    sent = {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}
    return Offered(name=name, sent=sent, run=function, arguments=arguments)


def _field(parameter: inspect.Parameter, kind: Any, about: str) -> tuple[str, Any] | tuple[str, Any, Any]:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise TypeError(f"{parameter.name} cannot be given by name")
    if about:
        kind = Annotated[kind, msgspec.Meta(description=about)]
    if parameter.default is parameter.empty:
        return parameter.name, kind
    default = parameter.default
    if isinstance(default, list | dict | set):
        # A struct wants a fresh one each time, as the function's author should.
        return parameter.name, kind, msgspec.field(default_factory=cast("Any", default).copy)
    return parameter.name, kind, default


def _root(schema: dict[str, Any]) -> dict[str, Any]:
    """The object itself instead of a reference to it; its title says nothing that the name does not."""
    shared: dict[str, Any] = dict(schema.get("$defs", {}))
    root: dict[str, Any] = shared.pop(str(schema["$ref"]).rpartition("/")[2])
    root = {key: value for key, value in root.items() if key != "title"}
    return {**root, "$defs": shared} if shared else root


def _schema(kind: type) -> dict[str, Any]:
    """A pydantic model says its schema itself; msgspec asks for what it does not know."""
    told = getattr(kind, "model_json_schema", None)
    if told is None:
        raise TypeError(f"no JSON is of type {getattr(kind, '__name__', kind)}")
    return told()


def _decoded(kind: type, value: Any) -> Any:
    told = getattr(kind, "model_validate", None)
    if told is None:
        raise TypeError(f"no JSON is of type {getattr(kind, '__name__', kind)}")
    return told(value)


# -- docstrings ----------------------------------------------------------------------------------------

# Google's and numpy's headings, and Sphinx's fields.
_SECTION: Final = re.compile(
    r"^(Args|Arguments|Parameters|Returns?|Raises|Yields?|Examples?|Notes?)\s*:?\s*$", re.IGNORECASE
)
_GOOGLE: Final = re.compile(r"^\s*\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY: Final = re.compile(r"^(\w+)\s*(?::.*)?$")
_SPHINX: Final = re.compile(r"^:param\s+(?:[\w\[\], |]+\s+)?(\w+)\s*:\s*(.*)$")


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of the function, and of each parameter, in any of the usual styles."""
    about: list[str] = []
    said: dict[str, list[str]] = {}
    section, current = "", ""
    for line in text.splitlines():
        if sphinx := _SPHINX.match(line.strip()):
            current = sphinx[1]
            said[current] = [sphinx[2]]
            section = "sphinx"
        elif heading := _SECTION.match(line.strip()):
            section, current = heading[1].lower(), ""
        elif section in ("args", "arguments", "parameters"):
            current = _parameter(line, said, current)
        elif section == "sphinx" and line.startswith(" ") and current:
            said[current].append(line.strip())
        elif not section and set(line.strip()) != {"-"}:
            about.append(line)
    return "\n".join(about).strip(), {name: " ".join(filter(None, lines)) for name, lines in said.items()}


def _parameter(line: str, said: dict[str, list[str]], current: str) -> str:
    """One line of a section about parameters; gives the name that the next line may go on about."""
    stripped = line.strip()
    indented = line.startswith((" ", "\t"))
    if not stripped or set(stripped) == {"-"}:
        return current
    if not indented and (numpy := _NUMPY.match(stripped)):
        said[numpy[1]] = []
        return numpy[1]
    google = _GOOGLE.match(line)
    if google and (not current or len(line) - len(line.lstrip()) <= 4):
        said[google[1]] = [google[2]]
        return google[1]
    if current:
        said[current].append(stripped)
    return current
