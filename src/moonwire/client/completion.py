"""What a call comes to: the reply, what it cost, and what was done to get it."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from moonwire.client.body import message_of
from moonwire.core.budget import Budget
from moonwire.core.catalogue import Target
from moonwire.core.errors import RemoteProtocolError
from moonwire.core.events import Usage
from moonwire.core.messages import Message, Reply, ToolCall
from moonwire.core.notes import Note
from moonwire.core.plan import Plan

__all__ = ["BrokenOff", "Completion", "Tokens", "WrongForm", "tokens_of"]

T = TypeVar("T")

TRACES = ("x-trace-id", "msh-request-id", "x-msh-trace-id", "x-request-id", "msh-gid")
"""Where Moonshot's servers say how they call a request, best first (kimi-api.md K1)."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one answer or of several. None is ever negative, whatever a server counted.

    `input` has `cached` in it, `output` has `reasoning` in it (kimi-api.md I2; vercel/ai#19311: a server may
    count more reasoning than output).
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def fresh(self) -> int:
        """Input that was not read from the cache."""
        return max(0, self.input - self.cached)

    @property
    def visible(self) -> int:
        """Output that is no reasoning."""
        return max(0, self.output - self.reasoning)

    @property
    def total(self) -> int:
        """Input and output."""
        return self.input + self.output

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            input=self.input + other.input,
            cached=self.cached + other.cached,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
        )

    def cost(self, price: tuple[float, float, float] | None) -> float | None:
        """Dollars, at a price per million tokens: in, out, read from cache; `None` where none is known.

        >>> Tokens(input=1_000_000, cached=500_000, output=100_000).cost((3.0, 15.0, 0.3))
        3.15
        """
        if price is None:
            return None
        fresh, out, cached = price
        return round((self.fresh * fresh + self.cached * cached + self.output * out) / 1_000_000, 9)


def tokens_of(usage: Usage | None) -> Tokens:
    """Usage as the server told it, in numbers that add up.

    >>> tokens_of(Usage(input=10, output=6000, cached=64, reasoning=6001))
    Tokens(input=10, cached=10, output=6000, reasoning=6000)
    """
    if usage is None:
        return Tokens()
    put_in, out = max(0, usage.input), max(0, usage.output)
    return Tokens(
        input=put_in,
        cached=min(put_in, max(0, usage.cached or 0)),
        output=out,
        reasoning=min(out, max(0, usage.reasoning or 0)),
    )


class Completion(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One whole answer.

    `value` is the answer in the type that was asked for. `earlier` are the rounds before it, where the
    endpoint's own tools were used. `notes` say what was repaired on the way there and back.
    """

    reply: Reply
    plan: Plan
    notes: tuple[Note, ...] = ()
    upstream: str = ""
    traces: Mapping[str, str] = {}
    prefix: str = ""
    value: T | None = None
    earlier: tuple["Completion[Any]", ...] = ()

    # -- what it says ------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The visible answer, with the beginning that was given to it."""
        return self.prefix + self.reply.text

    @property
    def reasoning(self) -> str | None:
        """The thoughts; `None` where there were none, which is not the same as empty."""
        return self.reply.reasoning

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Every call, cut ones too: look at `complete` before you run one."""
        return self.reply.calls

    @property
    def message(self) -> Message:
        """The turn to append to the history."""
        message = message_of(self.reply)
        if not self.prefix:
            return message
        return msgspec.structs.replace(message, content=self.text)

    @property
    def parsed(self) -> T:
        """The answer in the type that was asked for; `WrongForm` where there is none as yet."""
        if self.value is None:
            raise WrongForm("the answer has no value of the form", self)
        return self.value

    # -- how it ended ------------------------------------------------------------------------------

    @property
    def finish(self) -> str:
        """`stop`, `length`, `tool_calls`, `content_filter`, or `unknown`."""
        return self.reply.finish or "unknown"

    @property
    def cut(self) -> bool:
        """Whether the cap or the window ended it."""
        return self.reply.finish == "length"

    @property
    def thoughts_only(self) -> bool:
        """Whether it has thoughts and nothing that a person would see (kimi-api.md D2, I7).

        With `cut` the cap went into the thoughts: raise it, or lower the effort.
        """
        said = self.reply.text.strip() or self.reply.calls or self.reply.malformed
        return not said and bool((self.reply.reasoning or "").strip())

    # -- what it cost ------------------------------------------------------------------------------

    @property
    def usage(self) -> Tokens:
        """Tokens of this answer alone."""
        return tokens_of(self.reply.usage)

    @property
    def total_usage(self) -> Tokens:
        """Tokens of all its rounds."""
        return sum((one.usage for one in self.earlier), self.usage)

    @property
    def cost(self) -> float | None:
        """Dollars for all its rounds, as the catalogue's prices have it; `None` where it has none."""
        return self.total_usage.cost(self.target.price)

    # -- how it came about -------------------------------------------------------------------------

    @property
    def budget(self) -> Budget:
        """The cap that was sent, and what it was made of."""
        return self.plan.budget

    @property
    def target(self) -> Target:
        """What was sent to."""
        return self.plan.target

    @property
    def trace_id(self) -> str:
        """The server's own name for the request, for its support; empty where it gave none."""
        return next((self.traces[name] for name in TRACES if name in self.traces), "")


class BrokenOff(RemoteProtocolError):
    """The answer broke off. `completion` is what came before that, and `code` what the server said of it."""

    def __init__(self, message: str, completion: Completion[Any], code: str = "") -> None:
        super().__init__(message, path="stream", remedy="what arrived is in its completion; ask again")
        self.completion = completion
        self.code = code


class WrongForm(RemoteProtocolError):
    """The answer is not of the type that was asked for. `completion` has it as it came."""

    def __init__(self, message: str, completion: Completion[Any]) -> None:
        cut = "raise max_completion_tokens" if completion.cut else "ask again, or look at completion.text"
        super().__init__(message, path="response_format", remedy=cut)
        self.completion = completion
