"""The other answers of the dialect's API: how many tokens there are, and which models."""

from collections.abc import Iterable
from typing import Any

import msgspec

__all__ = ["Model", "count_body", "model_body", "models_body"]


def count_body(tokens: int) -> dict[str, Any]:
    """The answer of `/v1/messages/count_tokens` (kimi-api.md M5: clients compact by it).

    >>> count_body(7)
    {'input_tokens': 7}
    """
    return {"input_tokens": tokens}


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model. `created` is a date and a time, as RFC 3339 writes them."""

    id: str
    name: str = ""
    created: str = "1970-01-01T00:00:00Z"
    window: int | None = None
    output: int | None = None


def model_body(model: Model) -> dict[str, Any]:
    """The answer of `/v1/models/{id}`.

    >>> model_body(Model(id="kimi-k3", window=262144))["display_name"]
    'kimi-k3'
    """
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name or model.id,
        "created_at": model.created,
        "lifecycle": "active",
        "max_input_tokens": model.window,
        "max_tokens": model.output,
    }


def models_body(models: Iterable[Model]) -> dict[str, Any]:
    """The answer of `/v1/models`: all of them on one page."""
    data = [model_body(model) for model in models]
    ends = (
        {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
        if data
        else {"first_id": None, "last_id": None}
    )
    return {"data": data, "has_more": False, **ends}
