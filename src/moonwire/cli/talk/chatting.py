"""The chat itself: a line, a turn, the next line. It ties the parts together and has no rules of its own."""

import asyncio
import contextlib
import io
import signal
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Protocol

from moonwire.cli.screen import Piece
from moonwire.cli.talk.commands import Order, Said, Wrong, parsed
from moonwire.cli.talk.conversation import Conversation
from moonwire.cli.talk.permission import Answer
from moonwire.cli.talk.typed import Typed
from moonwire.cli.talk.view import Screen
from moonwire.cli.talk.words import STOPPED, error_lines, turn_line
from moonwire.core.errors import MoonwireError
from moonwire.core.messages import Content

__all__ = ["Chat", "Lines"]

FRAME: Final = 0.08
"""Seconds between two drawings."""
MODES: Final = ("show", "fold", "hide")


class Lines(Protocol):
    """Where lines and keys come from."""

    async def ask(self, begun: str = "") -> str | None: ...
    def hearing(self, press: Callable[[str, str], None]) -> contextlib.AbstractContextManager[None]: ...


class Chat:
    """One conversation at one terminal."""

    def __init__(self, conversation: Conversation, screen: Screen, typed: Typed, lines: Lines) -> None:
        self._conversation = conversation
        self._screen = screen
        self._typed = typed
        self._lines = lines
        self._waiting: deque[str] = deque()
        """Lines that were sent off during a turn."""
        self._working: asyncio.Task[None] | None = None
        self._asides: set[asyncio.Task[None]] = set()
        self._answer: asyncio.Future[Answer] | None = None
        conversation.permission.ask = self._asked

    async def run(self, first: str = "") -> None:
        """Until the user leaves; `first` is sent before anything is asked."""
        if first:
            self._waiting.append(first)
        with _signals(self.stop):
            await self._conversation.count()
            going = True
            while going:
                line = self._waiting.popleft() if self._waiting else None
                if line is not None:
                    self._screen.say([Piece("> ", "bold cyan"), Piece(f"{line}\n")])
                    self._screen.finish()
                else:
                    line = await self._lines.ask(self._typed.take())
                going = line is not None and await self._one(line)

    def stop(self) -> None:
        """Ends what goes on; the program stays."""
        for task in (self._working, *self._asides):
            if task is not None:
                task.cancel()

    # -- a line ------------------------------------------------------------------------------------

    async def _one(self, line: str) -> bool:
        """Does what a line says; whether there is to be another one."""
        said = parsed(line)
        if isinstance(said, Wrong):
            self._tell([Piece(f"{said.why}\n", "yellow")])
        elif isinstance(said, Said):
            if said.text:
                await self._turn(said.text)
        elif said.name == "quit":
            return False
        else:
            await self._order(said)
        return True

    async def _order(self, order: Order) -> None:
        name, rest = order
        if name == "btw":
            await self._during("asking aside", self._aside(rest))
        elif name == "compact":
            await self._during("compacting", self._compact(rest))
        elif name == "retry":
            prompt = self._conversation.agent.take_back()
            if prompt is None:
                self._tell([Piece("there is nothing to try again\n", "yellow")])
            else:
                await self._turn(prompt)
        elif name == "thoughts" and rest:
            self._mode(rest)
        else:
            await self._during("", self._do(order))

    def _mode(self, rest: str) -> None:
        for mode in MODES:
            if mode == rest:
                self._screen.thoughts = mode
                self._tell([Piece(f"thoughts: {mode}\n", "dim")])
                return
        self._tell([Piece(f"{rest} is none of {', '.join(MODES)}\n", "yellow")])

    def _tell(self, pieces: list[Piece]) -> None:
        self._screen.say(pieces)
        self._screen.finish()

    # -- what takes a while ------------------------------------------------------------------------

    async def _do(self, order: Order) -> None:
        self._screen.say(await self._conversation.do(order))

    async def _compact(self, hint: str) -> None:
        self._screen.say(await self._conversation.compact(hint))
        await self._conversation.count()

    async def _aside(self, question: str) -> None:
        text = await self._conversation.aside(question)
        self._screen.say([Piece("btw: ", "bold"), Piece(f"{question}\n", "dim")])
        self._screen.markdown(text)

    async def _turn(self, prompt: Content) -> None:
        begun = time.monotonic()
        await self._during("waiting", self._events(prompt))
        turn = self._conversation.turn
        if turn is None:
            return
        pieces = [] if turn.ok else [Piece(f"{STOPPED[turn.stopped]}\n", "yellow")]
        said = turn_line(turn, time.monotonic() - begun, self._conversation.simulated)
        self._tell([*pieces, Piece(f"{said}\n", "dim")])

    async def _events(self, prompt: Content) -> None:
        async with contextlib.aclosing(self._conversation.stream(prompt)) as events:
            async for event in events:
                self._screen.feed(event)
        await self._conversation.count()

    async def _during(self, doing: str, work: Coroutine[Any, Any, None]) -> None:
        """Lets it go on, draws meanwhile and hears keys, until it and what was asked aside are over."""
        self._screen.begin(doing)
        task = self._working = asyncio.create_task(work)
        drawing = asyncio.create_task(self._draw())
        try:
            with self._lines.hearing(self._pressed), contextlib.redirect_stdout(_Printed(self._screen)):
                await asyncio.wait({task})
                while self._asides:
                    await asyncio.wait(self._asides)
        finally:
            drawing.cancel()
            self.stop()
            await asyncio.gather(task, *self._asides, drawing, return_exceptions=True)
            self._working = None
            self._screen.finish()
        self._ended(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Says how it ended, where it did not end well. A bug is raised."""
        if task.cancelled():
            self._tell([Piece("stopped\n", "yellow")])
            return
        error = task.exception()
        if isinstance(error, MoonwireError | OSError):
            self._tell(_complaint(error))
        elif error is not None:
            raise error

    async def _draw(self) -> None:
        while True:
            self._screen.note = " · ".join(self._notes())
            self._screen.draw()
            await asyncio.sleep(FRAME)

    def _notes(self) -> list[str]:
        waiting = len(self._waiting)
        lines = "line waits" if waiting == 1 else "lines wait"
        return [*([f"{waiting} {lines}"] if waiting else []), *(["asking aside"] if self._asides else [])]

    # -- keys --------------------------------------------------------------------------------------

    def _pressed(self, key: str, data: str) -> None:
        meant = self._typed.press(key, data)
        if meant == "stop":
            self.stop()
        elif meant == "toggle":
            self._screen.toggle()
        elif meant == "enter":
            self._sent(self._typed.take())
        elif meant in ("yes", "no", "always"):
            self._decided(meant)
        elif meant == "drawn":
            self._screen.draw()

    def _sent(self, line: str) -> None:
        """A line that was sent off during a turn: a side question is asked at once, all else waits."""
        said = parsed(line)
        if isinstance(said, Order) and said.name == "btw" and self._working is not None:
            task = asyncio.create_task(self._aside(said.rest))
            self._asides.add(task)
            task.add_done_callback(self._aside_ended)
        else:
            self._waiting.append(line)
        self._screen.draw()

    def _aside_ended(self, task: asyncio.Task[None]) -> None:
        self._asides.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._screen.say([Piece("btw: ", "bold"), *_complaint(error)])

    async def _asked(self, question: str) -> Answer:
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._typed.asked = True
        self._screen.question(f"{question}  y yes · n no · a always")
        try:
            return await answer
        finally:
            self._answer, self._typed.asked = None, False
            self._screen.question("")

    def _decided(self, answer: Answer) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


class _Printed(io.TextIOBase):
    """What tools print, a line at a time, where it does not disturb what is drawn."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._loop = asyncio.get_running_loop()
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        # A tool that runs in a thread may outlive the loop.
        with contextlib.suppress(RuntimeError):
            for line in lines:
                self._loop.call_soon_threadsafe(self._screen.say, [Piece(f"{line}\n", "dim")])
        return len(text)


def _complaint(error: BaseException) -> list[Piece]:
    if isinstance(error, MoonwireError):
        first, *more = error_lines(error, chat=True)
        return [Piece(f"{first}\n", "red"), *(Piece(f"{line}\n", "dim") for line in more)]
    if isinstance(error, OSError):
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return [Piece(f"{where}{error.strerror or error}\n", "red")]
    raise error


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Generator[None]:
    """SIGINT stops what goes on, and never the program; what is to end the program ends it in order."""
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    assert main is not None
    taken: list[int] = []
    for name, does in (("SIGINT", stop), ("SIGTERM", main.cancel), ("SIGHUP", main.cancel)):
        # Windows has neither all of them nor handlers on the loop.
        with contextlib.suppress(AttributeError, RuntimeError):
            number = getattr(signal, name)
            loop.add_signal_handler(number, does)
            taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
