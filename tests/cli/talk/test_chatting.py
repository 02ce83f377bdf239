"""Lines, turns, keys and questions, with a keyboard and a screen that are lists."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

import pytest

from moonwire.agent import AgentEvent, ToolDone
from moonwire.cli.screen import Piece
from moonwire.cli.talk.chatting import Chat
from moonwire.cli.talk.conversation import Conversation
from moonwire.cli.talk.opening import Opened, begin, opened
from moonwire.cli.talk.options import Talk
from moonwire.cli.talk.permission import Permission
from moonwire.cli.talk.typed import Typed
from moonwire.cli.talk.view import Thoughts
from moonwire.core.events import Text
from moonwire.simulator import Server, Settings

LONG = "Write 5000 words."


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with Server(Settings(models=("kimi-k3",), keys=("sk-1",), pace=0.01)) as server:
        yield server


@pytest.fixture(scope="module")
def place(server: Server) -> Generator[Opened]:
    environ = {"MOONSHOT_API_KEY": "sk-1", "KIMI_BASE_URL": server.base_url}
    with opened(Talk(endpoint="platform"), environ) as place:
        yield place


class Table:
    """A keyboard and a screen. `when` are keys to press once something is seen."""

    def __init__(self, *lines: str) -> None:
        self.lines = deque(lines)
        self.begun: list[str] = []
        self.seen = ""
        self.thoughts: Thoughts = "fold"
        self.note = ""
        self.toggled = 0
        self.when: deque[tuple[Callable[[str], bool], str]] = deque()
        self._press: Callable[[str, str], None] | None = None

    async def ask(self, begun: str = "") -> str | None:
        self.begun.append(begun)
        return self.lines.popleft() if self.lines else None

    @contextlib.contextmanager
    def hearing(self, press: Callable[[str, str], None]) -> Generator[None]:
        self._press = press
        yield
        self._press = None

    def _look(self) -> None:
        if self._press is not None and self.when and self.when[0][0](f"{self.seen}{self.note}"):
            for key in self.when.popleft()[1]:
                self._press({"\r": "c-m", "\x03": "c-c", "\x0f": "c-o"}.get(key, key), key)

    def begin(self, doing: str) -> None:
        self.note = ""

    def question(self, text: str) -> None:
        self.seen += text

    def feed(self, event: AgentEvent) -> None:
        if isinstance(event, Text):
            self.seen += event.text
        elif isinstance(event, ToolDone):
            self.seen += f"[{event.result.text}]"

    def draw(self) -> None:
        self._look()

    def say(self, pieces: Iterable[Piece]) -> None:
        self.seen += "".join(piece.text for piece in pieces)

    def markdown(self, text: str) -> None:
        self.seen += f"{text}\n"

    def toggle(self) -> None:
        self.toggled += 1

    def finish(self) -> None:
        self.seen += "" if self.seen.endswith("\n") or not self.seen else "\n"


def chat(place: Opened, table: Table, **flags: Any) -> Conversation:
    """What is left when the user leaves."""

    async def run() -> Conversation:
        permission = Permission()
        talk = Talk(**flags)
        conversation = Conversation(begin(talk, place, permission), place, permission, None)
        async with asyncio.timeout(60):
            await Chat(conversation, table, Typed(), table).run()
        await conversation.agent.kimi.aclose()
        return conversation

    return asyncio.run(run())


def sees(text: str) -> Callable[[str], bool]:
    return lambda seen: text in seen


def long_enough(seen: str) -> bool:
    return len(seen) > 40


def test_lines_become_turns_and_commands(place: Opened) -> None:
    table = Table(
        "Say 'one'.",
        "",
        "/nope",
        "/thoughts show",
        "/thoughts no",
        "/retry",
        "/new",
        "/retry",
        "/btw Say 'x'.",
    )
    left = chat(place, table)
    lines = table.seen.splitlines()
    assert lines[0] == "one" and " s · " in lines[1]
    assert lines[2] == "there is no /nope"
    assert lines[4:7] == ["thoughts: show", "no is none of show, fold, hide", "one"]
    assert lines[8:] == ["a new conversation", "there is nothing to try again", "btw: Say 'x'.", "x"]
    assert table.thoughts == "show" and left.agent.history == ()


def test_quit_leaves_at_once(place: Opened) -> None:
    table = Table("/quit", "Say 'never'.")
    chat(place, table)
    assert table.seen == "" and list(table.lines) == ["Say 'never'."]


def test_ctrl_c_stops_the_turn_and_closes_the_upstream(place: Opened, server: Server) -> None:
    table = Table(LONG, "Say 'after'.")
    table.when.append((long_enough, "\x0f\x03"))
    left = chat(place, table)
    assert "stopped\nafter\n" in table.seen and table.toggled == 1
    assert [message.role for message in left.agent.history] == ["user", "user", "assistant"]


def test_what_is_typed_meanwhile_waits_or_is_answered_aside(place: Opened) -> None:
    table = Table(LONG)
    table.when.append((long_enough, "Say 'later'.\r/btw Say 'aside'.\rbegun"))
    table.when.append((sees("aside\n"), "\x03"))
    left = chat(place, table)
    assert "btw: Say 'aside'.\naside\n" in table.seen
    assert "stopped\n> Say 'later'.\nlater\n" in table.seen
    assert "1 line waits" not in table.note
    # What was not sent off stands in the next line.
    assert table.begun == ["", "begun"]
    assert all("aside" not in str(message.content) for message in left.agent.history)


def test_errors_are_said_and_the_chat_goes_on(place: Opened, server: Server) -> None:
    refused = {"MOONSHOT_API_KEY": "sk-2", "KIMI_BASE_URL": server.base_url}
    table = Table("hi", "/save /no/such/folder/a.md", "/btw hi", "/tokens")
    with opened(Talk(endpoint="platform"), refused) as other:
        chat(other, table)
    assert table.seen.count("the key was not taken: ") == 2
    assert "→ is it of this region" in table.seen
    assert "/no/such/folder/a.md: No such file" in table.seen
    assert "the next request has" in table.seen


@pytest.mark.parametrize(("answer", "result"), [("y", "[3]"), ("n", "did not allow"), ("a", "[3]")])
def test_a_tool_is_asked_about(answer: str, result: str, place: Opened, tmp_path: Any) -> None:
    (tmp_path / "talk_add.py").write_text(
        "def add(a: int, b: int) -> int:\n    print('printed', a)\n    return 3\n"
    )
    table = Table("Please call add with a=1 and b=2.")
    table.when.append((sees("run add("), answer))
    left = chat(place, table, tools=(f"{tmp_path / 'talk_add.py'}:add",))
    assert ("printed 1\n" in table.seen) is (answer != "n")
    assert result in table.seen and "y yes · n no · a always" in table.seen
    assert ("add" in left.permission.always) is (answer == "a")


def test_a_question_is_no_longer_open_when_the_turn_is_stopped(place: Opened, tmp_path: Any) -> None:
    (tmp_path / "talk_add.py").write_text("def add(a: int, b: int) -> int:\n    return 3\n")
    table = Table("Please call add with a=1 and b=2.")
    table.when.append((sees("run add("), "\x03"))
    left = chat(place, table, tools=(f"{tmp_path / 'talk_add.py'}:add",))
    assert "stopped" in table.seen
    # The call that nobody decided about has a result all the same.
    assert "tool" in [message.role for message in left.agent.history]
