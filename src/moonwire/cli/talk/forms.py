"""`--schema`: the form of an answer, from a JSON file or from a type; and whether an answer has it."""

import inspect
from typing import Any, Final, cast

import msgspec

from moonwire.cli.bodies import read_json
from moonwire.cli.talk.tools import attribute, load_module
from moonwire.core.errors import LocalProtocolError
from moonwire.core.validation import validate

__all__ = ["Wanted", "plain", "wanted"]

_REMEDY: Final = "name a file with a JSON schema, or a type as module:Type or shapes.py:Type"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for as `response_format`, and the schema that the answer is held against."""

    form: Any
    schema: Any = None

    def trouble(self, value: Any) -> str:
        """What is wrong with a value; empty where nothing is."""
        if self.schema is None:
            return ""
        verdict = validate(value, self.schema)
        return "; ".join(map(str, verdict.violations))


def wanted(spec: str) -> Wanted:
    """The form that `--schema` names: a response_format, a bare JSON schema, or a type."""
    module, colon, name = spec.rpartition(":")
    if colon and module and name.isidentifier():
        return Wanted(form=attribute(load_module(module, "--schema"), name, "--schema", _is_type))
    given, _ = read_json(spec, remedy=_REMEDY)
    if not isinstance(given, dict):
        raise LocalProtocolError("no JSON schema: not an object", path=spec, remedy=_REMEDY)
    said = cast("dict[str, Any]", given)
    inner: Any = said.get("json_schema")
    if isinstance(inner, dict):
        return Wanted(form=said, schema=cast("dict[str, Any]", inner).get("schema"))
    title = "".join(one if one.isalnum() else "_" for one in str(said.get("title") or "answer"))[:64]
    form = {"type": "json_schema", "json_schema": {"name": title, "schema": said, "strict": True}}
    return Wanted(form=form, schema=said)


def _is_type(value: Any) -> bool:
    # A union or an alias is no class, and a schema can be made of it all the same.
    return inspect.isclass(value) or hasattr(value, "__origin__") or hasattr(value, "__args__")


def plain(value: Any) -> Any:
    """A value of whatever type as JSON has it."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_hook)


def _hook(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if callable(dump) else str(value)
