"""`plan` on plain dicts and on moonwire's own types alike, and a plan as plain JSON."""

import json
from collections.abc import Mapping
from json import dumps
from typing import Any, Final, Literal, cast, get_args, get_origin, get_type_hints

import msgspec

from moonwire.core.budget import check_bytes
from moonwire.core.catalogue.overrides import Overrides
from moonwire.core.catalogue.target import Target
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Request, changed
from moonwire.core.plan import Plan
from moonwire.core.plan import plan as core_plan
from moonwire.core.recall import Recalled
from moonwire.core.settings import Settings
from moonwire.tokenizer.counter import counter
from moonwire.wire import chat
from moonwire.workbench.targets import find_target

__all__ = ["as_request", "explained", "plain", "plan", "read_settings"]


def as_request(request: Request | Mapping[str, Any]) -> Request:
    """The request itself, or what a Chat Completions body asks for."""
    return request if isinstance(request, Request) else chat.decode(request)


def plan(
    request: Request | Mapping[str, Any],
    target: Target | None = None,
    recalled: Recalled | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    *,
    model: str | None = None,
    endpoint: str = "platform",
    overrides: Overrides | Mapping[str, Any] | None = None,
    tokenizer: str | None = None,
) -> Plan:
    """What a server of Kimi should get for this request, what it may cost, and every change with its reason.

    `request` is a Chat Completions body or a `Request`. Without a `target`, model and endpoint say
    which one it is: `model` (default: the body's) is an id or alias of the catalogue, `endpoint` a name
    of it or a base URL, `overrides` what the operator knows better, as `Overrides` or as what a TOML
    file was decoded to. `settings` switches passes and chooses policies, also as a plain dict.
    `tokenizer` is the path of Kimi's `tiktoken.model`, for a count with the model's vocabulary.

    Raises `LocalProtocolError` with the field's path for what cannot be healed, `NoRoom` where the window
    leaves no room for an answer, and `TooLarge` for a body that the endpoint refuses for its size.

    >>> body = {"model": "kimi-k2.6", "messages": [{"role": "developer", "content": "Be brief."}]}
    >>> done = plan(body, endpoint="platform")
    >>> done.request.messages[0].role, done.notes[0].code
    ('system', 'role-developer')
    """
    asked = as_request(request)
    if model:
        asked = changed(asked, model=model)
    if target is None:
        target = find_target(asked.model, endpoint, overrides)
    count = None if tokenizer is None else counter(target, tokenizer)
    chosen = None if settings is None else read_settings(settings)
    done = core_plan(asked, target, recalled, chosen, count=count)
    if target.body_bytes:
        check_bytes(_size(chat.encode(done.request)), target)
    return done


def _size(body: dict[str, Any]) -> int:
    """The bytes of the body as JSON. Lone surrogates are escaped in JSON, and six bytes each."""
    try:
        return len(msgspec.json.encode(body))
    except UnicodeEncodeError:
        return len(json.dumps(body, separators=(",", ":")))
    except RecursionError:
        raise LocalProtocolError(
            "nested too deeply to be written", path="body", remedy="nest it less"
        ) from None


def read_settings(settings: Settings | Mapping[str, Any] | None, *, spelled: bool = False) -> Settings:
    """Settings out of a plain dict; what it cannot mean is refused by name.

    `spelled`: the values are texts, as they come from a command line or the environment, and lists
    have commas.

    >>> read_settings({"cap": "4096", "degrade": "search, fetch"}, spelled=True)
    Settings(cap=4096, degrade=('search', 'fetch'))
    """
    if settings is None or isinstance(settings, Settings):
        return settings or Settings()
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in Settings.__struct_fields__:
            known = ", ".join(Settings.__struct_fields__)
            raise LocalProtocolError("no such setting", path=f"settings.{name}", remedy=f"use one of {known}")
        if spelled and name in _LISTS:
            value = [item.strip() for item in value.split(",") if item.strip()]
        # One by one, so that the error names the field.
        try:
            msgspec.convert({name: value}, Settings, strict=not spelled)
        except msgspec.ValidationError as error:
            message = str(error).partition(" - at ")[0]
            raise LocalProtocolError(
                f"not a value of this setting: {message}",
                path=f"settings.{name}",
                remedy=_choices(name),
            ) from None
        values[name] = value
    return msgspec.convert(values, Settings, strict=not spelled)


_TYPES: Final = get_type_hints(Settings)
_LISTS: Final = frozenset(name for name, kind in _TYPES.items() if get_origin(kind) is tuple)


def _choices(name: str) -> str:
    """What a setting may be, in words."""
    kind = _TYPES[name]
    if get_origin(kind) is Literal:
        return "use one of " + ", ".join(dumps(value) for value in get_args(kind))
    words = {"bool": "true or false", "int": "a whole number", "NoneType": "null", "tuple": "a list of names"}
    parts = (kind,) if get_origin(kind) is tuple else get_args(kind) or (kind,)
    return "give " + " or ".join(words[(get_origin(part) or part).__name__] for part in parts)


def explained(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON: the body to send, every note, and the budget.

    >>> body = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}]}
    >>> sorted(explained(globals()["plan"](body)))
    ['budget', 'notes', 'request']
    """
    return {
        "request": chat.encode(plan.request),
        "notes": [plain(note) for note in plan.notes],
        "budget": plain(plan.budget),
    }


def plain(value: Any) -> Any:
    """A struct with all its fields as plain JSON, absent ones too, so that readers find every name."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("tuple[Any, ...]", value)]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in cast("dict[str, Any]", value).items()}
    return None if value is msgspec.UNSET else value
