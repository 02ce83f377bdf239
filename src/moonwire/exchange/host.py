"""One upstream at run time: its connections, its keys, its health, and what it taught about its models."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from moonwire.core.catalogue import Evidence, Target, learn, resolve
from moonwire.core.catalogue.overrides import Overrides
from moonwire.exchange.config import Retries, Upstream
from moonwire.exchange.health import Health
from moonwire.exchange.ring import Ring
from moonwire.transport import Client

__all__ = ["Host"]

MODELS: Final = 256
EVIDENCE: Final = 32
"""How much is remembered of what a server taught, for how many models: names come from callers."""


class Host:
    """Requests share it. A retry never replaces its client: connections are the pool's business."""

    def __init__(
        self, upstream: Upstream, overrides: Overrides, retries: Retries, now: Callable[[], float]
    ) -> None:
        self.upstream = upstream
        self.client = Client(tls=upstream.tls, proxy=upstream.proxy, trust_env=upstream.trust_env)
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

    def url(self, path: str) -> str:
        """The address of a call below the base URL, also where the whole address of one was given."""
        base = self.upstream.base_url.rstrip("/")
        return base if base.endswith(path) else base + path

    def target(self, model: str) -> Target:
        """What the model takes here, as far as is known by now."""
        known = self._targets.get(model)
        if known is None:
            known = resolve(
                model, self.upstream.endpoint or self.upstream.base_url, overrides=self._overrides
            )
            for evidence in self._taught.get(model, ()):
                known = learn(known, evidence)
            if len(self._targets) >= MODELS:
                self._targets.clear()
            self._targets[model] = known
        return known

    def teach(self, model: str, evidence: Evidence) -> None:
        """What a refusal showed holds for later requests too."""
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
