"""The step loop: ask, run what is called, ask again, until the model has no more calls.

Every generation (a step, a summary, a side question) is a call of `Kimi`, so each is planned, healed and
capped from the request that it really is.
"""

import contextlib
import os
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, cast

import msgspec

from moonwire.agent import compaction as compacting
from moonwire.agent.compaction import SHRINK, Compaction
from moonwire.agent.events import (
    AgentEvent,
    Compacted,
    StepStarted,
    Stopped,
    ToolDone,
    ToolStarted,
    Turn,
    TurnDone,
    Warned,
)
from moonwire.agent.functions import offered
from moonwire.agent.repeats import Repeats
from moonwire.agent.running import TOLD, Limits, Result, interrupted, run_calls, told
from moonwire.agent.session import Session, Stored, load
from moonwire.client import BrokenOff, Completion, Kimi, Tokens
from moonwire.core.budget import NoRoom, TooLarge, escalation
from moonwire.core.errors import (
    ContentFiltered,
    ContextOverflow,
    LocalProtocolError,
    MoonwireError,
    Overloaded,
)
from moonwire.core.messages import Content, Message

__all__ = ["Agent"]

SIDE_TURNS: Final = 2
"""Answers to one side question: one that calls a tool is told no, and asked again (kimi-api.md D7)."""

_DENIED: Final = "ERROR: no tool runs for a side question; answer from what you know by now"
_ASIDE: Final = (
    "This is a question aside. Answer it at once from what you know by now, without tools; the task goes on "
    "afterwards as if it had not been asked."
)


class Agent:
    """A conversation with tools. One turn at a time; side questions may run beside it.

    `tools` are Python functions, pairs of a schema and a function, or names of the endpoint's own tools.
    `overrides` are Chat Completions fields of every request. `session` is a file to keep the conversation in,
    and to go on with where it holds one.

    >>> from moonwire.client import Kimi
    >>> def add(a: int, b: int) -> int:
    ...     '''Adds two numbers.'''
    ...     return a + b
    >>> agent = Agent(Kimi(api_key="sk-1", environ={}), tools=[add], system="Be brief.")
    >>> agent.history, [tool["function"]["name"] for tool in agent.tools]
    ((), ['add'])
    """

    def __init__(
        self,
        kimi: Kimi,
        tools: Sequence[Any] = (),
        system: str = "",
        *,
        limits: Limits | None = None,
        compaction: Compaction | None = None,
        session: str | os.PathLike[str] | None = None,
        **overrides: Any,
    ) -> None:
        self.kimi = kimi
        self.system = system
        self.limits = limits or Limits()
        self.compaction = compaction or Compaction()
        self.usage = Tokens()
        """Of everything that was asked so far."""
        self.cost: float | None = 0.0
        """Dollars, by the catalogue's prices; `None` where something had none."""
        self._overrides = overrides
        self._offered = {tool.name: tool for tool in map(offered, tools)}
        if len(self._offered) < len(tools):
            raise LocalProtocolError("two tools have one name", path="tools", remedy="rename one of them")
        self._window = self._again = 0
        self._running = False
        stored = Stored() if session is None else load(os.fspath(session))
        self._history = _whole(stored.history)
        self._cache_key = (
            overrides.get("prompt_cache_key") or stored.cache_key or f"agent-{os.urandom(12).hex()}"
        )
        self._session = None if session is None else Session(os.fspath(session))
        if self._session is not None:
            self._session.begin(self._cache_key, kimi.model)
            self._session.add(self._history[len(stored.history) :])

    # -- what it is --------------------------------------------------------------------------------

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said, without the system's words."""
        return self._history

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools as they are sent."""
        return [tool.sent for tool in self._offered.values()]

    async def tokens(self) -> int:
        """How many tokens the next request has by now: measured where it can be, estimated where not."""
        try:
            return (await self._planned(self._history)).budget.estimate.tokens
        except NoRoom as full:
            return full.estimate

    # -- a turn ------------------------------------------------------------------------------------

    async def run(self, prompt: Content) -> Turn:
        """The turn, once it is over."""
        turn: Turn | None = None
        async for event in self.stream(prompt):
            if isinstance(event, TurnDone):
                turn = event.turn
        assert turn is not None
        return turn

    async def stream(self, prompt: Content) -> AsyncGenerator[AgentEvent]:
        """The turn as it goes: what the model says, what its tools do, and `TurnDone` at the end.

        It may be left, cancelled or fail at any time: the history is then what was finished, every call in it
        has a result, and the next turn goes on from there.
        """
        self._idle()
        self._running = True
        before, spent = self.usage, self.cost
        asked = Message(role="user", content=prompt)
        try:
            self._add(asked)
            async with contextlib.aclosing(self._steps()) as steps:
                async for event in steps:
                    if isinstance(event, TurnDone):
                        cost = None if self.cost is None or spent is None else round(self.cost - spent, 9)
                        used = _less(self.usage, before)
                        event = TurnDone(msgspec.structs.replace(event.turn, usage=used, cost=cost))
                    yield event
        except ContentFiltered:
            # What the filter refuses would be refused again on every later turn (kimi-code#2080).
            if self._history and self._history[-1] is asked:
                self._rewrite(self._history[:-1])
            raise
        finally:
            self._running = False

    async def _steps(self) -> AsyncGenerator[AgentEvent]:
        state = _State()
        while True:
            async with contextlib.aclosing(self._room(0, "due")) as events:
                async for event in events:
                    yield event
            yield StepStarted(state.steps + 1)
            stream = self.kimi.stream(self._asked(self._history), **self._fields(**state.extra))
            try:
                async with stream:
                    async for event in stream:
                        yield event
            except BrokenOff as error:
                self._spend(error.completion)
                if state.breaks >= self.limits.retries:
                    raise
                state.breaks += 1
                yield Warned(f"the answer broke off ({error.message}): asked again")
                continue
            except (ContextOverflow, NoRoom, TooLarge, Overloaded) as error:
                if not _overflowed(error) or state.overflows >= self.compaction.most:
                    raise
                # Smaller than it is said to be (kimi-api.md H9).
                self._window = int(0.85 * await self.tokens())
                async with contextlib.aclosing(self._room(state.overflows, "overflow")) as events:
                    async for event in events:
                        yield event
                state.overflows += 1
                continue
            self._spend(stream.completion)
            async with contextlib.aclosing(self._taken(stream.completion, state)) as events:
                async for event in events:
                    yield event
            if state.over is not None:
                yield TurnDone(state.over)
                return

    async def _taken(self, done: Completion[Any], state: "_State") -> AsyncGenerator[AgentEvent]:
        """One answer: its turn into the history, its calls run; or it is asked for once more."""
        if _says_nothing(done) and not state.again:
            state.again, state.extra = True, _with_more_room(done)
            yield Warned("the answer was thoughts alone: asked once more")
            return
        state.steps, state.breaks, state.extra = state.steps + 1, 0, {}
        self._add(done.message)
        if done.calls:
            state.again = False
            state.repeats.count(done.calls)
            async with contextlib.aclosing(self._called(done, state.repeats.reminder)) as events:
                async for event in events:
                    yield event
        elif done.reply.malformed and not state.again:
            state.again = True
            said = f"a tool call could not be read: {done.reply.malformed[0].reason}"
            self._add(Message(role="user", content=told(f"ERROR: {said}")))
            yield Warned(said)
            return
        if not done.calls or state.repeats.hopeless or state.steps >= self.limits.steps:
            why = self._why(done, state.repeats)
            state.over = Turn(completion=done, steps=state.steps, stopped=why)

    def _why(self, done: Completion[Any], repeats: Repeats) -> Stopped:
        if done.calls:
            return "repeats" if repeats.hopeless else "steps"
        if _says_nothing(done):
            return "thoughts-only"
        if done.reply.finish in ("length", "content_filter"):
            return cast("Stopped", done.reply.finish)
        return "done"

    async def _called(self, done: Completion[Any], reminder: str) -> AsyncGenerator[AgentEvent]:
        """Runs what was called. However it ends, each call has a result in the history, in their order."""
        calls = done.calls
        results: dict[int, Result] = {}
        try:
            for call in calls:
                yield ToolStarted(call)
            running = run_calls(calls, self._offered, self.limits)
            async with contextlib.aclosing(running):
                async for result in running:
                    results[id(result.call)] = result
                    yield ToolDone(result)
        finally:
            messages = [results.get(id(call), interrupted(call)).message for call in calls]
            if reminder and messages:
                content = messages[-1].content
                if isinstance(content, str):
                    messages[-1] = msgspec.structs.replace(
                        messages[-1], content=f"{content}\n{told(reminder)}"
                    )
            self._add(*messages)

    # -- between turns -----------------------------------------------------------------------------

    def switch(self, kimi: Kimi) -> Kimi:
        """Asks another client from now on, with the history kept. Gives the one before, for its end."""
        self._idle()
        before, self.kimi = self.kimi, kimi
        # What an overflow showed was of the other model's window.
        self._window = self._again = 0
        if self._session is not None:
            self._session.tell(self._cache_key, kimi.model)
        return before

    def take_back(self) -> Content | None:
        """Forgets the last prompt and all that came of it; gives the prompt, `None` where there is none."""
        self._idle()
        for place in range(len(self._history) - 1, -1, -1):
            message = self._history[place]
            content = message.content
            if message.role != "user" or (isinstance(content, str) and content.startswith(TOLD)):
                continue
            self._rewrite(self._history[:place])
            return content or ""
        return None

    def clear(self) -> None:
        """Forgets the whole conversation; what it used and cost stays counted."""
        self._idle()
        self._window = self._again = 0
        self._rewrite(())

    def _idle(self) -> None:
        if self._running:
            raise LocalProtocolError("a turn is under way", path="agent", remedy="wait for it, or leave it")

    def _rewrite(self, history: tuple[Message, ...]) -> None:
        self._history = history
        if self._session is not None:
            self._session.replace(history)

    # -- beside the conversation -------------------------------------------------------------------

    async def side_question(self, question: str) -> Completion[Any]:
        """An answer from what is known by now; the history stays as it is, also while a turn is under way."""
        messages = [
            *self._asked(self._history),
            Message(role="user", content=f"{told(_ASIDE)}\n\n{question}"),
        ]
        done: Completion[Any] | None = None
        for _ in range(SIDE_TURNS):
            # The same tools as ever, so that the cache holds; the cap is of this request, not of the last.
            done = await self.kimi.generate(messages, **self._fields())
            self._spend(done)
            if not done.calls:
                break
            denied = [Message(role="tool", call_id=call.id, content=told(_DENIED)) for call in done.calls]
            messages += [done.message, *denied]
        assert done is not None
        return done

    # -- compaction --------------------------------------------------------------------------------

    async def compact(self, hint: str = "") -> Compacted | None:
        """Replaces the history but for its last turns by a summary; `hint` says what matters most.

        None where there is nothing to summarise. Raises what the endpoint refuses; the history is then as it
        was.
        """
        return await self._compacted("asked", hint, 0)

    async def _room(self, overflows: int, why: str) -> AsyncGenerator[AgentEvent]:
        """Compacts first where it is time; after an overflow in any case, and closer each time."""
        if why == "due":
            tokens = await self.tokens()
            window = self._limit()
            if not compacting.due(tokens, window, self.compaction) or tokens < self._again:
                return
        event = await self._compacted("due" if why == "due" else "overflow", "", overflows)
        if event is not None:
            yield event
        elif why == "overflow":
            raise LocalProtocolError(
                "the request is too large, and there is nothing before it to compact",
                path="messages",
                remedy="shorten the prompt, the system's words or the tools",
            )

    async def _compacted(self, why: Any, hint: str, overflows: int) -> Compacted | None:
        history = self._history
        cut = compacting.kept_tail(history, max(1, self.compaction.keep - overflows))
        # The last user's words are the task: they stay.
        if not cut:
            return None
        old, tail = history[:cut], history[cut:]
        before = await self.tokens()
        summary = await self._summary(old, tail, hint, shrink=why == "overflow")
        self._rewrite(compacting.summarised(summary, tail))
        after, window = await self.tokens(), self._limit()
        # Where that was not enough, it is not tried again before there is more to gain.
        self._again = after + window // 20 if compacting.due(after, window, self.compaction) else 0
        return Compacted(before=before, after=after, why=why)

    async def _summary(
        self, old: Sequence[Message], tail: Sequence[Message], hint: str, *, shrink: bool
    ) -> str:
        """The summary of the old part: of the conversation itself, then of less and less of its text."""
        cap = await self._summary_cap(tail)
        tries = [compacting.shrunk(old, share, hint) for share in SHRINK]
        if not shrink:
            tries.insert(0, self._asked(compacting.asked(old, hint)))
        failure: MoonwireError | None = None
        for messages in tries:
            fields = self._fields(tool_choice="none", **({"max_completion_tokens": cap} if cap else {}))
            fields.pop("response_format", None)
            try:
                done = await self.kimi.generate(messages, **fields)
            except (ContextOverflow, NoRoom, TooLarge, Overloaded) as error:
                if not _overflowed(error):
                    raise
                failure = error
                continue
            self._spend(done)
            if done.reply.text.strip():
                return done.reply.text.strip()
            failure = LocalProtocolError(
                "the summary came out empty", path="compaction", remedy="raise the cap, or lower the effort"
            )
        assert failure is not None
        raise failure

    async def _summary_cap(self, tail: Sequence[Message]) -> int | None:
        window = self._limit()
        try:
            planned = await self._planned(compacting.summarised("", tail))
        except NoRoom as full:
            return compacting.summary_cap(window, full.estimate, full.floor, 0)
        budget = planned.budget
        if budget.policy == "off":
            # Whoever switched clamping off gets no cap from here either (kimi-api.md D7).
            return None
        return compacting.summary_cap(window, budget.estimate.tokens, budget.floor, budget.estimate.margin)

    # -- small things ------------------------------------------------------------------------------

    def _asked(self, history: Sequence[Message]) -> list[Message]:
        """The messages of a request."""
        system = [Message(role="system", content=self.system)] if self.system else []
        return [*system, *history]

    def _fields(self, **more: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {"prompt_cache_key": self._cache_key, **self._overrides, **more}
        if self._offered:
            fields["tools"] = self.tools
        return fields

    async def _planned(self, history: Sequence[Message]) -> Any:
        return await self.kimi.plan(self._asked(history), **self._fields())

    def _limit(self) -> int:
        """The window; what an overflow showed of it is believed."""
        known = self.kimi.target.window
        return min(known, self._window) if known and self._window else self._window or known

    def _add(self, *messages: Message) -> None:
        self._history = (*self._history, *messages)
        if self._session is not None:
            self._session.add(messages)

    def _spend(self, done: Completion[Any]) -> None:
        self.usage += done.total_usage
        self.cost = None if self.cost is None or done.cost is None else self.cost + done.cost


class _State:
    """How far a turn is."""

    def __init__(self) -> None:
        self.steps = 0
        self.breaks = 0
        """How often the answer under way broke off."""
        self.overflows = 0
        self.again = False
        """Whether the answer was asked for a second time already."""
        self.extra: dict[str, Any] = {}
        """What is changed for that."""
        self.repeats = Repeats()
        self.over: Turn | None = None


def _overflowed(error: MoonwireError) -> bool:
    """Whether a smaller request may do what this one could not (kimi-api.md D4)."""
    return not isinstance(error, Overloaded) or error.maybe_overflow


def _says_nothing(done: Completion[Any]) -> bool:
    return not (done.reply.text.strip() or done.calls or done.reply.malformed)


def _with_more_room(done: Completion[Any]) -> dict[str, Any]:
    """What is changed for the second try: the cap, or the effort (kimi-api.md D11, I7)."""
    advice = escalation(done.budget, done.reply, done.target)
    if advice.action == "cap" and not advice.beyond_caller:
        return {"max_completion_tokens": advice.cap}
    return {"thinking": done.target.efforts[0]} if done.target.efforts else {}


def _whole(history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The history with a result for each call at its end: a crash may have come between."""
    place = len(history) - 1
    while place >= 0 and history[place].role == "tool":
        place -= 1
    if place < 0 or history[place].role != "assistant":
        return history
    answered = {message.call_id for message in history[place + 1 :]}
    missing = [call for call in history[place].calls or () if call.id not in answered]
    return (*history, *(interrupted(call).message for call in missing))


def _less(now: Tokens, before: Tokens) -> Tokens:
    return Tokens(
        input=now.input - before.input,
        cached=now.cached - before.cached,
        output=now.output - before.output,
        reasoning=now.reasoning - before.reasoning,
    )
