"""What a simulated endpoint is: whose rules it keeps, what it serves, how it writes, and from what seed."""

from typing import Any, Final, Literal

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["IDS", "RAW", "Limits", "Settings"]

Raw = Literal["", "content", "all", "reasoning", "broken"]
RAW: Final[tuple[Raw, ...]] = ("", "content", "all", "reasoning", "broken")

Ids = Literal["", "functions", "colon", "colon-turn", "underscore", "underscore-turn", "call", "uuid"]
IDS: Final[tuple[Ids, ...]] = (
    "",
    "functions",
    "colon",
    "colon-turn",
    "underscore",
    "underscore-turn",
    "call",
    "uuid",
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a remote party may make the box hold. The first two are the simulator's own; 0 is no limit."""

    body: int = 128 << 20
    """Bytes of a request body. The platform takes bodies below 100 MB (kimi-api.md H7)."""
    files: int = 256 << 20
    """Bytes of all uploaded files together."""
    rpm: int = 0
    """Requests per minute and key; beyond it the platform's own refusal (kimi-api.md K2)."""
    concurrency: int = 0
    """Requests at once per key; beyond it likewise."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated endpoint. Every field has the value of a plain platform endpoint.

    >>> Settings(endpoint="vllm", models=("kimi-k2.6",), raw="content").endpoint
    'vllm'
    """

    endpoint: str = "platform"
    """An endpoint's name in the catalogue: its rules, its fields, its ways."""
    models: tuple[str, ...] = ()
    """What `/v1/models` lists and requests may name; empty: all that the catalogue knows there."""
    rules: str = "latest"
    """`latest`, a month such as `2026-05`, `strictest` or `verifier`."""
    without: tuple[str, ...] = ()
    """Names of rules that are switched off."""
    keys: tuple[str, ...] = ()
    """The keys that are let in; empty: any key, but not none."""
    seed: int = 0
    """What everything that a model would do by chance is drawn from."""
    fixed: bool = False
    """Whether ids and times too are the same in every run."""
    tokenizer: str = ""
    """The path of Kimi's `tiktoken.model`: counts are exact with it and near without."""
    script: str = ""
    """The text of a script: what to answer turn by turn."""
    faults: str = ""
    """The text of a fault schedule, in TOML."""
    raw: Raw = ""
    """Where raw markup comes out. `content`: there is no tool parser; `all`: no reasoning parser either;
    `reasoning`: the call stands in thoughts that were never closed; `broken`: a parser that loses parts."""
    ids: Ids = ""
    """The shape of tool-call ids; empty: the endpoint's own."""
    usage: Literal["", "choice", "summary", "both"] = ""
    """Where a stream's usage stands; empty: where the endpoint puts it."""
    split_names: bool = False
    """Whether a call's name comes in several deltas (kimi-code#3220)."""
    empty_deltas: bool = False
    """Whether every later delta has an empty piece of reasoning in it (kimi-code#2506)."""
    chunk: int = 4
    """How many tokens a delta has at most."""
    pace: float = 0.0
    """Seconds between two deltas."""
    first: float = 0.0
    """Seconds before the first delta."""
    fast: bool = False
    """Whether answers are prepared: nothing is checked or counted. For measuring what stands in front."""
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        for name, low in (("chunk", 1), ("pace", 0), ("first", 0)):
            value: Any = getattr(self, name)
            if not value >= low or value == float("inf"):
                raise LocalProtocolError(f"{value} is out of range", path=name, remedy=f"{low} or more")
