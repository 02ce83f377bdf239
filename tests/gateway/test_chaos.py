"""Thousands of requests through a gateway whose upstreams fail in every way there is.

`MOONWIRE_CHAOS=10000` asks so many; each has a mark of its own, and the simulator tells what each try met.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from moonwire.simulator import Server, Settings
from tests.gateway.load.asking import MARK, Question, question, read
from tests.gateway.load.caller import Caller, Heard
from tests.gateway.load.judging import AGAIN, judge, uncounted
from tests.gateway.load.process import Serving, serving, until
from tests.gateway.load.schedule import Row, row_of, toml

REQUESTS: Final = int(os.environ.get("MOONWIRE_CHAOS", "1500"))
AT_ONCE: Final = 32
BATCH: Final = 2_500
"""So many are asked before the simulator's own list is read: it keeps 10,000."""

KILLS: Final = 5

TIMEOUTS: Final = """
[upstreams.{0}.timeouts]
idle = 1.5
first_byte = 20.0
"""
CONFIG: Final = """
[options]
tail = 0.3

[options.retries]
base = 0.001
longest = 0.002
share = 1.0
breaker = 0

[[routes]]
models = ["raw-kimi-k2.6"]
hops = ["rack:kimi-k2.6"]

[[routes]]
models = ["raw-kimi-k3"]
hops = ["rack:kimi-k3"]

[[routes]]
hops = ["platform"]
"""


@contextlib.contextmanager
def upstreams(faults: tuple[str, str]) -> Generator[dict[str, Server]]:
    """A platform, and a server that lets the models' own text out."""
    with (
        Server(Settings(endpoint="platform", seed=1, faults=faults[0])) as platform,
        Server(Settings(endpoint="vllm", raw="content", seed=2, faults=faults[1])) as rack,
    ):
        yield {"platform": platform, "rack": rack}


@contextlib.contextmanager
def gateway_to(servers: dict[str, Server], folder: Path) -> Generator[Serving]:
    """A gateway with a memory on disk."""
    places = {
        name: (server.base_url, server.app.settings.endpoint, TIMEOUTS.format(name))
        for name, server in servers.items()
    }
    with serving(folder, places, memory=str(folder / "memory.db"), more=CONFIG) as gateway:
        yield gateway


async def asked(port: int, questions: Iterable[Question]) -> list[tuple[Question, Heard]]:
    """All of them, so many at once. One that hangs raises `TimeoutError`."""
    waiting = iter(questions)
    found: list[tuple[Question, Heard]] = []

    async def work() -> None:
        caller = Caller(port)
        for one in waiting:
            found.append((one, await caller.ask(one.body())))
        caller.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return found


def met(servers: dict[str, Server]) -> dict[str, list[Row | None]]:
    """What each request's tries met, by its mark, in their order."""
    found: dict[str, list[Row | None]] = {}
    for server in servers.values():
        for exchange in server.exchanges:
            mark = MARK.search(str(exchange.request))
            assert mark is not None
            found.setdefault(mark[0], []).append(row_of(exchange.fault) if exchange.fault else None)
        server.app.exchanges.clear()
    return found


class Tally:
    """What came of everything."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.by_fault: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []
        self.sent = self.seen = self.hung_up = 0

    def add(self, found: list[tuple[Question, Heard]], tries: dict[str, list[Row | None]]) -> None:
        """The answers of one batch."""
        for one, heard in found:
            faults = tries[one.mark]
            outcome, complaint = judge(one, heard, faults)
            if not complaint and heard.status == 200 and read(heard).error is None:
                complaint = uncounted(read(heard), faults)
            self.outcomes[outcome] += 1
            self.by_fault[faults[-1].kind if faults[-1] else "none", outcome] += 1
            self.hung_up += sum(row is not None and row.kind == "reset-before" for row in faults)
            if complaint:
                self.wrong.append(f"{one}\n  {complaint}\n  {faults}\n  {heard.body[-600:].decode()}")
        self.sent += len(found)
        self.seen += sum(map(len, tries.values()))

    def __str__(self) -> str:
        lines = [f"{self.sent} asked, {self.seen} seen by the upstreams"]
        lines += [f"{count:7} {outcome}" for outcome, count in self.outcomes.most_common()]
        lines += [
            f"    {kind:16} {outcome:40}{count:6}" for (kind, outcome), count in sorted(self.by_fault.items())
        ]
        return "\n".join([*lines, *self.wrong[:20], f"{len(self.wrong)} are wrong"])


def held(gateway: Serving) -> tuple[list[str], int, int]:
    """What a gateway holds while nobody asks: its files, sockets and tasks."""
    names = gateway.open_files()
    # The database's reader opens the log behind it when it first has something to read.
    files = sorted(name for name in names if not name.startswith("socket:") and not name.endswith("-wal"))
    assert sum(name.endswith("-wal") for name in names) <= 2
    return files, sum(name.startswith("socket:") for name in names), len(gateway.tasks())


def test_nothing_is_lost_or_doubled_and_nothing_is_left(tmp_path: Path) -> None:
    tally = Tally()
    with contextlib.ExitStack() as stack:
        behind = stack.enter_context(contextlib.ExitStack())
        servers = behind.enter_context(upstreams((toml(5), toml(6))))
        gateway = stack.enter_context(gateway_to(servers, tmp_path))
        before = held(gateway)
        for begin in range(0, REQUESTS, BATCH):
            batch = [question(number) for number in range(begin, min(begin + BATCH, REQUESTS))]
            tally.add(asyncio.run(asked(gateway.port, batch)), met(servers))
        counted = sum(gateway.total("moonwire_notes_total", f'code="{code}"') for code in AGAIN)
        print(tally, f"{counted:.0f} more requests counted by the gateway", sep="\n")
        assert not tally.wrong
        assert (tally.sent, sum(tally.outcomes.values())) == (REQUESTS, REQUESTS)
        assert counted <= tally.seen - tally.sent <= counted + tally.hung_up
        assert gateway.total("moonwire_requests_total") == REQUESTS
        assert gateway.total("moonwire_requests_running") == 0
        behind.close()
        # The kept connections to the upstreams have ended with them.
        assert until(lambda: held(gateway) == before), f"{before}\n{held(gateway)}"


def test_a_server_that_does_not_listen_for_a_while(tmp_path: Path) -> None:
    faults = '[[fault]]\nkind = "refuse"\nseconds = 0.02\nevery = 40\n'
    outcomes: Counter[str] = Counter()
    with upstreams((faults, faults)) as servers, gateway_to(servers, tmp_path) as gateway:
        questions = [one for one in map(question, range(400)) if one.kind != "short"]
        for one, heard in asyncio.run(asked(gateway.port, questions)):
            found = read(heard)
            if found.error is None:
                assert (found.text, found.calls) == (one.text, one.calls)
                outcomes["right"] += 1
            else:
                # It came back later than its patience lasts, which is next to none here.
                assert (heard.status, found.error["code"]) == (502, "upstream_unreachable")
                outcomes["unreachable"] += 1
    print(outcomes)
    assert outcomes["right"] > outcomes["unreachable"]


# -- kill -9 -------------------------------------------------------------------------------------------


def conversation(gateway: Serving, turn: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """One turn of the conversation that has to survive: the answer's message, as a client keeps it."""
    body = json.dumps({"model": "kimi-k3", "messages": turn}).encode()

    async def ask() -> Heard:
        caller = Caller(gateway.port)
        heard = await caller.ask(body)
        caller.close()
        return heard

    heard = asyncio.run(ask())
    assert heard.status == 200, heard.body
    return json.loads(heard.body)["choices"][0]["message"]


async def killed(gateway: Serving, seconds: float, questions: Iterator[Question]) -> int:
    """Asks without a pause, and kills it after so long; how many answers came until then."""
    answers = 0
    asyncio.get_running_loop().call_later(seconds, gateway.kill)

    async def work() -> None:
        nonlocal answers
        caller = Caller(gateway.port)
        with contextlib.suppress(ConnectionError):
            while (await caller.ask(next(questions).body())).whole:
                answers += 1
        caller.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return answers


def test_kill_9_never_corrupts_the_memory(tmp_path: Path) -> None:
    database = tmp_path / "memory.db"
    draw = random.Random(11)
    questions = map(question, itertools.count())
    first: list[dict[str, object]] = [{"role": "user", "content": 'Say "it is kept".'}]
    with upstreams(("", "")) as servers:
        platform = servers["platform"]
        with gateway_to(servers, tmp_path) as gateway:
            kept = conversation(gateway, first)
        thoughts = kept.pop("reasoning_content")
        assert thoughts
        later = [*first, kept, {"role": "user", "content": 'Say "it was kept".'}]
        answers: list[int] = []
        for _ in range(KILLS):
            with gateway_to(servers, tmp_path) as gateway:
                # What this conversation's first turn thought comes from the file.
                assert conversation(gateway, later)["content"] == "it was kept"
                sent = platform.exchanges[-1].request["messages"][1]
                assert sent["reasoning_content"] == thoughts
                answers.append(asyncio.run(killed(gateway, draw.uniform(0.2, 1.0), questions)))
            with contextlib.closing(sqlite3.connect(database)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        print(answers)
        assert all(answers)
        with gateway_to(servers, tmp_path) as gateway:
            assert conversation(gateway, later)["content"] == "it was kept"
            assert platform.exchanges[-1].request["messages"][1]["reasoning_content"] == thoughts
