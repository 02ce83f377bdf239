"""A completion that nobody had to ask for, and an agent on a simulated endpoint."""

from typing import Any

from moonwire.agent import Agent
from moonwire.client import Completion, Kimi
from moonwire.core.events import Usage
from moonwire.core.messages import Reply, TextPart, Thought
from moonwire.core.notes import Note
from moonwire.workbench import plan

__all__ = ["agent_at", "completion"]

BODY = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}]}


def completion(text: str = "hello", thoughts: str = "hm", **more: Any) -> Completion[Any]:
    blocks = (Thought(text=thoughts), TextPart(text=text))
    reply = Reply(blocks=blocks, finish="stop", usage=Usage(input=10, output=5))
    notes = (Note(code="made-up", reason="for a test"),)
    return Completion(reply=reply, plan=plan(BODY), notes=notes, **more)


def agent_at(base_url: str, *tools: Any, **more: Any) -> Agent:
    return Agent(Kimi("kimi-k3", "sk-1", base_url, endpoint="platform", environ={}), tools, **more)
