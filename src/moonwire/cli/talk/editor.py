"""The line that the user writes: editing, history, and the keys that are pressed while a turn runs."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from moonwire.cli.talk.commands import COMMANDS
from moonwire.core.errors import MoonwireError

__all__ = ["Editor", "history_path"]

NONE: Final = "none"
_STYLE: Final = Style.from_dict({"bottom-toolbar": "noreverse fg:ansibrightblack", "prompt": "bold ansicyan"})


def history_path(environ: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Where what was typed is kept; `None`: nowhere.

    >>> history_path({"MOONWIRE_HISTORY": "none"}), history_path({"XDG_STATE_HOME": "/s"}, "linux").as_posix()
    (None, '/s/moonwire/history')
    """
    if told := environ.get("MOONWIRE_HISTORY", ""):
        return None if told == NONE else Path(told).expanduser()
    if platform == "darwin":
        return Path("~/Library/Application Support/moonwire/history").expanduser()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "moonwire" / "history"
    home = environ.get("XDG_STATE_HOME", "")
    # The XDG specification: a path that is not absolute is invalid and to be ignored.
    return (
        (Path(home) if Path(home).is_absolute() else Path("~/.local/state").expanduser())
        / "moonwire"
        / "history"
    )


def open_history(path: Path | None) -> History:
    """What was typed before. The file is for its owner alone."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError as error:
        remedy = "set MOONWIRE_HISTORY to another file, or to none"
        raise MoonwireError(
            f"cannot be written: {error.strerror or error}", path=str(path), remedy=remedy
        ) from error
    return FileHistory(str(path))


class _Commands(Completer):
    """The names of the commands, where a line begins with a slash."""

    def get_completions(self, document: Any, complete_event: Any) -> Generator[Completion]:
        text = document.text_before_cursor
        if text.startswith("/") and " " not in text:
            for command in COMMANDS:
                if command.name.startswith(text[1:]):
                    yield Completion(f"/{command.name} ", -len(text), display_meta=command.does)


class Editor:
    """Asks for lines, and hears keys between them."""

    def __init__(
        self,
        history: Path | None,
        state: Callable[[], str],
        thoughts: Callable[[], None],
        *,
        given: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._state = state
        self._thoughts = thoughts
        self._hint = ""
        self._input = given or create_input()
        # Standard output may be a file; the line is edited where the person is.
        self._output = output or create_output(always_prefer_tty=True)
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", "> ")],
            history=open_history(history),
            multiline=True,
            prompt_continuation="  ",
            auto_suggest=AutoSuggestFromHistory(),
            completer=_Commands(),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            reserve_space_for_menu=0,
            key_bindings=self._keys(),
            bottom_toolbar=self._toolbar,
            style=_STYLE,
            input=self._input,
            output=self._output,
        )

    async def ask(self, begun: str = "") -> str | None:
        """The next line, which may have several; `None`: the user leaves."""
        self._hint = ""
        try:
            return await self._session.prompt_async(default=begun, handle_sigint=False)
        except EOFError:
            return None

    @contextlib.contextmanager
    def hearing(self, press: Callable[[str, str], None]) -> Generator[None]:
        """Every key goes to `press`, and none to the screen."""

        def ready() -> None:
            for one in self._input.read_keys():
                press(str(getattr(one.key, "value", one.key)), one.data)

        with self._input.raw_mode(), self._input.attach(ready), self._pasting():
            # What came in one go with the line before.
            for one in get_typeahead(self._input):
                press(str(getattr(one.key, "value", one.key)), one.data)
            yield

    @contextlib.contextmanager
    def _pasting(self) -> Generator[None]:
        """A pasted text comes as one, and its line ends send nothing off."""
        self._output.enable_bracketed_paste()
        self._output.flush()
        try:
            yield
        finally:
            self._output.disable_bracketed_paste()
            self._output.flush()

    def _toolbar(self) -> FormattedText:
        return FormattedText([("", self._hint or f"{self._state()} · /help")])

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        here = has_focus(DEFAULT_BUFFER)

        @keys.add("enter", filter=here)
        def _enter(event: Any) -> None:
            buffer = event.current_buffer
            if buffer.document.text_before_cursor.endswith("\\") and buffer.document.is_cursor_at_the_end:
                buffer.delete_before_cursor(1)
                buffer.insert_text("\n")
            else:
                buffer.validate_and_handle()

        @keys.add("escape", "enter", filter=here)
        @keys.add("c-j", filter=here)
        def _another_line(event: Any) -> None:
            event.current_buffer.insert_text("\n")

        @keys.add("c-c", filter=here)
        def _clear(event: Any) -> None:
            buffer = event.current_buffer
            self._hint = "" if buffer.text else "Ctrl-D or /quit leaves"
            buffer.reset()

        @keys.add("c-o", filter=here)
        def _show(event: Any) -> None:
            from prompt_toolkit.application import run_in_terminal

            run_in_terminal(self._thoughts)

        return keys
