"""`moonwire parse`: raw text to reasoning, text and tool calls; one text for people, or a file of records."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import click

from moonwire import parse_text
from moonwire.cli.field import as_path
from moonwire.cli.inputs import Encoding, load_tools, name_of, open_input, read_text
from moonwire.cli.jsontext import Path, dumps
from moonwire.cli.output import open_output
from moonwire.cli.record import Settings, Write
from moonwire.cli.result import flawed, reply_object
from moonwire.core.events import FinishReason

__all__ = ["parse"]

FLAWED = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What stands on the command line, under the names that click gives it."""

    file: str
    family: Literal["auto", "k2", "k3"]
    tools: str | None
    in_reasoning: bool
    finish: FinishReason
    quoted: Literal["hold", "run"]
    encoding_errors: Encoding
    as_json: bool
    strict: bool
    jsonl: bool
    field: Path
    write: Write
    key: str
    output: str | None
    jobs: int | None


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say how raw text is read."""
    options = [
        click.option(
            "--family",
            type=click.Choice(["auto", "k2", "k3"]),
            default="auto",
            show_default=True,
            help="The grammar. auto: decided by the first markup that is seen.",
        ),
        click.option(
            "--tools",
            metavar="TOOLS.JSON",
            help="The tools of the request: a list of OpenAI tools, one tool, or a request body that has "
            '"tools". Mangled call headers are resolved through them.',
        ),
        click.option("--in-reasoning", is_flag=True, help="The prompt left the model inside its reasoning."),
        click.option(
            "--finish",
            type=click.Choice(get_args(FinishReason)),
            default="stop",
            show_default=True,
            help="Why the server stopped: length if at the token limit. A record's own finish_reason wins.",
        ),
        click.option(
            "--quoted",
            type=click.Choice(["hold", "run"]),
            default="hold",
            show_default=True,
            help="A call inside reasoning that then goes on. hold: it was only quoted. run: it is a call.",
        ),
        click.option(
            "--encoding-errors",
            type=click.Choice(["strict", "replace"]),
            default="strict",
            show_default=True,
            help="Input that is not UTF-8. strict: an error that says where. replace: bad bytes are U+FFFD.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _writing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is printed, and those of --jsonl."""
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table."),
        click.option(
            "--strict",
            is_flag=True,
            help="Exit with 1 if a call was cut or markup could not be read. With --jsonl also stop at the "
            "first line that cannot be read.",
        ),
        click.option(
            "--jsonl",
            is_flag=True,
            help="The input is recorded completions, one JSON object per line; print them repaired.",
        ),
        click.option(
            "--field",
            callback=as_path,
            default="choices[0].message.content",
            show_default=True,
            metavar="PATH",
            help="Where in each record the raw text stands.",
        ),
        click.option(
            "--write",
            type=click.Choice(get_args(Write)),
            default="auto",
            show_default=True,
            help="message: put content, reasoning_content, tool_calls and finish_reason in their places in "
            "the record. result: leave it as it is and add the reply under a key. auto: message where "
            "the field belongs to a message, result elsewhere.",
        ),
        click.option(
            "--key",
            default="moonwire",
            show_default=True,
            metavar="NAME",
            help="The key of the reply; with message, of what a message has no place for.",
        ),
        click.option("--output", "-o", metavar="FILE", help="Write there, all or nothing. May be the input."),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Processes to parse with. 1: this one only.  [default: one for each core]",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(short_help="Turn raw text into reasoning, text and tool calls.")
@click.argument("file", default="-", metavar="[FILE|-]")
@_reading
@_writing
@click.pass_context
def parse(ctx: click.Context, /, **given: Any) -> None:
    """Turn what a Kimi model wrote into its reasoning, its text and its tool calls.

    Reads FILE, or standard input, byte for byte.

    \b
      moonwire parse reply.txt --tools tools.json
      moonwire parse --json < reply.txt | jq '.calls[].name'
      moonwire parse --jsonl recorded.jsonl -o repaired.jsonl

    With --jsonl each line is a recorded completion. The raw text in it, at --field, is parsed, and
    what it says is put in its place. A record whose text needs no repair stays as it is, byte for
    byte, and so does every part of the others that is not replaced. A record's own tools (or those of
    its "request") and its finish_reason are used where it has them. Lines that cannot be read are
    passed through and named on stderr. Calls that were cut are never put among tool_calls; they go
    under the key moonwire, with what could not be read and a note for each repair.

    Exit status: 0 done; 1 some lines could not be read, or --strict found a flaw; 2 not done.
    """
    options = Options(**given)
    _refuse_what_does_not_go_together(ctx, options)
    whole = _repair_records(options) if options.jsonl else _parse_one(options)
    ctx.exit(0 if whole else FLAWED)


def _refuse_what_does_not_go_together(ctx: click.Context, options: Options) -> None:
    """An option that would do nothing is a misunderstanding, better cleared up at once."""
    if options.jsonl and options.as_json:
        raise click.UsageError("--json and --jsonl exclude each other: what --jsonl prints is JSON already.")
    if options.file == "-" == options.tools:
        raise click.UsageError("The raw text and the tools cannot both come from standard input.")
    for name in ("field", "write", "key", "output", "jobs"):
        if not options.jsonl and ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} says something about records; add --jsonl.")


def _parse_one(options: Options) -> bool:
    tools = load_tools(options.tools) if options.tools else None
    reply = parse_text(
        read_text(options.file, options.encoding_errors),
        family=options.family,
        tools=tools,
        in_reasoning=options.in_reasoning,
        quoted=options.quoted,
        finish=options.finish,
    )
    if options.as_json:
        click.echo(dumps(reply_object(reply)).encode())
    else:
        from moonwire.cli.render import show

        show(reply, tools_known=tools is not None)
    return not (options.strict and flawed(reply))


def _repair_records(options: Options) -> bool:
    from moonwire.cli.bulk import run
    from moonwire.cli.progress import watch

    settings = Settings(
        name=name_of(options.file),
        field=options.field,
        write=options.write,
        key=options.key,
        tools=tuple(load_tools(options.tools)) if options.tools else None,
        family=options.family,
        quoted=options.quoted,
        finish=options.finish,
        in_reasoning=options.in_reasoning,
        encoding=options.encoding_errors,
        strict=options.strict,
    )
    with open_input(options.file) as source, open_output(options.output) as output:
        with watch(source, to_file=options.output is not None) as meter:
            tally = run(source, output, settings, jobs=options.jobs or _cores(), meter=meter)
        if tally.stopped:
            output.discard()
    if tally.stopped:
        kept = f"; {options.output} is as it was" if options.output else ""
        click.echo(f"moonwire: {tally.stopped}\nmoonwire: stopped there, as --strict asks{kept}", err=True)
        return False
    click.echo(f"moonwire: {tally.summary}", err=True)
    return not tally.counts["unreadable"] and not (options.strict and tally.counts["malformed"])


def _cores() -> int:
    """The cores that this process may use, which in a container are not all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
