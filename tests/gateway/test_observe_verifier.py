"""The verifier's verdicts through a gateway that only observes: those of the endpoint behind it.

The suite of `tests/simulator/verifier` runs here once more: its tests are taken over, and its fixtures lead
through a gateway. Of long lists of cases every third is asked, of all of them with MOONWIRE_VERIFIER=whole.
What the suite does not look at is compared with a direct answer.
"""

import inspect
import os
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType, ModuleType
from typing import Any

import pytest

from moonwire.simulator import Server, Settings
from tests.conformance.recorded import missing
from tests.gateway.running import running
from tests.simulator.verifier import (
    test_features,
    test_forms,
    test_params,
    test_streaming,
    test_tool_schemas,
)
from tests.simulator.verifier.client import MODEL, Client, Reply

Json = dict[str, Any]

SUITE: tuple[ModuleType, ...] = (test_streaming, test_params, test_features, test_forms, test_tool_schemas)
LONG = 12
STEP = 1 if os.environ.get("MOONWIRE_VERIFIER") == "whole" else 3
TOKENIZER = "" if missing(test_features.VOCABULARY.name) else str(test_features.VOCABULARY)


def asking(module: ModuleType) -> dict[str, Any]:
    """The module's tests that ask an endpoint."""
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    fixtures = {"client", "openai", "served"}
    return {
        name: test
        for name, test in tests.items()
        if inspect.isfunction(test) and fixtures & {*inspect.signature(test).parameters}
    }


def thinned(test: Any) -> Any:
    """The test with every `STEP`th of a long list of cases."""
    copy: Any = FunctionType(test.__code__, test.__globals__, test.__name__, test.__defaults__)
    for mark in getattr(test, "pytestmark", ()):
        if mark.name != "parametrize" or len(mark.args[1]) < LONG:
            copy = getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs)(copy)
            continue
        names, cases = mark.args
        more = dict(mark.kwargs)
        if "ids" in more and not callable(more["ids"]):
            more["ids"] = [*more["ids"]][::STEP]
        copy = pytest.mark.parametrize(names, [*cases][::STEP], **more)(copy)
    return copy


for _module in SUITE:
    for _name, _test in asking(_module).items():
        globals()[_name] = thinned(_test)

openai = test_params.openai


@contextmanager
def observed(settings: Settings, agent: str = "verifier/1.0") -> Generator[Client]:
    """As `serving` does it, through a gateway."""
    with running(settings, mode="observe") as gateway:
        client = Client(gateway.base_url, settings.models[0], agent)
        try:
            yield client
        finally:
            client.close()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with observed(Settings(models=(MODEL,), rules="verifier", tokenizer=TOKENIZER)) as client:
        yield client


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                observed(Settings(endpoint=endpoint, models=(model,), rules=rules), test_streaming.AGENT)
            )
            for name, (model, endpoint, rules) in test_streaming.SERVED.items()
        }


def test_the_whole_suite_is_taken_over() -> None:
    names = [name for module in SUITE for name in asking(module)]
    assert len(names) == len({*names})
    assert {*names} <= {*globals()}


# -- byte by byte --------------------------------------------------------------------------------------

HOPS = {"connection", "content-length", "date", "server", "transfer-encoding"}
"""Headers that each connection has of its own, its framing among them."""


def questions() -> Iterator[Json]:
    """Two hundred and more: text, tools, forms, caps, stops, candidates, refusals; streamed and whole."""
    asked = [*test_streaming.ASKED.values(), *test_streaming.FORCED.values(), *test_streaming.WRONG.values()]
    for number, question in enumerate(asked * 4):
        body = {name: value for name, value in question.items() if name not in ("summary", "internal")}
        if isinstance(body["messages"], str):
            body["messages"] = [{"role": "user", "content": f"{body['messages']} {number % 50}"}]
        model = ("kimi-k3", "kimi-k2.6", "kimi-k2.7-code", "moonshot-v1-8k")[number % 4]
        options = {"include_usage": True, "include_internal_content": number % 3 == 0}
        streamed = {"stream": True, "stream_options": options} if number % 2 else {}
        yield {"model": model, **streamed, **body}


def comparable(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """Without what the gateway says of itself."""
    headers = {
        name: value
        for name, value in reply.headers.items()
        if name not in HOPS and not name.startswith("moonwire-")
    }
    return reply.status, headers, reply.raw


@pytest.mark.parametrize("rules", ["latest", "verifier", "strictest"])
def test_an_observed_answer_is_the_direct_one_byte_for_byte(rules: str) -> None:
    settings = Settings(rules=rules, seed=11, fixed=True)
    with Server(settings) as server, running(settings, mode="observe") as gateway:
        direct, through = Client(server.base_url), Client(gateway.base_url)
        try:
            replies = [(direct.post(body), through.post(body)) for body in questions()]
        finally:
            direct.close()
            through.close()
        assert [comparable(one) for one, _ in replies] == [comparable(other) for _, other in replies]
        assert [one.request for one in server.exchanges] == [
            one.request for one in gateway.simulator.exchanges
        ]
    statuses = Counter(reply.status for reply, _ in replies)
    assert statuses[200] >= 60 and statuses[400] >= 20 and sum(statuses.values()) >= 200
    assert any("x-msh-usage-prompt-tokens" in reply.headers for reply, _ in replies)
