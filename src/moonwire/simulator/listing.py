"""`/v1/models`: what each endpoint lists, with the fields that it lists (kimi-api.md O)."""

from typing import Any, Final

from moonwire.core.catalogue import MODELS, Target, resolve
from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.outcome import Model
from moonwire.simulator.rules.account import is_gone

__all__ = ["listed", "model_item"]

CREATED: Final = 1_700_000_000


def listed(model: Model) -> list[dict[str, Any]]:
    """Every model that is there under these rules."""
    names = model.settings.models or tuple(row.name for row in MODELS)
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        target = resolve(name, model.place.name)
        if target.known and _is_there(target, model):
            found.setdefault(target.model, model_item(target, model.place))
    return list(found.values())


def _is_there(target: Target, model: Model) -> bool:
    if model.settings.models:
        return True
    row = next(one for one in MODELS if one.name == target.name)
    if row.status == "unproven" or is_gone(row.name, model.edition.month):
        return False
    only_coding = bool(row.only_at)
    # The coding endpoint lists its own names and K3; the platform lists none of them (kimi-api.md 1.1).
    if model.place.name.startswith("coding"):
        return only_coding or target.name == "kimi-k3"
    return not only_coding and (row.status == "current" or model.place.rules == "own")


def model_item(target: Target, place: Endpoint) -> dict[str, Any]:
    """One model as the endpoint describes it."""
    item: dict[str, Any] = {"id": target.model, "object": "model", "created": CREATED}
    if place.rules != "own":
        owner = place.name if place.name in ("vllm", "sglang") else "moonshotai"
        extra = {"root": target.model, "parent": None} if owner == "vllm" else {}
        return {**item, "owned_by": owner, **extra, "max_model_len": target.window}
    item |= {
        "owned_by": "moonshot",
        "context_length": target.window,
        "supports_image_in": bool(target.vision),
        "supports_video_in": bool(target.video),
        "supports_reasoning": target.thinks != "never",
    }
    if not place.name.startswith("coding"):
        return item
    kinds = {"always": "only", "switch": "both"}
    item |= {
        "display_name": target.model,
        "supports_tool_use": target.tools is not False,
        "supports_thinking_type": kinds.get(target.thinks, "no"),
    }
    if target.efforts:
        efforts = {"support": True, "valid_efforts": list(target.efforts), "default_effort": target.effort}
        item["think_efforts"] = efforts
    return item
