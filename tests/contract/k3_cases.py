"""The universal cases in the K3 grammar."""

from msgspec.structs import replace

from tests.contract.table import Case, Want
from tests.core.rawtext.marks import C1, CLOSE, EOM, OPEN, SEP, W2, W, c, k3_call, o

__all__ = ["K3_CASES"]

ONE, TWO = ("get_weather", W), ("get_weather", W2)
C2 = k3_call("get_weather", ("city", "string", "NYC"), index=2)
IN, OUT, END = o("tools"), c("tools"), c("message")
CALL = o("call", tool="get_weather", index=1)
CITY = o("argument", key="city", type="string")
THOUGHT = f"Let me see{c('think')}"
OPENED = f"{THOUGHT}{o('response')}"
LONG = "word " * 40
QUOTED = f"a {c('argument')} b"
ROUGH = 'a "b"\n\\'


def _number(key: str, body: str) -> str:
    return o("argument", key=key, type="number") + body + c("argument")


def _weather(arguments: str) -> tuple[tuple[str, str], ...]:
    return (("get_weather", arguments),)


NUMBERS = (
    CALL + _number("a", "1e2") + _number("b", "1.10") + _number("c", "12345678901234567890123") + c("call")
)

# These begin as the output of a thinking model does: inside the thought.
CASES = [
    Case("plain text", "text around calls", f"{OPENED}Hello.{c('response')}{END}", Want(text="Hello.")),
    Case("one call", "single call", f"{THOUGHT}{IN}{C1}{OUT}{END}", Want((ONE,)), row="K02"),
    Case("two calls", "parallel calls", f"{THOUGHT}{IN}{C1}{C2}{OUT}{END}", Want((ONE, TWO)), row="K07"),
    Case("text before", "text around calls", f"{OPENED}Hi{c('response')}{IN}{C1}{OUT}{END}", Want((ONE,), text="Hi"), row="K01"),
    Case("the message closes, the response does not", "text around calls", f"{OPENED}Hello{END}", Want(text="Hello"), row="K05"),
    Case("no section end", "missing section end", f"{THOUGHT}{IN}{C1}", Want((ONE,)), row="K16"),
    Case("no section end, two calls, at the cap", "missing section end", f"{THOUGHT}{IN}{C1}{C2}", Want((ONE, TWO)), reason="length"),
    Case("no call end, section end", "missing call end", f"{THOUGHT}{IN}{C1[:-len(c('call'))]}{OUT}{END}", Want((ONE,)), row="K22"),
    Case("no call end, next call", "missing call end", f"{THOUGHT}{IN}{C1[:-len(c('call'))]}{C2}{OUT}{END}", Want((ONE, TWO))),
    Case("no section around a call", "missing section", f"{THOUGHT}{C1}{END}", Want((ONE,))),
    Case("cut inside a value", "truncated, one call", f"{THOUGHT}{IN}{CALL}{CITY}Par", Want(cut=("get_weather", '{"city": "Par')), reason="length"),
    Case("cut before the arguments", "truncated, one call", f"{THOUGHT}{IN}{CALL}", Want(cut=("get_weather", "")), reason="length"),
    Case("the second call cut", "truncated, several calls", f"{THOUGHT}{IN}{C1}{o('call', tool='get_weather', index=2)}{CITY}N",
         Want((ONE,), cut=("get_weather", '{"city": "N')), reason="length"),
    Case("no tool attribute", "malformed header", f"{THOUGHT}{IN}{o('call', index=1)}{c('call')}{OUT}{END}", Want(malformed=1), row="K17"),
    Case("no tool attribute, then a good call", "malformed header", f"{THOUGHT}{IN}{o('call', index=1)}{c('call')}{C2}{OUT}{END}",
         Want((TWO,), malformed=1)),
    Case("fused tags", "malformed header",
         f'{THOUGHT}{OPEN}toolscall tool="get_weather" index="1"{SEP}{C1[len(CALL):]}{CLOSE}toolsmessage{SEP}', Want((ONE,)), row="K23"),
    Case("an undeclared tool", "malformed header", f"{THOUGHT}{IN}{k3_call('nope', ('a', 'string', 'b'))}{OUT}{END}", Want((("nope", '{"a": "b"}'),))),
    Case("not a number", "malformed arguments", f"{THOUGHT}{IN}{CALL}{_number('n', 'abc')}{c('call')}{OUT}{END}", Want(_weather('{"n": "abc"}')), row="K14"),
    Case("stop with calls becomes tool_calls", "finish reason", f"{THOUGHT}{IN}{C1}{OUT}{END}", Want((ONE,), finish="tool_calls")),
    Case("stop without calls stays", "finish reason", f"{OPENED}Hello.{c('response')}{END}", Want(text="Hello.", finish="stop")),
    Case("length with a whole call stays", "finish reason", f"{THOUGHT}{IN}{C1}", Want((ONE,), finish="length"), reason="length"),
    Case("thought, answer, call", "reasoning, then a call", f"{OPENED}ok{c('response')}{IN}{C1}{OUT}{END}", Want((ONE,), text="ok"), row="K01"),
    Case("the section opens inside the thought", "think close omitted", f"Let me see{IN}{C1}{OUT}{END}", Want((ONE,)), source="vllm#53246"),
    Case("the answer opens inside the thought", "think close omitted", f"Let me see{o('response')}Hi{c('response')}{END}", Want(text="Hi"),
         source="vllm#54273"),
    Case("an orphan close of the answer, then a section", "think close omitted", f"Let me see{c('response')}{IN}{C1}{OUT}{END}", Want((ONE,)),
         row="K04", source="vllm#53246"),
    Case("a close tag in a string", "marker text in a string",
         f"{THOUGHT}{IN}{k3_call('get_weather', ('city', 'string', QUOTED))}{OUT}{END}",
         Want(_weather(f'{{"city": "{QUOTED}"}}')), row="K13"),
    Case("escapes in an attribute", "names",
         f"{THOUGHT}{IN}{k3_call('get_weather', ('a&quot;b&amp;quot;', 'string', 'x'))}{OUT}{END}", Want(_weather('{"a\\"b&quot;": "x"}')), row="K11"),
    Case("a hyphen", "names", f"{THOUGHT}{IN}{k3_call('search-documents', ('q', 'string', 'x'))}{OUT}{END}", Want((("search-documents", '{"q": "x"}'),))),
    Case("a dot", "names", f"{THOUGHT}{IN}{k3_call('a.b', ('x', 'string', 'y'))}{OUT}{END}", Want((("a.b", '{"x": "y"}'),))),
    Case("big, long and scientific", "number literals", f"{THOUGHT}{IN}{NUMBERS}{OUT}{END}",
         Want(_weather('{"a": 1e2, "b": 1.10, "c": 12345678901234567890123}')), literal=True),
    Case("no arguments", "empty arguments", f"{THOUGHT}{IN}{CALL}{c('call')}{OUT}{END}", Want(_weather("{}")), row="K08"),
    Case("spaced markers", "layout", f"Let me see{CLOSE} think {SEP}{OPEN} response {SEP}b{CLOSE} response {SEP}", Want(text="b"), source="vllm#50367"),
    Case("end of message as text", "stray markers", f"{OPENED}Hi{c('response')}{END}{EOM}", Want(text="Hi"), row="K20"),
    Case("prose that mentions a tag", "stray markers", f"{OPENED}write {OPEN}tools without the rest{c('response')}{END}",
         Want(text=f"write {OPEN}tools without the rest")),
    Case("arguments in a json block", "json block", f"{THOUGHT}{IN}{CALL}{o('json', type='object')}{W}{c('json')}{c('call')}{OUT}{END}", Want((ONE,)), row="K10"),
    Case("a string of quotes and newlines", "malformed arguments",
         f"{THOUGHT}{IN}{k3_call('get_weather', ('city', 'string', ROUGH))}{OUT}{END}",
         Want(_weather('{"city": "a \\"b\\"\\n\\\\"}'))),
    Case("arguments arrive before the call is over", "streamed arguments", f"{THOUGHT}{IN}{k3_call('write_file', ('content', 'string', LONG))}{OUT}{END}",
         Want((("write_file", f'{{"content": "{LONG}"}}'),), early=True), source="vllm#50604"),
]  # fmt: skip -- a row that stands on one line is compared with the row above it

K3_CASES = [
    replace(case, family="k3", in_reasoning=True, want=replace(case.want, reasoning="Let me see"))
    for case in CASES
]
