"""Every code that a note of planning, exchanging or restoring can carry: whose, and what it means.

A note's reason speaks of one case; this list is for whoever meets a code in a header, a log or a
dashboard. `docs/healing.md` and `docs/gateway.md` print it, and a test holds it to be exactly what the
source can write. The codes of raw text are the parser's own (docs/raw-text.md).
"""

from typing import Final

import msgspec

from moonwire.core.notes import Level

__all__ = ["CODES", "Code", "markdown_table", "meaning"]

INFO: Final[tuple[Level, ...]] = ("info",)
WARNING: Final[tuple[Level, ...]] = ("warning",)
EITHER: Final[tuple[Level, ...]] = ("info", "warning")


class Code(msgspec.Struct, frozen=True):
    """One code. `part` is the module that writes it: a pass, or `plan`, `budget`, `restore`."""

    name: str
    part: str
    levels: tuple[Level, ...]
    meaning: str


def _of(part: str, *rows: tuple[str, tuple[Level, ...], str]) -> tuple[Code, ...]:
    return tuple(Code(name, part, levels, meaning) for name, levels, meaning in rows)


_ROWS: Final[tuple[Code, ...]] = (
    *_of(
        "plan",
        ("pass-off", INFO, "a pass is switched off; what it heals is sent as it came"),
        ("model-renamed", INFO, "the model's id was replaced by the one that the endpoint knows"),
    ),
    *_of(
        "messages",
        ("role-developer", INFO, "the role `developer` became one that the target knows"),
        ("role-function", INFO, "the role `function` became `tool`"),
        ("name-stripped", EITHER, "a message's `name` was left out; a warning where it told users apart"),
        ("function-call", INFO, "a call in the old field `function_call` was written as `tool_calls`"),
        ("refusal-as-text", INFO, "a turn that only held a `refusal` got it as its text"),
        ("assistant-empty", EITHER, "an empty assistant turn was left out; a warning if it held thoughts"),
        ("assistant-thoughts-only", INFO, "a turn of thoughts alone got one space as its text"),
        ("user-first", INFO, "a line of the user's was put before an assistant that spoke first"),
        ("neighbours-merged", EITHER, "two messages of one role became one; a warning if names differ"),
        ("partial-misplaced", INFO, "the mark of a begun answer was removed where it means nothing"),
        ("prefill-respelled", INFO, "the answer's beginning was marked in the target's way"),
        ("prefill-lost", WARNING, "the target cannot go on from a beginning; it writes a turn of its own"),
    ),
    *_of(
        "content",
        ("content-as-text", INFO, "content that was neither text nor parts was written as text"),
        ("text-part-blank", INFO, "a text part with nothing in it was left out"),
        ("result-blank", INFO, "a tool result without content got a text that says so"),
        ("call-content-blank", INFO, "a turn of calls now says in the target's way that it has no text"),
        ("part-respelled", INFO, "a part of another dialect was written as Chat Completions has it"),
        ("thoughts-from-parts", INFO, "thoughts among the parts of an assistant's text were moved out of it"),
        ("document-as-text", INFO, "a plain-text document became a text part"),
        ("tool-reference", INFO, "a `tool_reference` became a text that names the tool"),
        ("media-placeholder", WARNING, "a picture, film or other part was replaced by a text about it"),
        ("control-text", INFO, "control texts in user or tool content were broken up"),
    ),
    *_of(
        "pairing",
        ("calls-misplaced", WARNING, "calls on a message that is not an assistant's were left out"),
        ("call-id", INFO, "a call without an id, or with one used twice in its turn, got its own"),
        ("call-shape", INFO, "a call in an unusual shape was written in the usual one"),
        ("result-moved", INFO, "a result was moved to stand behind the turn that called"),
        ("result-id", INFO, "a result got the id of the call that it answers"),
        ("result-by-order", EITHER, "a result was paired by name or order; a warning if it had an id"),
        ("result-duplicate", WARNING, "of several results of one call only the last was kept"),
        ("result-orphan", WARNING, "a result whose call is not in the conversation was left out"),
        ("result-missing", WARNING, "a call without a result got one that says that there is none"),
        ("arguments-repaired", INFO, "arguments that plainly mean a JSON object were written as one"),
        ("arguments-unreadable", WARNING, "arguments that are no JSON object became `{}`"),
        ("arguments-quoted", INFO, "the result quotes to the model the arguments that were given up"),
    ),
    *_of(
        "tools",
        ("functions-as-tools", INFO, "`functions` and `function_call` of old became tools and a choice"),
        ("tool-shape", INFO, "a tool in another dialect's shape was written in the usual one"),
        ("tool-renamed", INFO, "a tool's name was made legal, in tools, choice and history"),
        ("call-renamed", INFO, "an earlier call of a tool that is not offered got a legal name"),
        ("tool-duplicate", EITHER, "a second tool of one name was left out; a warning if they differ"),
        ("tool-builtin", WARNING, "a builtin function that the server has not was left out"),
        ("tool-dropped", WARNING, "a tool was left out because `drop_tools` names it"),
        ("tools-hoisted", INFO, "tools that a message brought are offered from the start"),
        ("tools-apart", INFO, "tools that came in a message got a system message of their own"),
        ("choice-dropped", INFO, "a free tool choice was left out: no tool is left"),
        ("tools-unsupported", WARNING, "tools are offered to a model that takes none"),
        ("tools-many", WARNING, "more tools than the server documents as its limit; all are sent"),
        ("parallel-kept-here", INFO, "the server does not know `parallel_tool_calls`; moonwire keeps to it"),
    ),
    *_of(
        "schemas",
        (
            "schema-compiled",
            INFO,
            "a schema was rewritten with the same meaning, or what was no schema repaired",
        ),
        ("arguments-renamed", INFO, "earlier calls were written with the new names of their properties"),
        ("schema-loosened", WARNING, "a part of a schema is no longer enforced; the model is told in words"),
        ("schema-degraded", WARNING, "a tool was sent with an open schema because `degrade` names it"),
    ),
    *_of(
        "thinking",
        ("thinking-set", INFO, "a field about thinking was added"),
        ("thinking-respelled", INFO, "the wish to think was written in the fields that this server reads"),
        ("thinking-unavailable", WARNING, "thinking was asked for, and this model does not think"),
        ("thinking-stays-on", WARNING, "no thinking was asked for, and this model always thinks"),
        ("thinking-lowered", WARNING, "no thinking was asked for; the lowest effort is the nearest"),
        ("thinking-off-for-search", WARNING, "thinking was turned off because of the built-in search"),
        ("thinking-off-for-choice", WARNING, "thinking was turned off because a call is forced"),
        ("choice-single-tool", EITHER, "a named choice became `required`; a warning if others stay offered"),
        ("choice-respelled", INFO, "a choice in the words of another dialect, in those of Chat Completions"),
        ("choice-named", INFO, "`required` became the name of the one tool there is"),
        ("choice-allowed", EITHER, "only the allowed tools are offered; a warning if messages bring others"),
        ("choice-weakened", WARNING, "a forced call became `auto`; the answer is checked for the call"),
        ("effort-clamped", EITHER, "the effort became the nearest legal one; a warning if that is weaker"),
        ("keep-unavailable", WARNING, "the server cannot be asked to use earlier reasoning"),
        ("effort-ignored", WARNING, "the effort was left out: this model knows none"),
        ("format-named", INFO, "a schema for the answer got the name that the server wants"),
    ),
    *_of(
        "reasoning",
        ("reasoning-from-tags", INFO, "reasoning between think tags in the text was moved to its field"),
        ("reasoning-conflict", WARNING, "two fields told different reasoning; one was kept"),
        ("reasoning-restored", INFO, "a turn's own remembered reasoning was put back"),
        ("reasoning-filler", INFO, "a stand-in was put where reasoning is required and not known"),
        ("reasoning-renamed", INFO, "reasoning was moved to the field that the server reads"),
        ("reasoning-unified", INFO, "a second field with a turn's reasoning was left out"),
        ("reasoning-refused", EITHER, "the server refuses the field of reasoning; a warning if it held any"),
    ),
    *_of(
        "ids",
        ("id-canonical", INFO, "a call's id became `functions.NAME:N`, N counted over the history"),
        ("id-native", INFO, "a call got the id that the model itself had written"),
        ("id-opaque", INFO, "a missing or repeated id was replaced by one of its own"),
    ),
    *_of(
        "sampling",
        ("sampling-fixed", EITHER, "a field that the model fixes was left out; a warning if it differed"),
        ("sampling-clamped", WARNING, "a value was moved into the legal range"),
        ("stop-dropped", WARNING, "stop strings beyond the server's limits were left out"),
        ("answers-fanned-out", INFO, "several answers are asked for one by one"),
    ),
    *_of(
        "fields",
        ("usage-asked", INFO, "the stream is asked to say what it used"),
        (
            "field-refused",
            EITHER,
            "a field that the server refuses was left out; a warning if it said anything",
        ),
        ("cache-key", INFO, "a key was set by which the cache finds the conversation"),
    ),
    *_of(
        "budget",
        ("cap-default", INFO, "the caller set no output cap; the target's or the operator's is sent"),
        ("cap-renamed", INFO, "the cap moved to the field that the endpoint knows"),
        ("caps-both", EITHER, "of two cap fields one was left out; a warning if they differed"),
        ("cap-clamped", WARNING, "the cap was lowered to what the window or the model has"),
        ("cap-raised", INFO, "the cap was raised, as the settings allow"),
        ("cap-below-floor", WARNING, "the cap may go into thoughts whole, with no visible answer"),
        ("cap-tight", WARNING, "the window is nearly full; less is kept free than the estimate asks"),
        ("cap-null", INFO, "a cap of null was left out (kimi-cli's policies)"),
        ("cap-junk", WARNING, "a cap that is no whole number was left out (kimi-cli's policies)"),
    ),
    *_of(
        "restore",
        (
            "arguments-not-an-object",
            WARNING,
            "the model's arguments are no JSON object; delivered as they are",
        ),
        (
            "finish-half-call",
            WARNING,
            "a call is not whole, so the reason became `length`: it is not to run",
        ),
        ("arguments-violate-schema", WARNING, "the arguments break the caller's own schema"),
        ("arguments-not-restored", WARNING, "renamed properties could not be named back"),
        ("thoughts-cut", WARNING, "the answer was cut in thoughts that came as text; they are reasoning"),
        ("parallel-call-dropped", WARNING, "a further call was held back: one at a time was asked for"),
        ("schema-unchecked", INFO, "parts of the caller's schema could not be checked"),
        ("tool-choice-missed", WARNING, "the answer lacks the call that was asked for"),
    ),
    *_of(
        "reader",
        ("arguments-empty", INFO, "a whole call without arguments got an empty object"),
        ("events-unreadable", WARNING, "events of the server's stream were no JSON and were left out"),
    ),
    *_of(
        "functions",
        ("tool-as-function", INFO, "a tool of another kind was offered as a function of its name"),
        ("tool-hosted", WARNING, "a tool that runs on OpenAI's servers alone was left out"),
        ("tool-choice-hosted", WARNING, "a tool that is not offered was not forced"),
        ("reasoning-sealed", WARNING, "reasoning that somebody else encrypted was left out"),
        ("item-as-text", WARNING, "an item that no model knows was told as text"),
    ),
    *_of(
        "reading",
        ("finish-synthesised", INFO, "the stream had no end, and its calls show that it was whole"),
        ("error-behind-end", WARNING, "the server told of an error behind the end of its answer"),
    ),
    *_of(
        "answer",
        ("answer-resumed", WARNING, "a text that broke off was continued by a new request"),
    ),
    *_of(
        "images",
        ("image-inlined", INFO, "a picture behind a URL was loaded by the gateway and put into the request"),
        ("image-not-fetched", WARNING, "a picture behind a URL was not loaded"),
    ),
    *_of(
        "exchange",
        ("refusal-repaired", INFO, "the server refused; what it named was mended and sent again"),
        ("request-retried", INFO, "the request was sent again after a failure"),
        ("request-hedged", INFO, "nothing was heard for a while, so the same was asked a second time"),
        ("upstream-fallback", WARNING, "another upstream of the route was asked"),
        ("answer-escalated", EITHER, "an answer without words was asked for again, with more room"),
    ),
    *_of(
        "environment",
        ("env-junk", WARNING, "a variable of the environment holds what it cannot mean, and is passed over"),
    ),
)

CODES: Final[dict[str, Code]] = {code.name: code for code in _ROWS}
"""Every code by its name, in the order of the passes."""


def meaning(code: str) -> str:
    """What a code means, whatever request it stands in; nothing for one that is not planning's.

    >>> meaning("result-orphan")
    'a result whose call is not in the conversation was left out'
    """
    found = CODES.get(code)
    return found.meaning if found else ""


def markdown_table(part: str) -> str:
    """The codes of one part as a table of Markdown.

    >>> print(markdown_table("plan"))
    | code | level | what it says |
    |---|---|---|
    | `pass-off` | info | a pass is switched off; what it heals is sent as it came |
    | `model-renamed` | info | the model's id was replaced by the one that the endpoint knows |
    <BLANKLINE>
    """
    head = ["| code | level | what it says |", "|---|---|---|"]
    rows = [
        f"| `{code.name}` | {' or '.join(code.levels)} | {code.meaning} |"
        for code in _ROWS
        if code.part == part
    ]
    return "\n".join([*head, *rows]) + "\n"
