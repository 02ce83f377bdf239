"""Every public incident that a caller can provoke, over sockets, streamed and whole."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from moonwire.core.settings import Settings as Passes
from tests.gateway.incidents.incident_cases import CASES
from tests.gateway.incidents.places import PLACES
from tests.gateway.incidents.rows import Case, Way, check, scripted
from tests.gateway.incidents.serving import Place, Served, served

Serve = Callable[[str, str], Served]


def place_of(name: str, off: str) -> Place:
    """The place with the script of all its cases, and without a pass if one is named."""
    place = PLACES[name]
    script = scripted(case for case in CASES if case.at == name)
    passes = msgspec.convert({off: "off"}, Passes) if off else place.passes
    simulator = msgspec.structs.replace(place.simulator, script=script)
    return msgspec.structs.replace(place, simulator=simulator, passes=passes)


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Each place is started when its first case comes, and ends with the last."""
    running: dict[tuple[str, str], Served] = {}
    ends: list[contextlib.ExitStack] = []

    def started(name: str, off: str) -> Served:
        if PLACES[name].fresh or (name, off) not in running:
            ends.append(contextlib.ExitStack())
            running[name, off] = ends[-1].enter_context(served(place_of(name, off)))
        return running[name, off]

    yield started
    # Each takes a while to end, and none waits for another.
    with ThreadPoolExecutor(len(ends) or 1) as pool:
        for ended in [pool.submit(end.close) for end in ends]:
            ended.result()


@pytest.mark.parametrize(
    ("case", "way"),
    [pytest.param(case, way, id=f"{case.name}-{way}") for case in CASES for way in case.ways],
)
def test_the_incident(case: Case, way: Way, serve: Serve) -> None:
    check(case, serve(case.at, ""), way)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES if case.off])
def test_the_healing_is_what_does_it(case: Case, serve: Serve) -> None:
    """Without the pass the same client fails, and where a rule is named it is that one which refuses."""
    bare = serve(case.at, case.off)
    before = len(bare.simulator.exchanges)
    with pytest.raises(AssertionError):
        check(case, bare, case.ways[0])
    refused = {exchange.rule for exchange in bare.simulator.exchanges[before:]}
    assert not case.rule or case.rule in refused
