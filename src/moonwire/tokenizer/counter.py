"""A request's tokens, by the rule of its target's template and the operator's vocabulary."""

from collections.abc import Callable

from moonwire.core.catalogue import Target
from moonwire.core.messages import Request
from moonwire.core.prompts import Estimated, Memo, count_k2, count_k3, intent
from moonwire.core.prompts.k2 import INSTRUCT, THINKING, TYPESCRIPT
from moonwire.tokenizer.tokenizer import load

__all__ = ["counter"]

_TEMPLATES = {"k2": INSTRUCT, "k2-thinking": THINKING, "k2.5": TYPESCRIPT}


def counter(target: Target, tokenizer: str) -> Callable[[Request], int]:
    """Counts a request's tokens for this target, with the vocabulary file at that path.

    The K3 rule is exact. What is known of the K2 family's is a good estimate (tokens.md 3).
    """
    vocabulary = load(tokenizer)
    if target.template in ("", "k3"):
        ordinary = Memo(vocabulary.count)

        def count_as_k3(request: Request) -> int:
            meant = intent(request)
            return count_k3(request, ordinary, effort=meant.effort, thinking=meant.thinking)

        return count_as_k3
    special = Memo(vocabulary.count_special)
    template = _TEMPLATES[target.template]

    def count_as_k2(request: Request) -> int:
        thinking = request.thinking.enabled if request.thinking.enabled is not None else target.thinking
        preserve = target.keep == "always" or request.thinking.keep == "all"
        counted = count_k2(
            request, special, template=template, thinking=thinking is not False, preserve=preserve
        )
        return Estimated(counted)

    return count_as_k2
