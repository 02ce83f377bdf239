"""How many tokens a request costs: exactly with Kimi's own vocabulary, nearly without it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from moonwire.core.catalogue.overrides import Overrides
from moonwire.core.estimate import estimate
from moonwire.core.messages import Request
from moonwire.core.prompts import Estimated
from moonwire.tokenizer.counter import counter
from moonwire.wire import chat
from moonwire.workbench.targets import find_target

__all__ = ["Counted", "count_tokens"]

# What a count by K3's rule may be off by (tokens.md 2).
_EXACT_MARGIN = 3
_NEAR = (
    "counted with the model's vocabulary, after what is known of its template; "
    "media of unknown size count as the largest"
)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A number of tokens, whether it is what the server will count, and how it came about.

    `rung`: `exact` by K3's rule, `near` with the vocabulary where the template is not fully known, `cold`
    by a formula alone. `margin` is what a caller should keep free beside it, `error` how far off it may
    be, in words.
    """

    tokens: int
    exact: bool
    rung: Literal["exact", "near", "cold"]
    margin: int
    error: str


def count_tokens(
    body: Request | Mapping[str, Any],
    *,
    model: str | None = None,
    endpoint: str = "platform",
    overrides: Overrides | Mapping[str, Any] | None = None,
    tokenizer: str | None = None,
) -> Counted:
    """The tokens of a Chat Completions body (or a `Request`) as it stands: nothing is healed first.

    `tokenizer` is the path of Kimi's `tiktoken.model`, which the operator supplies; without it the
    number is an estimate, and says how good one.

    >>> counted = count_tokens({"messages": [{"role": "user", "content": "hi"}]}, model="kimi-k3")
    >>> counted.exact, counted.rung
    (False, 'cold')
    """
    request = body if isinstance(body, Request) else chat.decode(body)
    target = find_target(model or request.model, endpoint, overrides)
    if tokenizer is None:
        thinking = request.thinking.enabled if request.thinking.enabled is not None else target.thinking
        found = estimate(request, None, None, thinking)
        return Counted(tokens=found.tokens, exact=False, rung="cold", margin=found.margin, error=found.error)
    counted = counter(target, tokenizer)(request)
    exact = target.family == "k3" and not isinstance(counted, Estimated)
    found = (
        estimate(request, None, counted, margin=_EXACT_MARGIN) if exact else estimate(request, None, counted)
    )
    return Counted(
        tokens=int(counted),
        exact=exact,
        rung="exact" if exact else "near",
        margin=found.margin,
        error=found.error if exact else _NEAR,
    )
