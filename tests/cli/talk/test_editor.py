"""The line and the keys: prompt_toolkit with a pipe for a keyboard."""

import asyncio
import stat
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from moonwire.cli.talk.editor import Editor, history_path, open_history
from moonwire.core.errors import MoonwireError

# What is typed, and the line that comes of it.
LINES: dict[str, tuple[str, str | None]] = {
    "enter sends": ("hello\r", "hello"),
    "alt-enter begins another line": ("a\x1b\rb\r", "a\nb"),
    "ctrl-j too": ("a\nb\r", "a\nb"),
    "a backslash too": ("a\\\rb\r", "a\nb"),
    "a backslash in the middle does not": ("a\\b\r", "a\\b"),
    "pasted lines are one text": ("\x1b[200~a\nb\n\x1b[201~c\r", "a\nb\nc"),
    "ctrl-c clears": ("not this\x03this\r", "this"),
    "ctrl-c on nothing does nothing": ("\x03\x03x\r", "x"),
    "ctrl-d leaves": ("\x04", None),
    "ctrl-d deletes where there is something": ("ab\x01\x04\r", "b"),
    "a command is completed": ("/exp\t\r", "/explain "),
}


def typed(keys: str, use: Callable[[Editor], Coroutine[Any, Any, Any]], history: Path | None = None) -> Any:
    with create_pipe_input() as keyboard:
        editor = Editor(history, lambda: "state", lambda: None, given=keyboard, output=DummyOutput())
        keyboard.send_text(keys)
        return asyncio.run(use(editor))


@pytest.mark.parametrize(("keys", "line"), LINES.values(), ids=LINES)
def test_keys_make_a_line(keys: str, line: str | None) -> None:
    assert typed(keys, lambda editor: editor.ask()) == line


def test_what_was_begun_is_there() -> None:
    assert typed(" there\r", lambda editor: editor.ask("hello")) == "hello there"


def test_lines_are_kept_for_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "history"
    assert typed("first\r", lambda editor: editor.ask(), file) == "first"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert typed("\x1b[A\r", lambda editor: editor.ask(), file) == "first"


def test_keys_between_lines_are_heard_and_those_that_came_with_the_line() -> None:
    async def use(editor: Editor) -> list[str]:
        heard: list[str] = []
        over = asyncio.Event()

        def press(key: str, data: str) -> None:
            heard.append(key)
            if key == "c-c":
                over.set()

        assert await editor.ask() == "go"
        with editor.hearing(press):
            await over.wait()
        return heard

    assert typed("go\rab\x03", use) == ["a", "b", "c-c"]


PATHS: list[tuple[dict[str, str], str, str | None]] = [
    ({"MOONWIRE_HISTORY": "none"}, "linux", None),
    ({"MOONWIRE_HISTORY": "/a/b"}, "linux", "/a/b"),
    ({"XDG_STATE_HOME": "relative"}, "linux", "~/.local/state/moonwire/history"),
    ({}, "darwin", "~/Library/Application Support/moonwire/history"),
    ({"LOCALAPPDATA": "/app"}, "win32", "/app/moonwire/history"),
]


@pytest.mark.parametrize(("environ", "platform", "path"), PATHS)
def test_where_lines_are_kept(environ: dict[str, str], platform: str, path: str | None) -> None:
    found = history_path(environ, platform)
    assert found == (None if path is None else Path(path).expanduser())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MoonwireError, match="MOONWIRE_HISTORY"):
        open_history(tmp_path / "file" / "history")
