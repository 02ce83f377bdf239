"""Runs the blocks of a Markdown page that are marked as tested, and compares what they print.

A fence whose info string is `console tested` holds a terminal: a line that begins with `$ ` is a
command for bash (continued by a backslash at the line's end, or by a here-document), and the lines
up to the next command are what it prints, on both streams. `...` alone on a line stands for any
lines. A command has to succeed unless the next one is `echo $?`. All commands of a page run in one
scratch directory, each in a shell of its own.

A fence marked `python tested` is a doctest if it has a prompt, else a program that must not fail.
The Python blocks of a page share their names.
"""

import difflib
import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,}) *(?P<info>[^`]*?) *$")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(?P<end>\w+)\1")
PROMPT = "$ "
ANY_LINES = "..."
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is the number of its first line within the page."""

    info: str
    line: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command on the page, and the lines that the page shows after it."""

    line: int
    text: str
    shown: tuple[str, ...]


class PageError(AssertionError):
    """A page does not do what it shows."""


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, whatever they are marked as."""
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        opening = FENCE.match(line)
        if not opening:
            continue
        indent, ticks = len(opening["indent"]), opening["ticks"]
        closing = re.compile(rf"^ *{re.escape(ticks[0])}{{{len(ticks)},}} *$")
        body: list[str] = []
        for _, inner in lines:
            if closing.match(inner):
                break
            body.append(inner[indent:] if inner[:indent].isspace() else inner)
        else:
            raise PageError(f"line {number}: a fence without an end")
        yield Block(opening["info"], number + 1, tuple(body))


def tested(page: str) -> list[Block]:
    """The blocks marked as tested. A mark that is nearly right is an error, not a block that never runs."""
    found: list[Block] = []
    for block in blocks(page):
        if block.info in {"console tested", "python tested"}:
            found.append(block)
        elif "tested" in block.info.split():
            raise PageError(f"line {block.line - 1}: no runner for {block.info!r}")
    return found


def commands(block: Block) -> list[Command]:
    """Takes a terminal apart into what was typed and what was printed."""
    found: list[Command] = []
    at = 0
    while at < len(block.lines):
        start = at
        if not block.lines[at].startswith(PROMPT):
            raise PageError(f"line {block.line + at}: output before the first command")
        typed, at = _typed(block, at)
        shown_from = at
        while at < len(block.lines) and not block.lines[at].startswith(PROMPT):
            at += 1
        found.append(Command(block.line + start, "\n".join(typed), block.lines[shown_from:at]))
    return found


def _typed(block: Block, at: int) -> tuple[list[str], int]:
    """The lines of the command that begins here, and where what it prints begins."""
    typed = [block.lines[at].removeprefix(PROMPT)]
    at += 1
    open_ends = [match["end"] for match in HEREDOC.finditer(typed[0])]
    while open_ends or typed[-1].endswith("\\"):
        if at == len(block.lines):
            raise PageError(f"line {block.line + at - 1}: the command has no end")
        line = block.lines[at]
        at += 1
        typed.append(line)
        if open_ends and line.strip() == open_ends[0]:
            open_ends.pop(0)
        elif not open_ends:
            open_ends = [match["end"] for match in HEREDOC.finditer(line)]
    return typed, at


def matches(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether the printed lines are those shown, where `...` alone stands for any lines."""
    # possible: for how many printed lines the shown ones so far can have stood
    possible: set[int] = {0}
    for line in shown:
        if line.strip() == ANY_LINES:
            possible = {n for n in range(len(printed) + 1) if n >= min(possible, default=n + 1)}
        else:
            possible = {n + 1 for n in possible if n < len(printed) and printed[n] == line}
    return len(printed) in possible


def compare(where: str, command: str, shown: tuple[str, ...], output: str) -> None:
    """Raises with a diff if the output is not what the page shows; blanks at the ends do not count."""
    expected = _trimmed(list(shown))
    printed = _trimmed(output.splitlines())
    if not matches(tuple(expected), printed):
        diff = difflib.unified_diff(expected, printed, "the page shows", "the command prints", lineterm="")
        raise PageError("\n".join([f"{where}: $ {command}", *diff]))


def _trimmed(lines: list[str]) -> list[str]:
    trimmed = [line.rstrip() for line in lines]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    return trimmed


def environment(scratch: Path) -> dict[str, str]:
    """A newcomer's terminal: nothing of the developer's settings, and this environment's programs first."""
    search = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        "PATH": os.pathsep.join(search),
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
    }


def run_console(name: str, block: Block, scratch: Path) -> None:
    """Runs the commands of one block, in order."""
    status = 0
    listed = commands(block)
    for command, following in zip(listed, [*listed[1:], None], strict=True):
        where = f"{name}:{command.line}"
        # `(exit n)` first, so that `$?` is what it would be at a prompt
        script = f"(exit {status})\n{command.text}\n"
        try:
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=scratch,
                env=environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise PageError(f"{where}: still running after {late.timeout} seconds") from late
        compare(where, command.text, command.shown, done.stdout.decode())
        status = done.returncode
        if status and not (following and following.text.strip() == "echo $?"):
            raise PageError(f"{where}: exit status {status}, and the page does not ask: $ {command.text}")


def run_python(name: str, block: Block, scratch: Path, names: dict[str, Any]) -> None:
    """Runs one block in the page's names."""
    source = "\n".join(block.lines) + "\n"
    where = f"{name}:{block.line}"
    with chdir(scratch):
        if ">>>" not in source:
            exec(compile("\n" * (block.line - 1) + source, name, "exec"), names)
            return
        test = doctest.DocTestParser().get_doctest(source, names, where, name, block.line - 1)
        report: list[str] = []
        # clear_globs=False: the next block of the page goes on with these names
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        failed = runner.run(test, out=report.append, clear_globs=False).failed
        names.update(test.globs)
    if failed:
        raise PageError("".join(report))


def run_page(name: str, page: str, scratch: Path, examples: Path | None = None) -> int:
    """Runs every tested block of a page and returns how many there were."""
    if examples and examples.is_dir():
        shutil.copytree(examples, scratch / examples.name)
    names: dict[str, Any] = {"__name__": "__page__"}
    found = tested(page)
    for block in found:
        if block.info == "console tested":
            run_console(name, block, scratch)
        else:
            run_python(name, block, scratch, names)
    return len(found)
