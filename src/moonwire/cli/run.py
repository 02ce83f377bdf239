"""`moonwire run`: one task, with tools, for scripts and pipes."""

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from moonwire.cli.inputs import STDIN, read_text
from moonwire.cli.jsontext import dumps
from moonwire.cli.talk.options import Talk, talk_options
from moonwire.core.errors import LocalProtocolError, MoonwireError

if TYPE_CHECKING:
    from moonwire.agent import Agent
    from moonwire.cli.talk.forms import Wanted
    from moonwire.cli.talk.report import Report
    from moonwire.cli.talk.writing import Writer

__all__ = ["run"]

OTHERWISE = 1
FAILED = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """How the result comes out."""

    stream: bool
    form: Literal["text", "json", "jsonl"]
    quiet: bool


@click.command(short_help="Do one task, with tools, for scripts and pipes.")
@click.argument("task", nargs=-1, metavar="[TASK…|-]")
@talk_options
@click.option("--schema", metavar="FILE|MODULE:TYPE", help="The form of the answer, which comes as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print every event as a line of JSON.")
@click.option("--stream", is_flag=True, help="Print the answer as it comes, also into a pipe.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of tools and the like on standard error.")
@click.pass_context
def run(ctx: click.Context, talk: Talk, /, task: tuple[str, ...], schema: str | None, **shape: bool) -> None:
    """Give a Kimi model a task, let it use tools, and print its last answer.

    The task is what the arguments say; - stands for standard input, which is read too where there are none.
    The tools that are named run without further questions. Progress goes to standard error.

    \b
      moonwire run "Say 'hello'."
      git diff | moonwire run "Review this:" -
      moonwire run "What is 17 * 4?" --tools calc.py:multiply --json | jq .text
      moonwire run "Where is Oslo?" --schema shapes.py:City

    Without a key anywhere a simulated Kimi answers, and says so.

    With --json: {"text", "value", "reasoning", "finish", "stopped", "steps", "usage", "cost", "calls",
    "notes", "trace", "model", "simulated", "error"}; value stands there with --schema, error where there was
    one. With --jsonl each event is a line, and that object the last.

    Exit status: 0 done; 1 the turn ended otherwise (its cap, its steps, repeats, thoughts alone, another form
    than the schema's); 2 not done; 130 interrupted. What was said until then stays in the --session.
    """
    if shape["as_json"] and shape["as_lines"]:
        raise click.UsageError("--json and --jsonl exclude each other.")
    form: Literal["text", "json", "jsonl"] = "jsonl" if shape["as_lines"] else "text"
    form = "json" if shape["as_json"] else form
    stream = form == "text" and (shape["stream"] or (sys.stdout.isatty() and schema is None))
    prompt = _prompt(task)
    ctx.exit(_ran(talk, prompt, schema, Shape(stream=stream, form=form, quiet=shape["quiet"])))


def _prompt(words: tuple[str, ...]) -> str:
    """The task: words as a sentence, standard input where a - stands, as a paragraph of its own."""
    if not words and sys.stdin.isatty():
        raise LocalProtocolError("there is no task", path="TASK", remedy='moonwire run "Say hello."')
    parts: list[str] = []
    said: list[str] = []
    for word in words or (STDIN,):
        if word == STDIN:
            parts += [" ".join(said), read_text(STDIN, "replace").strip()]
            said = []
        else:
            said.append(word)
    prompt = "\n\n".join(filter(None, [*parts, " ".join(said).strip()]))
    if not prompt:
        raise LocalProtocolError("the task is empty", path="TASK", remedy='moonwire run "Say hello."')
    return prompt


def _ran(talk: Talk, prompt: str, schema: str | None, shape: Shape) -> int:
    import asyncio

    from moonwire.cli.talk.forms import wanted
    from moonwire.cli.talk.opening import SIMULATED, begin, opened
    from moonwire.cli.talk.report import Report
    from moonwire.cli.talk.writing import Writer

    writer = Writer(stream=shape.stream, quiet=shape.quiet)
    # What tools print is no part of the answer.
    with contextlib.redirect_stdout(sys.stderr), opened(talk) as place:
        want = wanted(schema) if schema else None
        agent = begin(talk, place, **({"response_format": want.form} if want else {}))
        if place.simulated:
            # Also with --quiet: nobody should take these words for a model's.
            click.echo(f"moonwire: {SIMULATED}", err=True)
        report = Report(agent.kimi.model, simulated=place.simulated)
        doing = _Run(agent, report, writer, want, shape)
        return asyncio.run(doing.status(prompt))


class _Run:
    """One turn, and what is printed of it."""

    def __init__(
        self, agent: "Agent", report: "Report", writer: "Writer", want: "Wanted | None", shape: Shape
    ) -> None:
        self._agent = agent
        self._report = report
        self._writer = writer
        self._want = want
        self._shape = shape

    async def status(self, prompt: str) -> int:
        """Does it; gives the exit status."""
        from moonwire.client import WrongForm

        async with self._agent.kimi:
            try:
                await self._turn(prompt)
            except MoonwireError as error:
                self._writer.end()
                if self._shape.form != "text":
                    self._writer.data(dumps(self._report.failed(error, self._agent.usage, self._agent.cost)))
                self._complain(error)
                return OTHERWISE if isinstance(error, WrongForm) else FAILED
        return self._ended()

    async def _turn(self, prompt: str) -> None:
        from moonwire.cli.talk.report import line

        async with contextlib.aclosing(self._agent.stream(prompt)) as events:
            async for event in events:
                self._report.feed(event)
                self._writer.feed(event)
                if self._shape.form == "jsonl" and (said := line(event)) is not None:
                    self._writer.data(dumps(said))

    def _ended(self) -> int:
        from moonwire.cli.talk.words import STOPPED

        turn = self._report.turn
        assert turn is not None
        value = turn.completion.value
        trouble = self._want.trouble(value) if self._want is not None and turn.ok else ""
        said = self._report.done(turn, trouble)
        if self._shape.form != "text":
            self._writer.data(dumps(said))
        elif value is not None and not self._shape.stream:
            self._writer.whole(dumps(said["value"]))
        else:
            self._writer.whole(turn.text)
        if trouble:
            click.echo(f"moonwire: the answer is not of the form: {trouble}", err=True)
        elif not turn.ok:
            click.echo(f"moonwire: {STOPPED[turn.stopped]}", err=True)
        return OTHERWISE if trouble or not turn.ok else 0

    def _complain(self, error: MoonwireError) -> None:
        from moonwire.cli.talk.words import error_lines

        first, *more = error_lines(error, chat=False)
        for text in (f"moonwire: {first}", *more):
            click.echo(text, err=True)
