"""The universal cases in the K2 grammar."""

from tests.contract.table import Case, Want
from tests.core.rawtext.marks import AB, CB, CE, SB, SB1, SE, SE1, THINK, UNTHINK, W2, W, call

__all__ = ["K2_CASES"]

GW, GW1 = "functions.get_weather:0", "functions.get_weather:1"
ONE, TWO = ("get_weather", W), ("get_weather", W2)
C1, C2 = call(GW, W), call(GW1, W2)
BYE = "functions.search-documents:0"
QUOTED = f'{{"content": "{SB}{CB}functions.x:0{AB}{{}}{CE}{SE}"}}'
NUMBERS = '{"a": 12345678901234567890123, "b": 1.10, "c": 1e3}'
LONG = '{"content":"' + "x" * 9000 + '"}'
PRETTY = '{\n  "city": "Paris"\n}'

PLAIN = [
    Case("plain text", "text around calls", "Hello there.", Want(text="Hello there.")),
    Case("one call", "single call", SB + C1 + SE, Want((ONE,)), row="S01"),
    Case("arguments longer than 8 KB", "single call", SB + call("functions.write_file:0", LONG) + SE,
         Want((("write_file", LONG),)), source="vllm#34442"),
    Case("pretty-printed arguments", "single call", SB + call(GW, PRETTY) + SE, Want((("get_weather", PRETTY),)), literal=True, row="S22"),
    Case("non-ASCII arguments", "single call", SB + call(GW, '{"city": "東京 🌦️"}') + SE, Want((("get_weather", '{"city": "東京 🌦️"}'),)), row="S40"),
    Case("two calls", "parallel calls", SB + C1 + C2 + SE, Want((ONE, TWO)), source="sglang#22173"),
    Case("two calls, the same id", "parallel calls", SB + C1 + call(GW, W2) + SE, Want((ONE, TWO)), row="S38"),
    Case("two calls, counted over the conversation", "parallel calls",
         SB + call("functions.get_weather:7", W) + call("functions.get_weather:8", W2) + SE, Want((ONE, TWO))),
    Case("two sections, prose between", "parallel calls", f"A {SB}{C1}{SE} B {SB}{C2}{SE}", Want((ONE, TWO), text="A  B "), row="S05"),
    Case("text before", "text around calls", "Hi. " + SB + C1 + SE, Want((ONE,), text="Hi. "), row="S02", source="vllm#38353"),
    Case("text after", "text around calls", SB + C1 + SE + "Done.", Want((ONE,), text="Done."), source="dynamo#9594"),
    Case("text between calls", "text around calls", SB + C1 + " and " + C2 + SE, Want((ONE, TWO)), row="S04", source="vllm#28543"),
    Case("text before the first call of a section", "text around calls", f"Hm.{SB}spurious{C1}{SE}", Want((ONE,), text="Hm."), source="vllm#28543"),
    Case("an empty section", "text around calls", f"x{SB}{SE}y", Want(text="xy"), row="S41"),
]  # fmt: skip -- a row that stands on one line is compared with the row above it

MISSING = [
    Case("no section end, end of stream", "missing section end", SB + C1, Want((ONE,)), source="dynamo#8208"),
    Case("no section end, at the cap", "missing section end", SB + C1, Want((ONE,)), reason="length", source="dynamo#8208"),
    Case("no section end, prose follows", "missing section end", SB + C1 + " Done.", Want((ONE,), text=" Done.")),
    Case("no call end, end of stream", "missing call end", SB + CB + GW + AB + W, Want((ONE,)), row="S07"),
    Case("no call end, section end", "missing call end", SB + CB + GW + AB + W + SE, Want((ONE,))),
    Case("no call end, next call", "missing call end", f"{SB}{CB}{GW}{AB}{W}{C2}{SE}", Want((ONE, TWO)), row="S10"),
    Case("no section around a call", "missing section", C1, Want((ONE,)), row="S11"),
    Case("no section, two calls", "missing section", C1 + C2, Want((ONE, TWO))),
    Case("singular section tokens", "missing section", SB1 + C1 + SE1, Want((ONE,)), source="llama.cpp#17376"),
    Case("half of the markers stripped", "missing section", f"get_weather:0{AB}{W}{SE}", Want((ONE,)), source="typeclaw#344"),
    Case("cut inside the arguments", "truncated, one call", SB + CB + GW + AB + '{"city": "Par',
         Want(cut=("get_weather", '{"city": "Par')), reason="length", row="S08"),
    Case("cut before the arguments", "truncated, one call", SB + CB + GW + AB, Want(cut=("get_weather", "")), reason="length"),
    Case("the second call cut", "truncated, several calls", SB + C1 + CB + GW1 + AB + '{"ci',
         Want((ONE,), cut=("get_weather", '{"ci')), reason="length", source="dynamo#8208"),
    Case("the third call cut, text before", "truncated, several calls", "Hi. " + SB + C1 + C2 + CB + BYE + AB + '{"q": ',
         Want((ONE, TWO), text="Hi. ", cut=("search-documents", '{"q": ')), reason="length"),
    Case("orphan end markers", "stray markers", f"ok {CE}{SE} bye", Want(text="ok  bye"), row="S34"),
    Case("half a marker in prose", "stray markers", "use <|tool_calls_sec for it", Want(text="use <|tool_calls_sec for it"), row="S31"),
    Case("text ends in half a marker", "stray markers", "see <|tool_calls_section_beg", Want(text="see <|tool_calls_section_beg"), row="S32"),
    Case("blanks around every marker", "layout", f"{SB}\n{CB} {GW} {AB} {W} {CE}\n{SE}", Want((ONE,)), row="S20"),
]  # fmt: skip -- a row that stands on one line is compared with the row above it

SPELLINGS = [
    Case("a header that names nothing, then a good call", "malformed header", SB + call("weird", '{"zip": 1}') + C1 + SE,
         Want((ONE,), malformed=1), source="sglang#25071"),
    Case("a header without arguments, then a good call", "malformed header", f"{SB}{CB}functions.a:0{CE}{C1}{SE}",
         Want((ONE,), malformed=1), source="frontend-crates#191"),
    Case("no name behind the prefix", "malformed header", SB + call("functions.:3", '{"zip": 1}') + SE, Want(malformed=1)),
    Case("an undeclared tool", "malformed header", SB + call("functions.nope:0", "{}") + SE, Want((("nope", "{}"),)), row="S35"),
    Case("the header names the tool, not an argument's value", "malformed header", SB + call("create_user", '{"name": "bob"}') + SE,
         Want((("create_user", '{"name": "bob"}'),)), row="S37"),
    Case("invalid JSON", "malformed arguments", SB + call(GW, '{"city": Paris}') + SE, Want((("get_weather", '{"city": Paris}'),)), row="S25"),
    Case("a trailing comma", "malformed arguments", SB + call(GW, '{"city":"NYC",}') + SE, Want((("get_weather", '{"city":"NYC",}'),)), row="S26"),
    Case("without the prefix", "names", SB + call("get_weather:0", W) + SE, Want((ONE,)), row="S13"),
    Case("without an index", "names", SB + call("functions.get_weather", W) + SE, Want((ONE,)), row="S14"),
    Case("a hyphen", "names", SB + call(BYE, '{"q": "x"}') + SE, Want((("search-documents", '{"q": "x"}'),)), row="S16", source="sglang#19552"),
    Case("a dot", "names", SB + call("functions.a.b:0", '{"x": 1}') + SE, Want((("a.b", '{"x": 1}'),)), row="S17"),
    Case("a colon", "names", SB + call("functions.ns:get_weather:0", W) + SE, Want((ONE,)), row="S43"),
    Case("a counter for an id", "sanitised ids", SB + call("call00003", W) + SE, Want((ONE,)), row="S19", source="sglang#25358"),
    Case("bare digits", "sanitised ids", SB + call("0", W) + SE, Want((ONE,)), source="vllm#46127"),
    Case("another maker's id", "sanitised ids", SB + call("toolu_01AbC", W) + SE, Want((ONE,)), source="sglang#37775"),
    Case("underscores for dot and colon", "sanitised ids", SB + call("functions_get_weather_1", W) + SE, Want((ONE,)), source="exo#2281"),
    Case("dot and colon gone", "sanitised ids", SB + call("functionsget_weather5", W) + SE, Want((ONE,))),
    Case("big, long and scientific", "number literals", SB + call(GW, NUMBERS) + SE, Want((("get_weather", NUMBERS),)), literal=True),
    Case("an empty object", "empty arguments", SB + call(GW, "{}") + SE, Want((("get_weather", "{}"),)), row="S23"),
    Case("nothing at all", "empty arguments", SB + call(GW, "") + SE, Want((("get_weather", "{}"),))),
    Case("all markers in a string", "marker text in a string", SB + call("functions.write_file:0", QUOTED) + SE,
         Want((("write_file", QUOTED),)), row="S28"),
    Case("lookalikes in a string", "marker text in a string",
         SB + call("functions.write_file:0", '{"content": "a <| b <|tool_x|> c"}') + SE,
         Want((("write_file", '{"content": "a <| b <|tool_x|> c"}'),)), row="S29"),
    Case("braces and quotes in a string", "marker text in a string", SB + call(GW, '{"a":{"b":"}\\"}"},"c":[{}]}') + SE,
         Want((("get_weather", '{"a":{"b":"}\\"}"},"c":[{}]}'),)), source="vllm#37184"),
    Case("arguments arrive before the call is over", "streamed arguments",
         SB + call("functions.write_file:0", '{"content": "' + "word " * 40 + '"}') + SE,
         Want((("write_file", '{"content": "' + "word " * 40 + '"}'),), early=True)),
]  # fmt: skip -- a row that stands on one line is compared with the row above it

REASONING = [
    Case("stop with calls becomes tool_calls", "finish reason", SB + C1 + SE, Want((ONE,), finish="tool_calls")),
    Case("stop without calls stays", "finish reason", "Hello.", Want(text="Hello.", finish="stop")),
    Case("length with a whole call stays", "finish reason", SB + C1, Want((ONE,), finish="length"), reason="length", source="dynamo#8208"),
    Case("close, text, call", "reasoning, then a call", f"let me see{UNTHINK}ok{SB}{C1}{SE}",
         Want((ONE,), text="ok", reasoning="let me see"), in_reasoning=True),
    Case("the model writes the opener itself", "reasoning, then a call", f"{THINK}let me see{UNTHINK}ok",
         Want(text="ok", reasoning="let me see"), in_reasoning=True),
    Case("thinking opened again behind a section", "reasoning, then a call", f"a{UNTHINK}{SB}{C1}{SE}{THINK}b{UNTHINK}c",
         Want((ONE,), text="c", reasoning="ab"), in_reasoning=True),
    Case("a section quoted in a thought that goes on", "reasoning, then a call", f"I will use {SB}{C1}{SE} hmm{UNTHINK}answer",
         Want(text="answer", reasoning=f"I will use {SB}{C1}{SE} hmm"), in_reasoning=True,
         also=Want((ONE,), text="answer", reasoning="I will use  hmm")),
    Case("a section ends the thought", "think close omitted", f"let me see{SB}{C1}{SE}", Want((ONE,), reasoning="let me see"),
         in_reasoning=True, source="vllm#33646"),
    Case("a bare call ends the thought", "think close omitted", f"let me see{C1}", Want((ONE,), reasoning="let me see"), in_reasoning=True,
         source="vllm#32216"),
    Case("the section, then the close", "think close omitted", f"I list.{SB}{C1}{SE}{UNTHINK}", Want((ONE,), reasoning="I list."),
         in_reasoning=True, source="llxprt-code#749"),
]  # fmt: skip -- a row that stands on one line is compared with the row above it

K2_CASES = [*PLAIN, *MISSING, *SPELLINGS, *REASONING]
