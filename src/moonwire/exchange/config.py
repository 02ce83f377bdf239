"""What an exchange has to be told: upstreams, routes to them, and how far it may go by itself."""

from typing import Final, Literal, final

import msgspec

from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides
from moonwire.core.settings import Settings
from moonwire.transport import TLS, Timeouts

__all__ = ["Hidden", "Hop", "Mode", "Options", "Retries", "Route", "Routing", "Upstream"]

Mode = Literal["heal", "observe", "strict"]


@final
class Hidden:
    """A secret that no repr, log or error shows.

    >>> Hidden("sk-123"), str(Hidden("sk-123")), Hidden("sk-123").reveal()
    (Hidden(...), 'Hidden(...)', 'sk-123')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Hidden(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def reveal(self) -> str:
        """The value, for the one place that sends it."""
        return self._value


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """A server of Kimi weights. Without `keys` the caller's own is passed on."""

    name: str
    base_url: str
    endpoint: str = ""
    """A name of the catalogue; empty: as the URL tells."""
    keys: tuple[Hidden, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    timeouts: Timeouts = Timeouts()
    tls: TLS | None = None
    proxy: str | None = None
    trust_env: bool = True
    """Whether HTTPS_PROXY and its like count."""
    concurrency: int = 0
    """Requests at once and key; 0: no limit."""
    rpm: int = 0
    """Requests a minute and key; 0: no limit."""
    tokenizer: str = ""
    """The path of Kimi's `tiktoken.model`, for exact counts."""

    def __repr__(self) -> str:
        # Headers and a proxy's URL may hold secrets too.
        return f"Upstream(name={self.name!r}, endpoint={self.place!r})"

    @property
    def place(self) -> str:
        """The endpoint's name in the catalogue, `generic` where it is not known."""
        return find_endpoint(self.endpoint or self.base_url).name


class Hop(msgspec.Struct, frozen=True):
    """One upstream of a route, and the model's name there; empty: as it was asked for."""

    upstream: str
    model: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for some models go: to the first hop, and if that cannot, to the next.

    A model is a name, or a beginning of names with `*` behind it.
    """

    models: tuple[str, ...] = ("*",)
    hops: tuple[Hop, ...]
    mode: Mode = "heal"
    settings: Settings = Settings()

    def takes(self, model: str) -> bool:
        """Whether the route is for this model.

        >>> Route(models=("kimi-*",), hops=()).takes("kimi-k3"), Route(models=("k3",), hops=()).takes("k2")
        (True, False)
        """
        return any(model.startswith(one[:-1]) if one.endswith("*") else model == one for one in self.models)


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """All upstreams and routes. The first route that takes a model is its route."""

    upstreams: tuple[Upstream, ...]
    routes: tuple[Route, ...]
    overrides: Overrides = NO_OVERRIDES


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long to try again, per request; what never helps is never tried (kimi-api.md K2)."""

    attempts: int = 5
    """Requests sent for one that was asked, at most, repairs and fallbacks included."""
    wait: float = 60.0
    """Seconds waited in all, at most."""
    base: float = 0.5
    """The first wait's upper end; each further one's is twice as much, and chance picks within."""
    longest: float = 20.0
    """The upper end that waits grow to."""
    share: float = 0.2
    """Retries per request of one upstream, at most, over a minute; ten are always allowed."""
    breaker: int = 8
    """Failures in a row after which an upstream is left alone; 0: never."""
    pause: float = 10.0
    """For how many seconds it is."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How far an exchange goes by itself."""

    retries: Retries = Retries()
    thoughts_only: Literal["error", "honest"] = "error"
    """What a caller without a stream gets for an answer of thoughts alone, once one larger cap was tried."""
    escalate: bool = True
    """Whether one larger cap, or the lowest effort, is tried."""
    resume: bool = False
    """Whether a text that broke off is continued by a new request, where the target can."""
    hedge: float = 0.0
    """Seconds without a word after which the same is sent a second time beside it; 0: never."""
    tail: float = 5.0
    """Seconds that are waited for usage and `[DONE]` once the reason was given."""
    stream_bytes: int = 256 << 20
    """The longest answer in bytes."""


DEFAULT_OPTIONS: Final = Options()
