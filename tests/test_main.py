"""`python -m moonwire` is the command itself, in a process of its own."""

import subprocess
import sys

from moonwire import __version__


def moonwire(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "moonwire", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)


def test_the_module_runs_as_a_program() -> None:
    done = moonwire("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == ["moonwire,", "version", __version__]


def test_it_reads_a_pipe_and_writes_utf8_whatever_the_locale_says() -> None:
    done = moonwire("parse", "--json", stdin="Grüße\n".encode())
    assert done.returncode == 0
    assert '"text": "Grüße\\n"' in done.stdout.decode("utf-8")
    assert done.stdout.count(b"\n") == 1
