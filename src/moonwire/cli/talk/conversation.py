"""What the commands of the chat do, and what they say. No terminal is needed for any of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from difflib import get_close_matches
from typing import Any

from moonwire.agent import Agent, AgentEvent, StepStarted, Turn, TurnDone
from moonwire.cli.explain import budget_line, noted
from moonwire.cli.screen import Piece
from moonwire.cli.talk.commands import Order, help_lines
from moonwire.cli.talk.opening import Opened
from moonwire.cli.talk.options import THINKING, thinks
from moonwire.cli.talk.permission import Permission
from moonwire.cli.talk.saving import save
from moonwire.cli.talk.words import compacted_line, money, usage_words
from moonwire.client import BrokenOff, Completion, WrongForm
from moonwire.core.catalogue.models import MODELS
from moonwire.core.events import Reasoning
from moonwire.core.messages import Content

__all__ = ["Conversation"]

Pieces = list[Piece]


class Conversation:
    """An agent, whom it asks, and what is remembered of the last turn."""

    def __init__(self, agent: Agent, place: Opened, permission: Permission, thinking: str | None) -> None:
        self.agent = agent
        self.permission = permission
        self.thinking = thinking
        self.turn: Turn | None = None
        """The last one that came to its end."""
        self.used = 0
        """Tokens of the next request, as they were last counted."""
        self._place = place
        self._last: Completion[Any] | None = None
        self._thoughts: list[str] = []

    @property
    def simulated(self) -> bool:
        """Whether no model is behind it."""
        return self._place.simulated

    # -- turns -------------------------------------------------------------------------------------

    async def stream(self, prompt: Content) -> AsyncGenerator[AgentEvent]:
        """A turn, of which the last thoughts and the last answer are kept."""
        self._thoughts, self.turn = [], None
        events = self.agent.stream(prompt)
        try:
            async for event in events:
                if isinstance(event, StepStarted):
                    self._thoughts.append("")
                elif isinstance(event, Reasoning):
                    self._thoughts[-1] += event.text
                elif isinstance(event, TurnDone):
                    self.turn, self._last = event.turn, event.turn.completion
                yield event
        except (BrokenOff, WrongForm) as error:
            self._last = error.completion
            raise
        finally:
            await events.aclose()

    async def aside(self, question: str) -> str:
        """The answer to a side question."""
        return (await self.agent.side_question(question)).text

    async def compact(self, hint: str) -> Pieces:
        """Compacts now."""
        event = await self.agent.compact(hint)
        if event is None:
            return _line("there is nothing to compact yet: the last turns stay as they are")
        return _line(compacted_line(event))

    async def count(self) -> int:
        """How many tokens the next request has; kept for the line below the prompt."""
        self.used = await self.agent.tokens() if self.agent.history else 0
        return self.used

    @property
    def state(self) -> str:
        """Where one stands, in a line."""
        window = self.agent.kimi.target.window
        full = f"{100 * self.used // window} % of {_size(window)}" if window else f"{self.used:,} tokens"
        parts = [self.agent.kimi.model, f"thinking {self.thinking}" if self.thinking else "", full]
        parts.append("simulated" if self.simulated else money(self.agent.cost))
        return " · ".join(filter(None, parts))

    # -- commands ----------------------------------------------------------------------------------

    async def do(self, order: Order) -> Pieces:
        """Does what the command says. What goes wrong is raised."""
        does: dict[str, Callable[[str], Awaitable[Pieces]]] = {
            "help": self._help,
            "model": self._model,
            "think": self._think,
            "thoughts": self._show_thoughts,
            "tokens": self._tokens,
            "explain": self._explain,
            "tools": self._tools,
            "save": self._save,
            "new": self._new,
        }
        return await does[order.name](order.rest)

    def thoughts(self) -> str:
        """The thoughts of the last turn, whole."""
        return "\n\n".join(filter(str.strip, self._thoughts))

    async def _help(self, rest: str) -> Pieces:
        return [Piece(f"{line}\n") for line in help_lines()]

    async def _model(self, rest: str) -> Pieces:
        if not rest:
            target = self.agent.kimi.target
            return _line(f"{self.agent.kimi.model} at {target.endpoint}, window {target.window:,}")
        await self._switch(rest, self.thinking)
        if self.agent.kimi.target.name:
            return _line(f"{rest} from now on, with all that was said")
        near = get_close_matches(rest, [model.name for model in MODELS], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return _line(f"{rest} from now on; the catalogue does not know it, so that nothing is healed{hint}")

    async def _think(self, rest: str) -> Pieces:
        if not rest:
            return _line(f"thinking is {self.thinking or 'as the model has it'}; {', '.join(THINKING)}")
        if rest not in THINKING:
            return _line(f"{rest} is none of {', '.join(THINKING)}")
        await self._switch(self.agent.kimi.model, rest)
        return _line(f"thinking {rest} from now on")

    async def _switch(self, model: str, thinking: str | None) -> None:
        before = self.agent.switch(self._place.kimi(model, thinks(thinking)))
        self.thinking = thinking
        await before.aclose()
        await self.count()

    async def _show_thoughts(self, rest: str) -> Pieces:
        said = self.thoughts()
        return [Piece(said + "\n", "dim italic")] if said.strip() else _line("there were no thoughts")

    async def _tokens(self, rest: str) -> Pieces:
        used, window = await self.count(), self.agent.kimi.target.window
        of = f" of {window:,} ({100 * used / window:.1f} %)" if window else "; the window is not known"
        paid = "simulated, so nothing" if self.simulated else money(self.agent.cost)
        return [
            Piece(f"the next request has {used:,} tokens{of}\n"),
            Piece(f"so far {usage_words(self.agent.usage)}; paid: {paid}\n"),
        ]

    async def _explain(self, rest: str) -> Pieces:
        done = self._last
        if done is None:
            return _line("nothing was asked yet")
        pieces = list(noted(done.notes)) or [Piece("nothing was repaired\n", "bold")]
        pieces += [Piece("budget", "bold"), Piece(f"  {budget_line(done.budget)}\n")]
        asked = f"{done.target.model or self.agent.kimi.model} at {done.target.endpoint}"
        trace = f", trace {done.trace_id}" if done.trace_id else ""
        return [*pieces, Piece("asked", "bold"), Piece(f"   {asked}{trace}; finish {done.finish}\n")]

    async def _tools(self, rest: str) -> Pieces:
        tools = [tool["function"] for tool in self.agent.tools]
        if not tools:
            return _line("there are no tools; --tools names some")
        pieces: Pieces = []
        for tool in tools:
            free = self.permission.everything or tool["name"] in self.permission.always
            about = str(tool.get("description") or "").partition("\n")[0]
            pieces += [Piece(tool["name"], "bold"), Piece(f"  {'runs' if free else 'asks'}  {about}\n")]
        return pieces

    async def _save(self, rest: str) -> Pieces:
        place = save(rest, self.agent.kimi.model, self.agent.system, self.agent.history)
        return _line(f"saved {place}: {len(self.agent.history)} messages")

    async def _new(self, rest: str) -> Pieces:
        self.agent.clear()
        self._thoughts, self._last, self.turn = [], None, None
        await self.count()
        return _line("a new conversation")


def _size(window: int) -> str:
    """A window as people call it.

    >>> _size(262_144), _size(1_048_576)
    ('256k', '1M')
    """
    return f"{window / 2**20:.3g}M" if window >= 2**20 else f"{window / 2**10:.3g}k"


def _line(text: str) -> Pieces:
    return [Piece(f"{text}\n", "dim")]
