"""What went wrong in each incident, and how moonwire ends it, in a line each; and which no caller can provoke."""

__all__ = ["TOLD", "UNPROVOKED"]

TOLD: dict[int, tuple[str, str]] = {
    1: (
        "empty reasoning of a turn of calls is refused by k2.5 and k2.6",
        "the turn's own reasoning comes back; where nobody knows it, one space",
    ),
    2: ("the same, and each turn of calls went to the fallback provider", "as 1"),
    3: (
        "a compaction or another model's turns leave calls without reasoning",
        "own reasoning where it is remembered, else one space",
    ),
    4: (
        "a client repaired that by switching thinking off",
        "the reasoning comes back, and thinking stays as it was",
    ),
    5: (
        "the second request of a tool loop is refused on the coding endpoint",
        "the reasoning comes back; the client's own User-Agent goes through",
    ),
    6: ("an adapter has no field for reasoning", "the reasoning comes back"),
    8: (
        "sessions from before reasoning was kept are refused under keep=all",
        "one space on every turn, in what is sent alone",
    ),
    9: (
        "a placeholder distorted what the model had really said, which was nothing",
        "empty reasoning is sent again as it was",
    ),
    11: (
        "a repair hung on a list of models that lacked the new one",
        "what a model needs is in the table of targets, under all of its names",
    ),
    12: (
        "a client drops reasoning: turns of calls are refused, plain ones are not",
        "turns of calls get theirs back",
    ),
    13: ("a client loses reasoning both ways", "the memory has each turn's own"),
    15: (
        "a client writes arguments anew and drops reasoning",
        "a turn is known by its ids and by what its arguments mean",
    ),
    16: (
        "refused right after the first tool, with an empty part besides",
        "the reasoning comes back, the empty part goes",
    ),
    18: (
        "reasoning was kept only for a provider of another name",
        "the reasoning comes back under the model's own name",
    ),
    19: (
        "reasoning got lost between OpenRouter's fields and Moonshot's",
        "all names are one; what is lost comes from memory; the refusal inside the vendor's is read and repaired",
    ),
    20: ("a field's name was misspelled", "the memory knows the turn; the wrong field does no harm"),
    22: ("a proxy lost thoughts and put words in their place", "own reasoning, else one space, never words"),
    23: ("a list of hosts lacked the coding endpoint", "the endpoint's row decides, by its address"),
    25: (
        "a pattern for model names missed newer ones; thoughts counted as text",
        "aliases lead to the model; thoughts stay thoughts",
    ),
    26: ("the coding endpoint thinks though nobody asked it to", "its row says so, and reasoning comes back"),
    27: ("a shim removed blocks of thoughts", "blocks become reasoning; removed ones come from memory"),
    29: (
        "a relay wrapped the refusal, with another type and a suffix",
        "refusals are read by their words: repaired, and asked again once",
    ),
    30: (
        "an empty piece of reasoning in each delta made thousands of parts",
        "empty pieces behind the first are not passed on",
    ),
    32: (
        "reasoning was sent and paid for, and then ignored",
        "k2.6 is told to keep it; k2.5, which does not know the field, is not",
    ),
    33: ("a sub-agent switches off what cannot be switched off", "thinking stays enabled, with a warning"),
    34: ("a proxy wrote an effort where a type belongs", "the one legal value, with a warning"),
    36: (
        "saved efforts were refused when K3 came out",
        "the nearest effort of the catalogue; what a refusal teaches is learned",
    ),
    37: ("an effort was ignored without a word", "it becomes the switch of thinking, with a warning"),
    39: (
        "thinking switched off, and the thoughts in the text",
        "whole: moved to where they belong. Streamed: only their end tells what they were; they stay text, and a note says so",
    ),
    40: (
        "a server without a reasoning parser gives thoughts as text",
        "as 39; from the second answer on they are thoughts, streamed too. Calls are read in any case",
    ),
    41: (
        "thoughts that the cap cut were taken for an answer",
        "whole: asked once to think less, then the error `thoughts_only`. Streamed: the reason `length`, and a note",
    ),
    42: (
        "ids without their punctuation make the model stop calling",
        "canonical ids upstream, whatever comes back; alphanumeric ones for the caller",
    ),
    43: ("one such id and the model says nothing", "canonical ids upstream"),
    44: (
        "the model imitates ruined ids, and its calls are not recognised",
        "canonical ids in, a tolerant reading out",
    ),
    46: ("the same on SGLang, and the call stayed text", "as 44"),
    47: ("numbers that begin anew each turn confuse the model", "numbers count over the whole history"),
    48: ("K3's ids repeat once history is cut, and a loop never ends", "the caller's ids never repeat"),
    50: ("one id for calls of several turns", "ids of its own for each call, on both sides"),
    51: ("the same id in each turn", "as 50"),
    53: ("UUIDs confuse the model", "canonical ids upstream"),
    54: ("UUIDs, and two calls in one section", "canonical ids upstream, two calls for the caller"),
    55: ("one id twice is refused", "the later one is renamed, and its result with it"),
    57: ("native ids twice", "each call has its own, results in the order of their calls"),
    58: ("a result whose call was compacted away blocks the session", "it is left out, with a warning"),
    60: ("an interrupted call has no result", "it gets one that says so"),
    61: ("the user speaks between a call and its result", "the result moves to its call"),
    62: ("the token counter refuses the same histories", "what is counted is healed first"),
    64: (
        "a type beside anyOf, items in a list",
        "compiled to what the service takes; the call fits the caller's own schema",
    ),
    65: ("a union at the root of one tool's schema fails the turn", "it becomes one object"),
    67: ("a tool's name begins with a digit", "renamed for the server, named back for the caller"),
    68: ("a tool's name has dots and slashes", "as 67"),
    69: ("a required name without a property", "dropped or declared, so that no instance changes"),
    71: ("true as a schema", "any value"),
    72: ("the coding endpoint refuses type beside anyOf", "as 64"),
    74: ("the same inside an array", "as 64"),
    75: ("a named tool while the model thinks", "no thinking for that turn, and the tool is called"),
    76: (
        "a required call while the model thinks",
        "no thinking for that turn; where it cannot be off, a free choice that is checked",
    ),
    78: ("a named tool on K3", "that tool alone, and a call required"),
    79: ("an effort beside thinking switched off", "the effort goes"),
    81: ("an empty text beside calls", "the content goes"),
    82: ("content left out where the key is wanted", "null, where the server wants it or says so"),
    83: ("an empty text on Ark", "null"),
    85: ("turns of calls with an empty text, on DashScope", "the content goes"),
    86: (
        "an answer of thoughts alone cannot be sent back",
        "one space as its text; whole: a larger cap once, then the error `thoughts_only`",
    ),
    88: ("the client's own empty row", "left out"),
    89: ("an empty block of text", "left out"),
    90: ("blank parts in a compaction's prompt", "left out"),
    92: ("the role developer", "system"),
    93: ("a begun answer is ignored by vLLM", "vLLM's own two fields for it"),
    95: (
        "a cap of 16 is used up by thoughts",
        "whole: the error `thoughts_only`, which names the cap. Streamed: the reason `length`. Raised where the operator allows it",
    ),
    96: ("the same with a JSON answer", "as 95"),
    97: (
        "an overflow that agents do not recognise",
        "`context_length_exceeded`, before anything is sent or by the server's words",
    ),
    99: (
        "one temperature alone is taken, and then not even that",
        "left out; where leaving it out is refused, one more try and the server's own words",
    ),
    100: ("0.1 is taken by one model and not by the next", "left out"),
    102: ("NVIDIA fixes top_p", "left out; learned where nobody knows the server"),
    103: ("usage in the choice alone was lost", "read there, and told in both places"),
    104: ("usage behind the choices was skipped", "read there, and told in both places"),
    106: ("a function's name in several deltas", "put together"),
    107: ("calls inside the thoughts", "read there"),
    109: ("several calls inside the thoughts, and the turn ends", "read there, with the reason `tool_calls`"),
    110: ("no end mark at the cap lost every call", "whole calls are delivered, with the reason `length`"),
    111: ("a call without its beginning", "read by the tools that are offered"),
    113: ("arguments in a string, and no call", "read and unquoted"),
    114: ("markup inside an argument", "delivered, checked against the caller's schema, with a warning"),
    116: ("half the arguments were run", "half a call never has the reason `tool_calls`"),
    117: (
        "silence within an answer lasts for ever",
        "whole: asked again. Streamed: the error `idle_timeout` behind what arrived",
    ),
    118: (
        "everything but the end",
        "calls that are whole: the end is supplied. A text: asked again, or the error `idle_timeout`",
    ),
    120: ("store silences the answer", "left out"),
    121: ("overloaded for long", "a few more tries, then the error `overloaded`"),
    123: (
        "an unwelcome client is told of an overload",
        "its name goes through unchanged; the error says what it may be",
    ),
    124: ("Moonshot's own client was refused", "one request, and an error that says why"),
    125: ("a client that the coding plan does not know", "one request, and an error that says what to do"),
    127: ("flagged text stays in the history", "one request, and `content_filter` with where to look"),
    128: ("a filtered answer was asked for again", "the reason `content_filter`, once"),
    130: ("a key of the other region", "an error that names the other host"),
    131: (
        "a reference to a tool in a tool's result",
        "a text that names the tool, and the tool with its schema",
    ),
    132: ("the same stays in the history", "healed in every request"),
    134: (
        "an opaque refusal, now and then and then always",
        "one more try, and an error that says where to look",
    ),
    135: (
        "items of a tool search in a Responses conversation are refused",
        "told as a call and its result; what it brought is offered, and calls come back as they were",
    ),
    137: ("Fireworks refuses fields of messages", "one name for reasoning, and what is refused is learned"),
    138: ("Cerebras refuses the field of reasoning", "the name that it takes; on Groq, none"),
}

UNPROVOKED: dict[int, tuple[str, str]] = {}
"""What went wrong, and why no caller can provoke it."""
