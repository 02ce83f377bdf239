"""A request as a server reads it: the body itself, and what its fields say together.

Written apart from the healing passes and from the wire's decoder, so that what one of them gets wrong
is not got wrong here in the same way.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, TypedDict, TypeGuard, Unpack

from moonwire.core.catalogue import Target
from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.rules.edition import Edition

__all__ = ["CAPS", "Ask", "Json", "a_list", "an_object", "is_list", "is_object", "texts_of"]

Json = dict[str, Any]

CAPS: Final = ("max_completion_tokens", "max_tokens")
"""If both are there the first one wins (kimi-api.md D1)."""


def is_object(value: Any) -> TypeGuard[Json]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)


def an_object(value: Any) -> Json:
    """The object, or an empty one for anything else."""
    return value if is_object(value) else {}


def a_list(value: Any) -> list[Any]:
    """The list, or an empty one for anything else."""
    return value if is_list(value) else []


def texts_of(content: object) -> Iterator[str]:
    """The texts of a message's content, whether it is one text or parts."""
    if isinstance(content, str):
        yield content
        return
    for part in a_list(content):
        if isinstance(text := an_object(part).get("text"), str):
            yield text


class Around(TypedDict, total=False):
    """What a rule may want to know beside the body."""

    headers: Mapping[str, str]
    size: int
    """Bytes of the body as it came."""
    seed: int
    count: Callable[[], int]
    """Counts the prompt's tokens."""


class Ask:
    """One request to one target, under one edition of the rules."""

    def __init__(
        self, body: Json, target: Target, place: Endpoint, edition: Edition, **around: Unpack[Around]
    ) -> None:
        self.body = body
        self.target = target
        self.place = place
        self.edition = edition
        self.headers: Mapping[str, str] = around.get("headers", {})
        self.size = around.get("size", 0)
        self.seed = around.get("seed", 0)
        self._count = around.get("count", int)

    @cached_property
    def prompt(self) -> int:
        """The tokens of the prompt; counted when a rule first asks."""
        return self._count()

    @cached_property
    def messages(self) -> list[Json]:
        """The messages that are objects."""
        return [an_object(message) for message in a_list(self.body.get("messages"))]

    @cached_property
    def tools(self) -> list[Json]:
        """The tools offered at the top."""
        return [an_object(tool) for tool in a_list(self.body.get("tools"))]

    @cached_property
    def dynamic_tools(self) -> list[Json]:
        """The tools that system messages bring, where the model knows such (kimi-api.md G6)."""
        if not self.target.dynamic_tools:
            return []
        return [
            an_object(tool)
            for message in self.messages
            if message.get("role") == "system"
            for tool in a_list(message.get("tools"))
        ]

    @property
    def thinking_field(self) -> Json:
        """The `thinking` object."""
        return an_object(self.body.get("thinking"))

    @cached_property
    def thinking(self) -> bool:
        """Whether this server will think over this request (kimi-api.md A1 to A7)."""
        target = self.target
        if target.thinks == "never" or target.thinking is None:
            return False
        if target.thinks == "always" and target.family != "k3":
            return True
        said = self._switch()
        return target.thinking if said is None else said

    def _switch(self) -> bool | None:
        dialect = self.target.thinking_dialect
        if dialect == "template":
            said = an_object(self.body.get("chat_template_kwargs"))
            value = said.get("thinking", said.get("enable_thinking"))
            return value if isinstance(value, bool) else None
        if dialect == "reasoning":
            said = an_object(self.body.get("reasoning"))
            return False if said.get("enabled") is False or said.get("effort") == "none" else None
        if dialect == "enable_thinking":
            value = self.body.get("enable_thinking")
            return value if isinstance(value, bool) else None
        if self.thinking_field.get("type") == "disabled":
            return False
        # The renderer takes `none` for off on K3 (tokens.md 2), and so does Fireworks (models.dev#3777).
        takes_none = self.target.family == "k3" or self.target.off == "none"
        return False if takes_none and self.body.get("reasoning_effort") == "none" else None

    @cached_property
    def effort(self) -> str:
        """How much to think, where the model knows efforts: `thinking.effort` beats `reasoning_effort`."""
        template = an_object(self.body.get("chat_template_kwargs")).get("thinking_effort")
        reasoning = an_object(self.body.get("reasoning")).get("effort")
        for said in (
            self.thinking_field.get("effort"),
            self.body.get("reasoning_effort"),
            template,
            reasoning,
        ):
            # A value that it does not know is passed over without a word (kimi-api.md A1).
            if isinstance(said, str) and said in self.target.efforts:
                return said
        return self.target.effort

    @cached_property
    def keeps(self) -> bool:
        """Whether the reasoning of earlier turns counts (kimi-api.md A5)."""
        keep = self.target.keep
        if keep == "template":
            return an_object(self.body.get("chat_template_kwargs")).get("preserve_thinking") is True
        return keep == "always" or (keep == "thinking" and self.thinking_field.get("keep") == "all")

    @cached_property
    def choice(self) -> str:
        """`auto`, `none`, `required`, `named`, or the word that the server does not know."""
        value = self.body.get("tool_choice")
        if value is None:
            return "auto"
        if isinstance(value, str):
            return value
        said = an_object(value)
        if said.get("type") == "allowed_tools":
            return str(an_object(said.get("allowed_tools")).get("mode", "auto"))
        return "named" if "function" in said else "unknown"

    @property
    def chosen(self) -> str:
        """The name of the tool that the caller forces; empty where none is."""
        return str(an_object(an_object(self.body.get("tool_choice")).get("function")).get("name", ""))

    @cached_property
    def cap(self) -> int | None:
        """The output cap that counts."""
        for field in CAPS:
            value = self.body.get(field)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None
