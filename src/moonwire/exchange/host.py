"""One upstream at run time: its connections, its keys, its health, and what it taught about its models."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from moonwire.core.catalogue import Evidence, Target, learn, resolve
from moonwire.core.catalogue.overrides import Overrides
from moonwire.exchange.config import Retries, Upstream
from moonwire.exchange.health import Health
from moonwire.exchange.ring import Ring
from moonwire.transport import Client, Limits

__all__ = ["CREDENTIALS", "Host"]

MODELS: Final = 256
EVIDENCE: Final = 32
NAME: Final = 256
"""How much is remembered of what a server taught, for how many models and of what length: names come from
callers."""

CREDENTIALS: Final = frozenset({"authorization", "api-key", "x-api-key"})
"""Headers by which an upstream knows who asks. Where one is configured, no key goes beside it."""

CONNECTIONS: Final = Limits(per_origin=8192, total=8192)
"""One upstream, and all streams of a gateway are open there; how many may be is `Upstream.concurrency`."""

WHOLE: Final = ("/chat/completions", "/messages", "/responses")
"""What ends a base URL that is the whole address of a call."""


class Host:
    """Requests share it. A retry never replaces its client: connections are the pool's business."""

    def __init__(
        self, upstream: Upstream, overrides: Overrides, retries: Retries, now: Callable[[], float]
    ) -> None:
        self.upstream = upstream
        self.client = Client(
            limits=CONNECTIONS, tls=upstream.tls, proxy=upstream.proxy, trust_env=upstream.trust_env
        )
        self.ring = Ring(
            [key.reveal() for key in upstream.keys],
            concurrency=upstream.concurrency,
            rpm=upstream.rpm,
            now=now,
        )
        self.health = Health(retries, now)
        self._overrides = overrides
        self._taught: OrderedDict[str, list[Evidence]] = OrderedDict()
        self._targets: dict[str, Target] = {}
        base, _, query = upstream.base_url.partition("?")
        base = base.rstrip("/")
        self._whole = next((path for path in WHOLE if base.endswith(path)), "")
        self._base = base.removesuffix(self._whole)
        self._query = f"?{query}" if query else ""
        named = any(name.lower() in CREDENTIALS for name, _ in upstream.headers)
        self.has_credentials = self.ring.has_keys or named
        """Whether it can be asked without the caller's own key."""

    def url(self, path: str) -> str:
        """The address of a call below the base URL, also where the whole address of one was given."""
        if path.startswith("/v1/") and self._base.endswith("/v1"):
            path = path.removeprefix("/v1")
        return f"{self._base}{path}{self._query}"

    def target(self, model: str) -> Target:
        """What the model takes here, as far as is known by now."""
        known = self._targets.get(model)
        if known is None:
            known = resolve(
                model, self.upstream.endpoint or self.upstream.base_url, overrides=self._overrides
            )
            for evidence in self._taught.get(model, ()):
                known = learn(known, evidence)
            if len(model) > NAME:
                return known
            if len(self._targets) >= MODELS:
                self._targets.clear()
            self._targets[model] = known
        return known

    def teach(self, model: str, evidence: Evidence) -> None:
        """What a refusal showed holds for later requests too."""
        if len(model) > NAME:
            return
        lessons = self._taught.setdefault(model, [])
        if evidence not in lessons and len(lessons) < EVIDENCE:
            lessons.append(evidence)
        self._taught.move_to_end(model)
        while len(self._taught) > MODELS:
            self._taught.popitem(last=False)
        self._targets.pop(model, None)

    async def aclose(self) -> None:
        """Ends its connections."""
        await self.client.aclose()
