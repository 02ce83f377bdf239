"""Answers of Responses that are kept: to be shown, deleted, and gone on from by `previous_response_id`.

They are in the memory that there is anyway, under the tenant's keys and sealed like the rest: another tenant
never finds them, and they are forgotten with age. Each keeps what was new with it, and the name of the one
before.
"""

from typing import Any, Final, cast

import msgspec

from moonwire.core.messages import Reply, Request
from moonwire.core.recall import Kept
from moonwire.exchange.dialect import Named
from moonwire.exchange.dialects import RESPONSES
from moonwire.exchange.told import encoded
from moonwire.gateway.guard import Denied
from moonwire.memory import Memory, Tenant
from moonwire.wire import responses

__all__ = ["KeptAnswers"]

LONGEST: Final = 1_000
"""Answers in one chain; a conversation that is longer is compacted by its agent."""

_PREFIX: Final = "response:"
_ITEM: Final = "item:"


class KeptAnswers:
    """The answers that callers asked to be kept."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def resumed(self, request: Request, tenant: Tenant) -> Request:
        """The request with all that it goes on from, and with the items that it only names."""
        if request.previous:
            items: list[dict[str, Any]] = []
            name, links = request.previous, 0
            while name:
                kept = await self._kept(name, tenant)
                if kept is None or links >= LONGEST:
                    raise _unknown(name, "previous_response_id")
                items[:0] = kept["items"]
                name, links = kept.get("previous"), links + 1
            request = responses.resumed(request, items)
        if wanted := responses.referenced(request):
            found = {one: item for one in wanted if (item := await self._item(one, tenant)) is not None}
            request = responses.resolved(request, found)
        return request

    def keep(self, asked: Request, reply: Reply, named: Named, tenant: Tenant) -> None:
        """Keeps an answer, unless the caller does not want that. `asked` is what was new with it."""
        if asked.store is False or reply.error is not None:
            return
        body = RESPONSES.encode_reply(reply, named)
        new = responses.stored(asked, reply, named.id)
        stored = {"previous": asked.previous, "items": new, "response": body}
        records = {_PREFIX + named.id: Kept(text=encoded(stored).decode())}
        for item in new:
            if isinstance(identity := item.get("id"), str):
                records[_ITEM + identity] = Kept(text=encoded(item).decode())
        self._memory.put(tenant, records, _PREFIX + named.id)

    async def shown(self, name: str, tenant: Tenant) -> dict[str, Any]:
        """The answer as it was given."""
        kept = await self._kept(name, tenant)
        if kept is None:
            raise _unknown(name, "response_id")
        return kept["response"]

    async def forget(self, name: str, tenant: Tenant) -> dict[str, Any]:
        """Deletes the answer. What went on from it can be resumed no longer, and says what is missing."""
        await self.shown(name, tenant)
        await self._memory.purge(tenant, _PREFIX + name)
        return {"id": name, "object": "response", "deleted": True}

    async def _kept(self, name: str, tenant: Tenant) -> dict[str, Any] | None:
        return await self._read(_PREFIX + name, _PREFIX + name, tenant)

    async def _item(self, name: str, tenant: Tenant) -> dict[str, Any] | None:
        return await self._read(_ITEM + name, "", tenant)

    async def _read(self, key: str, conversation: str, tenant: Tenant) -> dict[str, Any] | None:
        found = await self._memory.get(tenant, (key,), conversation)
        record = next(iter(found.get(key, ())), None)
        if not isinstance(record, Kept):
            return None
        return cast("dict[str, Any]", msgspec.json.decode(record.text))


def _unknown(name: str, path: str) -> Denied:
    return Denied(
        f"no response is kept under the id {name!r}",
        status=404,
        path=path,
        remedy="it was not to be stored, is another client's, or is forgotten; send the items themselves",
    )
