"""The exchange behind a client: one for each loop, whatever fails; and another try with a fresh key."""

import asyncio
from typing import Any

import pytest

from moonwire.client.credentials import Credentials
from moonwire.client.line import Line
from moonwire.core.errors import Auth, Overloaded
from moonwire.core.messages import Request
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Routing
from moonwire.exchange.exchange import Exchange
from moonwire.memory import ProcessMemory, Tenant

NOTHING = Request(model="m", messages=())


def line(key: Any = "sk-1", refresh: Any = None) -> tuple[Line, list[Exchange]]:
    made: list[Exchange] = []

    def make() -> Exchange:
        made.append(Exchange(Routing(upstreams=(), routes=()), ProcessMemory()))
        return made[-1]

    return Line(make, Credentials(key, {}, refresh)), made


def asked() -> Asked:
    return Asked(request=NOTHING, id="r", tenant=Tenant.of_client("a"), commit=Commit())


def test_nothing_is_made_before_it_is_needed() -> None:
    one, made = line()
    assert one.held is None and made == []


def test_every_call_has_the_same_exchange() -> None:
    one, made = line()

    async def main() -> None:
        async def run(exchange: Exchange, _: Asked) -> Exchange:
            return exchange

        async def fails(exchange: Exchange, _: Asked) -> None:
            raise Overloaded("busy")

        first = await one.with_key(asked(), run)
        with pytest.raises(Overloaded):
            await one.with_key(asked(), fails)
        assert await one.with_key(asked(), run) is first is one.exchange is one.held

    asyncio.run(main())
    assert len(made) == 1


def test_another_loop_has_another_one() -> None:
    one, made = line()

    async def main() -> Exchange:
        return one.exchange

    first, second = asyncio.run(main()), asyncio.run(main())
    assert first is not second and made == [first, second]


def test_one_that_was_closed_begins_anew() -> None:
    one, made = line()

    async def main() -> None:
        await one.aclose()  # of no effect
        first = one.exchange
        await one.aclose()
        assert one.held is None
        assert one.exchange is not first
        await one.aclose()

    asyncio.run(main())
    assert len(made) == 2


def test_what_was_open_in_another_loop_is_let_go() -> None:
    one, _ = line()

    async def uses() -> None:
        assert one.exchange

    asyncio.run(uses())
    asyncio.run(one.aclose())
    assert one.held is None


# the key, what refreshes it, the keys that the endpoint takes, the keys that were tried, whether it worked
REFUSED: dict[str, tuple[Any, Any, set[str], list[str], bool]] = {
    "taken": ("sk-1", None, {"sk-1"}, ["sk-1"], True),
    "refused": ("sk-1", None, set(), ["sk-1"], False),
    "refreshed": ("sk-1", lambda: "sk-2", {"sk-2"}, ["sk-1", "sk-2"], True),
    "refreshed in vain": ("sk-1", lambda: "sk-2", set(), ["sk-1", "sk-2"], False),
    "the same again is not tried": ("sk-1", lambda: "sk-1", set(), ["sk-1"], False),
}


@pytest.mark.parametrize(("key", "refresh", "takes", "tried", "works"), REFUSED.values(), ids=REFUSED)
def test_a_refused_key(key: Any, refresh: Any, takes: set[str], tried: list[str], works: bool) -> None:
    one, _ = line(key, refresh)
    seen: list[str | None] = []
    commits: list[Commit] = []

    async def run(exchange: Exchange, asked: Asked) -> str:
        seen.append(asked.key)
        commits.append(asked.commit)
        if asked.key not in takes:
            raise Auth("Invalid Authentication", status=401)
        return "done"

    async def main() -> str:
        return await one.with_key(asked(), run)

    if works:
        assert asyncio.run(main()) == "done"
    else:
        with pytest.raises(Auth, match="Invalid Authentication"):
            asyncio.run(main())
    assert seen == tried
    assert len({id(commit) for commit in commits}) == len(tried)
