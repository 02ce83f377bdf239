"""The gateway as a process: ready, several workers, and an end in order."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.gateway.config.model import NONE, PROCESS, Config, MemoryConfig, ServerConfig
from moonwire.gateway.serve import Worker, bind
from moonwire.memory import NoMemory, ProcessMemory, SqliteMemory
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from tests.gateway.config.samples import around, loaded
from tests.gateway.running import READY, Raw, ask, chat
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted

MARK = "sk-PLANTED-9f2"
END = frame("{}", '"stop"') + b"data: [DONE]\n\n"


class Process:
    """`moonwire serve`, from its banner to its end."""

    def __init__(self, folder: Path, *arguments: str, text: str = "", **environ: str) -> None:
        file = folder / "moonwire.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        command = [sys.executable, "-m", "moonwire", "serve", "--config", str(file), *arguments]
        env = {**around(folder), "PATH": os.environ["PATH"], "NO_PROXY": "*", **environ}
        self.process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.banner = ""
        self.errors = ""

    def ready(self) -> int:
        """The port, once it listens."""
        assert self.process.stdout and self.process.stderr
        for line in self.process.stdout:
            self.banner += line
            if line.lstrip().startswith("curl http"):
                # The last line.
                found = re.search(r"base URL +\S+:(\d+)/", self.banner)
                assert found
                return int(found[1])
        raise AssertionError(self.process.stderr.read())

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ends it; its status."""
        self.process.send_signal(number)
        return self.status()

    def status(self) -> int:
        """Its status, once it has ended; what it said besides is in `banner` and `errors`."""
        said, self.errors = self.process.communicate(timeout=READY)
        self.banner += said
        return self.process.returncode


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, **more: Any) -> Generator[Process]:
    process = Process(folder, *arguments, **more)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()


def at(base_url: str, *more: str) -> list[str]:
    return ["--upstream", base_url, "--upstream-key", MARK, "--endpoint", "platform", "--port", "0", *more]


def test_without_a_key_a_simulated_kimi_answers_and_the_banner_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", "--memory", "none") as process:
        port = process.ready()
        answer = ask(port, "/v1/chat/completions", json.dumps(chat()).encode())
        assert answer.text == "OK"
        assert process.end() == 0
        assert "a simulated Kimi: no key is set, and no model is behind it" in process.banner
        assert f"export OPENAI_BASE_URL=http://127.0.0.1:{port}/v1" in process.banner
        for agent in ("OpenAI SDK", "LangChain", "aider", "Cline", "opencode", "curl"):
            assert agent in process.banner
        assert json.loads(process.errors)["event"] == "request"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_open_stream_ends_in_order_and_nobody_new_is_let_in(tmp_path: Path, number: int) -> None:
    go = threading.Event()

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"one "}'))
        assert go.wait(READY)
        line.send(frame('{"content":"two"}'), END)

    with scripted(script) as upstream, serving(tmp_path, *at(upstream.base_url)) as process:
        port = process.ready()
        with Raw(port) as line, Raw(port) as idle:
            line.post(json.dumps(chat(stream=True)).encode())
            line.until(b"one ")
            idle.send(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            idle.until(b"ready\n")
            process.process.send_signal(number)
            # The idle connection is closed when the socket is.
            assert idle.rest() == b""
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=READY)
            go.set()
            assert b"two" in line.until(b"data: [DONE]\n\n")
            assert line.rest() in (b"", b"0\r\n\r\n")
        assert process.status() == 0
        assert "Traceback" not in process.errors


def test_what_takes_longer_than_the_drain_is_ended_anyway(tmp_path: Path) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"one "}'))
        line.gone()

    text = "[server]\ndrain = 0.1\n"
    with scripted(script) as upstream, serving(tmp_path, *at(upstream.base_url), text=text) as process:
        port = process.ready()
        with Raw(port) as line:
            line.post(json.dumps(chat(stream=True)).encode())
            line.until(b"one ")
            process.process.send_signal(signal.SIGTERM)
            assert b"the gateway ended before the answer did" in line.until(b"data: [DONE]\n\n")
        assert process.status() == 0


def counted(port: int) -> float:
    page = ask(port, "/metrics").body.decode()
    done = re.findall(r'^moonwire_requests_total\{.*status="200".*\} (.*)$', page, re.MULTILINE)
    return sum(map(float, done))


def test_two_workers_tell_of_each_other_where_nothing_is_kept(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Simulator(Settings(models=("kimi-k3",))) as simulator:
        more = ("--workers", "2", "--memory", "none", "--port", str(port))
        with serving(tmp_path, *at(simulator.base_url, *more)) as process:
            process.ready()
            answer = ask(port, "/v1/chat/completions", json.dumps(chat()).encode())
            identity = answer.header("moonwire-request-id")
            for key, status in (("any", 200), ("another", 404)):
                headers = {"authorization": f"Bearer {key}"}
                for _ in range(20):
                    assert ask(port, f"/moonwire/notes/{identity}", headers=headers).status == status


def test_two_workers_remember_for_each_other_and_end_together(tmp_path: Path) -> None:
    k3 = Settings(models=("kimi-k3",), rules="strictest", seed=3)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Simulator(k3) as simulator:
        file = str(tmp_path / "memory.db")
        more = ("--workers", "2", "--memory", file, "--port", str(port))
        with serving(tmp_path, *at(simulator.base_url, *more)) as process:
            assert process.ready() == port
            answer = ask(port, "/v1/chat/completions", json.dumps(chat()).encode())
            assert answer.status == 200, answer.body
            reply = answer.json()["choices"][0]["message"]
            thought = reply.pop("reasoning_content")

            def recalled(number: int) -> bool:
                # Each on a connection of its own, which either worker may take.
                more = {"role": "user", "content": f"And now, {number}?"}
                body = chat([*chat()["messages"], reply, more])
                assert ask(port, "/v1/chat/completions", json.dumps(body).encode()).status == 200
                return simulator.exchanges[-1].request["messages"][1]["reasoning_content"] == thought

            # What one has put down the other knows within a moment, and from then on always.
            assert any(recalled(number) for number in range(500))
            until = 500
            while not all(recalled(until + number) for number in range(20)):
                until += 20
                assert until < 2000
            # What was done is told by either, for the other as well.
            identity = answer.header("moonwire-request-id")
            for _ in range(20):
                told = ask(port, f"/moonwire/notes/{identity}")
                assert (told.status, told.json()["request_id"]) == (200, identity)
                # A request is counted when its answer is out.
                assert any(counted(port) == len(simulator.exchanges) for _ in range(50))
            assert ask(port, "/moonwire/notes/unknown").status == 404
            assert process.end() == 0
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=READY)
            assert "Traceback" not in process.errors


def test_a_worker_that_ends_takes_the_others_with_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    more = ("--workers", "2", "--memory", "none", "--port", str(port))
    with serving(tmp_path, *at("http://127.0.0.1:1/v1", *more)) as process:
        process.ready()
        children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children")
        if not children.exists():
            pytest.skip("only Linux tells the children of a process")
        # The second: it must not matter whose end is waited for first.
        os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
        assert process.status() == 2
        assert "moonwire: server.workers: a worker ended by itself" in process.errors


REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "workers without a memory that they share": (
        (*at("http://127.0.0.1:1/v1"), "--port", "8399", "--workers", "2", "--memory", "process"),
        "",
        "workers do not share the memory of a process",
    ),
    "others reach it, and nobody is named": (
        (*at("http://127.0.0.1:1/v1"), "--host", "0.0.0.0"),
        "",
        "others reach this address, and anybody could call",
    ),
    "the simulator for two": (
        ("--workers", "2", "--memory", "none", "--port", "8399"),
        "",
        "the built-in simulator serves one worker",
    ),
    "a memory that is none": (
        (*at("http://127.0.0.1:1/v1"), "--memory", "/proc/nope/m.db"),
        "",
        "/proc/nope",
    ),
}


@pytest.mark.parametrize(("arguments", "text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_does_not_start(
    tmp_path: Path, arguments: tuple[str, ...], text: str, said: str
) -> None:
    with serving(tmp_path, *arguments, text=text) as process:
        assert process.status() == 2
        assert said in process.errors
        assert MARK not in process.errors


def test_a_planted_key_is_nowhere_but_upstream(tmp_path: Path) -> None:
    text = (
        f'[upstreams.platform]\nbase_url = "URL"\nkey = "{MARK}"\nheaders = {{ X-Team = "{MARK}-header" }}\n'
        f'[clients.me]\nkey = "{MARK}-client"\n[logging]\ncontent = true\nlevel = "debug"\n'
    )

    def script(line: Line, upstream: Scripted) -> None:
        head, _ = line.request()
        upstream.said.put(head)
        keys = " ".join(re.findall(rf"{MARK}\S*", head))
        body = json.dumps({"error": {"message": f"no such key: {keys}", "type": "x"}}).encode()
        line.send(b"HTTP/1.1 401 No\r\ncontent-type: application/json\r\n")
        line.send(f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode(), body)

    with scripted(script) as upstream:
        said: list[str] = []
        arguments = ("--port", "0", "--memory", str(tmp_path / "m.db"), "--log-format", "console")
        with serving(tmp_path, *arguments, text=text.replace("URL", upstream.base_url)) as process:
            port = process.ready()
            me = {"authorization": f"Bearer {MARK}-client"}
            for path in ("/v1/chat/completions", "/v1/files", f"/v1/{MARK}-client"):
                answer = ask(port, path, json.dumps(chat()).encode(), headers=me)
                assert answer.status == 401
                said += [str(answer.headers), answer.body.decode()]
                head = upstream.next()
                assert f"Bearer {MARK}\r\n" in f"{head}\r\n" and f"{MARK}-header" in head
            for key in (f"{MARK}-other", ""):
                wrong = ask(port, f"/{key}", headers={"authorization": f"Bearer {key}"})
                said.append(wrong.body.decode())
            notes = answer.header("moonwire-request-id")
            for path in ("/metrics", "/v1/models", f"/moonwire/notes/{notes}"):
                said.append(ask(port, path, headers=me).body.decode())
            assert process.end() == 0
            said += [process.banner, process.errors]
        assert "no such key: ***" in "".join(said)
        assert [one for one in said if MARK in one] == []
        assert MARK.encode() not in (tmp_path / "m.db").read_bytes()


def test_a_memory_is_what_the_configuration_names(tmp_path: Path) -> None:
    async def begun(worker: Worker) -> Any:
        await worker._start()
        memory = worker._memory
        await worker._stop()
        return memory

    for path, kind in ((NONE, NoMemory), (PROCESS, ProcessMemory), (str(tmp_path / "m.db"), SqliteMemory)):
        made = loaded(tmp_path, upstream="http://127.0.0.1:1/v1", memory=path)
        worker = Worker(made, {})
        assert not worker._admits({})
        memory = asyncio.run(begun(worker))
        assert isinstance(memory, kind)
        assert worker._admits({"host": "localhost"})
        worker._ending()
        assert worker.gateway is not None and worker.gateway.draining


def test_a_port_that_is_taken_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = Config(server=ServerConfig(port=taken.getsockname()[1]))
        with pytest.raises(MoonwireError, match=r"server\.port: cannot listen on .*choose another --port"):
            bind(config)
    with bind(Config(server=ServerConfig(host="::1", port=0), memory=MemoryConfig(path=NONE))) as six:
        assert six.getsockname()[0] == "::1"
