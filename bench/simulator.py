"""How much the simulated endpoint gives: chunks a second of its own CPU time, prepared and generated.

    make bench, or .venv/bin/python bench/simulator.py

The box must not be what a benchmark of something else measures. So `--fast` sends prepared answers; the
other rows say what a checked, counted and generated one costs.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

QUICK = bool(os.environ.get("BENCH_QUICK"))
CHUNKS = 200
REQUESTS = 20 if QUICK else 2_000
BODY = (
    b'{"model":"kimi-k3","stream":true,"max_completion_tokens":%d,'
    b'"messages":[{"role":"user","content":"Write a story of 600 words."}]}'
)


class Running:
    """The simulator in a process of its own."""

    def __init__(self, *options: str) -> None:
        command = [
            sys.executable,
            "-m",
            "moonwire",
            "simulate",
            "--port",
            "0",
            "--model",
            "kimi-k3",
            *options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = ""
        while "base URL" not in line:
            line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def ask(sock: socket.socket, body: bytes) -> int:
    """One request on an open connection; the number of events that came back."""
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer any\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    sock.sendall(head.encode() + body)
    found = 0
    tail = b""
    while not tail.endswith(b"0\r\n\r\n"):
        data = sock.recv(1 << 18)
        if not data:
            raise ConnectionError("the simulator closed the connection")
        found += data.count(b"data: ")
        tail = (tail + data)[-8:]
    return found


def measure(name: str, requests: int, *options: str) -> tuple[float, float]:
    """Chunks a second of CPU time of the process, and of the clock."""
    running = Running(*options)
    try:
        with socket.create_connection(("127.0.0.1", running.port)) as sock:
            body = BODY % CHUNKS
            for _ in range(5):
                ask(sock, body)
            cpu, began = running.cpu(), time.perf_counter()
            chunks = sum(ask(sock, body) for _ in range(requests))
            took, used = time.perf_counter() - began, running.cpu() - cpu
    finally:
        running.close()
    per_cpu, per_second = chunks / max(used, 0.01), chunks / took
    print(f"{name:<34}{per_cpu:>14,.0f}{per_second:>14,.0f}")
    return per_cpu, per_second


def main() -> None:
    """Prints the table."""
    print(f"{'':<34}{'chunks/CPU s':>14}{'chunks/s':>14}")
    fast = measure("--fast, in bursts", REQUESTS, "--fast")
    slow = measure("checked and generated", max(5, REQUESTS // 40), "--chunk", "1")
    print(f"\nprepared over generated, in CPU time: {fast[0] / slow[0]:.0f} x")


if __name__ == "__main__":
    main()
