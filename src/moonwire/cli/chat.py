"""`moonwire chat`: a conversation in the terminal."""

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from moonwire.cli.screen import Piece, put
from moonwire.cli.talk.options import Talk, talk_options
from moonwire.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from moonwire.agent import Agent
    from moonwire.cli.talk.conversation import Conversation
    from moonwire.cli.talk.opening import Opened
    from moonwire.cli.talk.typed import Typed
    from moonwire.cli.talk.view import Screen, Thoughts

__all__ = ["chat"]

ENDED = 143
"""What a shell reports for a program that SIGTERM ended."""


@click.command(short_help="Talk with a Kimi model in the terminal.")
@click.argument("prompt", nargs=-1, metavar="[PROMPT…]")
@talk_options
@click.option(
    "--thoughts",
    type=click.Choice(["show", "fold", "hide"]),
    default="fold",
    show_default=True,
    help="What becomes of the model's thoughts once the answer begins.",
)
@click.option("-y", "--yes", is_flag=True, help="Let tools run without asking.")
@click.pass_context
def chat(ctx: click.Context, talk: Talk, /, prompt: tuple[str, ...], thoughts: "Thoughts", yes: bool) -> None:
    """Talk with a Kimi model: thoughts are seen while they come, and tools ask before they run.

    A PROMPT is sent first. Without a key anywhere a simulated Kimi answers, and says so.

    \b
      moonwire chat
      moonwire chat --model kimi-k2.6 --thinking off --system @rules.md
      moonwire chat --tools tools.py: --session today.jsonl
      moonwire chat --base-url http://gpu:8000/v1 --endpoint vllm

    Enter sends; Alt-Enter begins another line; Ctrl-C stops a turn, and the program goes on; Ctrl-D leaves;
    /help lists the commands. What was typed is kept for the next time; MOONWIRE_HISTORY names the file, or
    says none.

    Exit status: 0 done; 2 not done.
    """
    if not sys.stdin.isatty():
        raise LocalProtocolError("standard input is no terminal", path="chat", remedy="take `moonwire run`")
    import asyncio

    from moonwire.cli.talk.conversation import Conversation
    from moonwire.cli.talk.opening import begin, opened
    from moonwire.cli.talk.permission import Permission

    permission = Permission(everything=yes)
    with opened(talk) as place:
        agent = begin(talk, place, permission)
        conversation = Conversation(agent, place, permission, talk.thinking)
        _hello(agent, place, talk)
        try:
            screen, typed = _screen(thoughts)
            asyncio.run(_talk(conversation, screen, typed, " ".join(prompt)))
        except asyncio.CancelledError:
            ctx.exit(ENDED)
        _goodbye(agent, place, talk)


async def _talk(conversation: "Conversation", screen: "Screen", typed: "Typed", first: str) -> None:
    from moonwire.cli.talk.chatting import Chat
    from moonwire.cli.talk.editor import Editor, history_path

    def whole() -> None:
        put([Piece((conversation.thoughts() or "there were no thoughts") + "\n", "dim italic")])

    editor = Editor(history_path(os.environ), lambda: conversation.state, whole)
    try:
        await Chat(conversation, screen, typed, editor).run(first)
    finally:
        await conversation.agent.kimi.aclose()


def _screen(thoughts: "Thoughts") -> "tuple[Screen, Typed]":
    """What can be drawn on, or lines alone where standard output is a file or a terminal that cannot move."""
    from moonwire.cli.talk.paint import Painter
    from moonwire.cli.talk.region import Region
    from moonwire.cli.talk.typed import Typed
    from moonwire.cli.talk.view import PlainView, View

    typed = Typed()
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return PlainView(), typed
    stdout: Any = sys.stdout
    # A terminal that is not UTF-8 still shows every character somehow.
    stdout.reconfigure(errors="backslashreplace")

    def write(text: str) -> None:
        stdout.write(text)
        stdout.flush()

    view = View(Region(write, shutil.get_terminal_size), Painter.for_stdout(), typed, time.monotonic)
    view.thoughts = thoughts
    return view, typed


def _hello(agent: "Agent", place: "Opened", talk: Talk) -> None:
    from moonwire.cli.talk.opening import SIMULATED

    target = agent.kimi.target
    pieces = [Piece("moonwire chat", "bold"), Piece(f"  {agent.kimi.model} at {target.endpoint} · /help\n")]
    if place.simulated:
        pieces.append(Piece(f"{SIMULATED}\n", "yellow"))
    if agent.tools:
        names = ", ".join(tool["function"]["name"] for tool in agent.tools)
        pieces.append(Piece(f"tools: {names}\n", "dim"))
    if agent.history:
        pieces.append(Piece(f"{talk.session}: {len(agent.history)} messages\n", "dim"))
    put(pieces)


def _goodbye(agent: "Agent", place: "Opened", talk: Talk) -> None:
    from moonwire.cli.talk.words import money, usage_words

    if not agent.usage.total:
        return
    paid = "simulated" if place.simulated else money(agent.cost)
    kept = f" · kept in {talk.session}" if talk.session else ""
    put([Piece(f"{usage_words(agent.usage)} · {paid}{kept}\n", "dim")])
