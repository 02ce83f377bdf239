"""How one endpoint writes its answers: the deviations that clients have to live with (kimi-api.md C1, I)."""

from typing import Final, Literal

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.output.ids import style_of
from moonwire.simulator.settings import Ids, Settings

__all__ = ["Style", "style"]

REASONING: Final = frozenset({"openrouter", "together", "vllm", "cerebras", "groq"})
"""Who says `reasoning` (kimi-api.md B6; vllm#50166)."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of one endpoint's answers for one model."""

    ids: Ids
    reasoning: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    details: bool = False
    """Whether `reasoning_details` stands beside it (OpenRouter)."""
    boundary: bool = True
    """Whether an empty piece of reasoning marks the end of the thoughts (verification.md P1.7)."""
    usage_in_choice: bool = True
    usage_in_summary: bool = True
    cached_twice: bool = True
    """Whether the cached tokens stand at the top of the usage as well (kimi-api.md I2)."""
    fingerprint: bool = False
    split_names: bool = False
    empty_deltas: bool = False
    chunk: int = 4


def style(target: Target, place: Endpoint, settings: Settings) -> Style:
    """The style of this model behind this endpoint, with what the settings overrule."""
    own = bool(place.rules) and place.name != "openrouter"
    places = target.usage_in or ("summary",)
    # K2.5 sent its usage in the choice alone (verification.md 3.3).
    only_choice = target.name == "kimi-k2.5" and own
    return Style(
        ids=settings.ids or style_of(target, place),
        reasoning="reasoning" if place.name in REASONING else "reasoning_content",
        details=place.name == "openrouter",
        boundary=own,
        usage_in_choice="choice" in places if not settings.usage else settings.usage != "summary",
        usage_in_summary=not only_choice if not settings.usage else settings.usage != "choice",
        cached_twice=own,
        fingerprint=not own,
        split_names=settings.split_names,
        empty_deltas=settings.empty_deltas or place.name == "dashscope",
        chunk=settings.chunk,
    )
