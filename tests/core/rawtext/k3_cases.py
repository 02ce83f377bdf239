"""The K3 rows: tags, typed arguments, and what weights and servers make of them."""

from typing import Any

from msgspec.structs import replace

from tests.core.rawtext.marks import C1, CLOSE, EOM, OPEN, SEP, UNTHINK, W2, W, c, k3_call, o
from tests.core.rawtext.table import Case, Outcome

__all__ = ["K3_CASES"]

WEATHER = ("get_weather", W, True)
WEATHER2 = ("get_weather", W2, True)
C2 = k3_call("get_weather", ("city", "string", "NYC"), index=2)
CALL = o("call", tool="get_weather", index=1)
TOOLS_IN, TOOLS_OUT = o("tools"), c("tools")
END = c("message") + EOM


def done(*calls: tuple[str, str, bool], **rest: Any) -> Outcome:
    """An outcome with calls and the finish that follows from them."""
    return replace(Outcome(calls=calls, finish="tool_calls"), **rest)


def row(name: str, text: str, want: Outcome, **rest: Any) -> Case:
    """A row whose output starts inside the thoughts, as K3's does."""
    return replace(Case(name, text, want, family="k3", in_reasoning=True), **rest)


def answer(name: str, text: str, want: Outcome, **rest: Any) -> Case:
    """A row whose output starts in the answer."""
    return replace(Case(name, text, want, family="k3"), **rest)


def values(name: str, *arguments: tuple[str, str, str], want: str, **rest: Any) -> Case:
    """A row about the arguments of one call."""
    text = TOOLS_IN + k3_call("get_weather", *arguments) + TOOLS_OUT
    return answer(name, text, done(("get_weather", want, True)), **rest)


CHANNELS = [
    row("K01 all channels", f"Let me see{c('think')}{o('response')}Hi{c('response')}{TOOLS_IN}{C1}{TOOLS_OUT}{END}",
        done(WEATHER, reasoning="Let me see", text="Hi")),
    row("K02 no response", f"Let me see{c('think')}{TOOLS_IN}{C1}{TOOLS_OUT}{END}", done(WEATHER, reasoning="Let me see")),
    row("K04 think close missing, orphan response close", f"Let me see. Sure!{c('response')}{TOOLS_IN}{C1}{TOOLS_OUT}{END}",
        done(WEATHER, reasoning="Let me see. Sure!"), source="vllm#53246", notes=("think-unclosed",)),
    row("the same without a call is an answer", f"Let me see. Sure!{c('response')}{END}", Outcome(text="Let me see. Sure!"),
        notes=("text-reclassified",)),
    row("think close missing, tools follow", f"thought{TOOLS_IN}{C1}{TOOLS_OUT}{END}", done(WEATHER, reasoning="thought")),
    row("think close missing, response follows", f"thought{o('response')}Hi{c('response')}{END}",
        Outcome(reasoning="thought", text="Hi"), notes=("think-unclosed",)),
    row("K05 message close without response close", f"think{c('think')}{o('response')}Hello{c('message')}",
        Outcome(reasoning="think", text="Hello")),
    row("K20 end of message in text form", f"a{c('think')}{o('response')}b{c('response')}{c('message')}{EOM}",
        Outcome(reasoning="a", text="b")),
    row("the opener is repeated", f"{o('think')}a{c('think')}{o('response')}b", Outcome(reasoning="a", text="b")),
    row("thoughts cut at the cap", "still think", Outcome(reasoning="still think", finish="length"), source="vllm#50258"),
    row("empty thoughts are present", f"{c('think')}{o('response')}b{c('response')}", Outcome(reasoning="", text="b")),
    row("blanks between the channels", f"a{c('think')}\n{o('response')}b{c('response')}\n{TOOLS_IN}\n{C1}\n{TOOLS_OUT}\n{END}\n",
        done(WEATHER, reasoning="a", text="b")),
    answer("thoughts that nobody announced", f"a{c('think')}{o('response')}b", Outcome(reasoning="a", text="b"),
           notes=("text-reclassified",)),
    answer("the answer opens its channel", f"{o('response')}Hi{c('response')}{END}", Outcome(text="Hi")),
    answer("thoughts, all tags there", f"{o('think')}a{c('think')}{o('response')}b{c('response')}", Outcome(reasoning="a", text="b")),
    answer("a whole message", o("message", role="assistant") + o("response") + "Hi" + c("response") + END, Outcome(text="Hi")),
    answer("spaced markers", f"{OPEN} think {SEP}a{CLOSE} think {SEP}{OPEN} response {SEP}b{CLOSE} response {SEP}",
           Outcome(reasoning="a", text="b"), source="vllm#50367"),
    answer("prose that mentions a tag", f"write {OPEN}tools without the rest", Outcome(text=f"write {OPEN}tools without the rest")),
    answer("prose that ends in a tag's beginning", f"write {OPEN}tools", Outcome(text=f"write {OPEN}tools")),
    answer("a tag of another name", f"a {OPEN}table{SEP} b", Outcome(text=f"a {OPEN}table{SEP} b")),
    answer("a tag with half an attribute", f'a {OPEN}call tool="f" zz{SEP} b', Outcome(text=f'a {OPEN}call tool="f" zz{SEP} b')),
    answer("a lone separator", f"a {SEP} b", Outcome(text=f"a {SEP} b")),
    answer("an open marker before a real one", f"a {OPEN}{OPEN}tools{SEP}{C1}{TOOLS_OUT}", done(WEATHER, text=f"a {OPEN}")),
    answer("a close tag cut before its separator", f"{o('response')}Hi{CLOSE}response", Outcome(text="Hi")),
    answer("orphan closes", f"a{c('call')} b{c('argument')} c{c('tools')} d", Outcome(text="a b c d"), notes=("marker-stripped",)),
    answer("K2 markers are text here", "<think>a</think><|tool_call_begin|>", Outcome(text="<think>a</think><|tool_call_begin|>")),
    row("quoted: more thoughts follow, then an answer", f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm{c('think')}{o('response')}b",
        Outcome(reasoning=f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm", text="b"), notes=("calls-quoted",)),
    row("quoted, the answer follows without a close", f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm{o('response')}b",
        Outcome(reasoning=f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm", text="b")),
    row("quoted, but run at once", f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm{c('think')}{o('response')}b",
        done(WEATHER, reasoning="a  hm", text="b"), quoted="run"),
    row("not quoted: the close follows at once", f"a{TOOLS_IN}{C1}{TOOLS_OUT}{c('think')}{o('response')}b", done(WEATHER, reasoning="a", text="b")),
    row("quoted, with a false start of a tag", f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm {OPEN}{TOOLS_IN}{C1}{TOOLS_OUT}{c('think')}",
        done(WEATHER, reasoning=f"a {TOOLS_IN}{C1}{TOOLS_OUT} hm {OPEN}")),
    row("a false tag in thoughts", f'{OPEN}call tool="":{OPEN}call l=""{SEP}{c("call")}/{c("think")}',
        Outcome(reasoning=f'{OPEN}call tool="":{OPEN}call l=""{SEP}{c("call")}/', malformed=()), in_reasoning=True),
    answer("an answer of bangs", f"{o('response')}!!!!!{c('response')}", Outcome(text="!!!!!")),
    answer("an answer taken for thoughts is so once", f"a{c('think')}{o('think')}b{c('response')}", Outcome(reasoning="ab")),
    row("a bare call in thoughts", f"a{C1}", done(WEATHER, reasoning="a")),
]

CALLS = [
    answer("K07 two calls", f"{TOOLS_IN}{C1}{C2}{TOOLS_OUT}{END}", done(WEATHER, WEATHER2)),
    answer("K08 no arguments", f"{TOOLS_IN}{CALL}{c('call')}{TOOLS_OUT}", done(("get_weather", "{}", True)), notes=("arguments-empty",)),
    answer("K16 section not closed", f"{TOOLS_IN}{C1}", done(WEATHER), notes=("section-unclosed",)),
    answer("K17 no tool attribute", f"{TOOLS_IN}{o('call', index=1)}{c('call')}{TOOLS_OUT}",
           Outcome(malformed=(o("call", index=1) + c("call"),))),
    answer("no tool attribute, no close", f"{TOOLS_IN}{o('call', index=1)}{TOOLS_OUT}x", Outcome(text="x", malformed=(o("call", index=1),))),
    answer("no tool attribute, then a good call",
           f"{TOOLS_IN}{o('call', index=1)}{o('argument', key='city', type='string')}x{c('argument')}{c('call')}{C1}{TOOLS_OUT}",
           done(WEATHER, malformed=(o("call", index=1) + o("argument", key="city", type="string") + "x" + c("argument") + c("call"),))),
    answer("K22 call close missing", f"{TOOLS_IN}{C1[:-len(c('call'))]}{TOOLS_OUT}", done(WEATHER), notes=("call-unclosed",)),
    answer("call close missing, next call", f"{TOOLS_IN}{C1[:-len(c('call'))]}{C2}{TOOLS_OUT}", done(WEATHER, WEATHER2)),
    answer("call close missing, message close", f"{TOOLS_IN}{C1[:-len(c('call'))]}{END}", done(WEATHER)),
    answer("call close missing at the end", f"{TOOLS_IN}{C1[:-len(c('call'))]}", done(WEATHER)),
    answer("call close missing at the cap: arguments may be missing", f"{TOOLS_IN}{C1[:-len(c('call'))]}",
           Outcome(calls=(("get_weather", W[:-1], False),), malformed=(C1[: -len(c("call"))],), finish="length"), notes=("call-cut",)),
    answer("nothing but the name at the cap", f"{TOOLS_IN}{CALL}", Outcome(calls=(("get_weather", "", False),), malformed=(CALL,), finish="length")),
    answer("cut inside a value", f"{TOOLS_IN}{CALL}{o('argument', key='city', type='string')}Par",
           Outcome(calls=(("get_weather", '{"city": "Par', False),),
                   malformed=(CALL + o("argument", key="city", type="string") + "Par",), finish="length")),
    answer("cut inside a number", f"{TOOLS_IN}{CALL}{o('argument', key='n', type='number')}12",
           Outcome(calls=(("get_weather", '{"n": 12', False),),
                   malformed=(CALL + o("argument", key="n", type="number") + "12",), finish="length")),
    answer("one whole, one cut", f"{TOOLS_IN}{C1}{o('call', tool='get_weather', index=2)}",
           done(WEATHER, ("get_weather", "", False), malformed=(o("call", tool="get_weather", index=2),), finish="length")),
    answer("K23 fused tags", f'{OPEN}toolscall tool="get_weather" index="1"{SEP}{C1[len(CALL):]}{CLOSE}toolsmessage{SEP}', done(WEATHER)),
    answer("fused closes", f"{TOOLS_IN}{C1[:-len(c('argument') + c('call'))]}{CLOSE}argumentcall{SEP}{TOOLS_OUT}", done(WEATHER)),
    answer("a call without a section", f"{C1} bye", done(WEATHER, text=" bye")),
    answer("text after the section", f"{TOOLS_IN}{C1}{TOOLS_OUT}Done.", done(WEATHER, text="Done.")),
    answer("a second section", f"{TOOLS_IN}{C1}{TOOLS_OUT}{TOOLS_IN}{C2}{TOOLS_OUT}", done(WEATHER, WEATHER2)),
    answer("text between calls", f"{TOOLS_IN}{C1} and {C2}{TOOLS_OUT}", done(WEATHER, WEATHER2), notes=("text-dropped",)),
    answer("a section without calls", f"{TOOLS_IN}hm{TOOLS_OUT}x", Outcome(text="x", malformed=("hm",))),
    answer("an undeclared tool", TOOLS_IN + k3_call("nope", ("a", "string", "b")) + TOOLS_OUT, done(("nope", '{"a": "b"}', True)),
           notes=("undeclared-tool",)),
    answer("a prefixed name", TOOLS_IN + k3_call("functions.get_weather", ("city", "string", "Paris")) + TOOLS_OUT, done(WEATHER),
           notes=("name-resolved",)),
    answer("JSON without a tag around it", f"{TOOLS_IN}{CALL}{W}{c('call')}{TOOLS_OUT}", done(WEATHER), notes=("call-unmarked",)),
    answer("a call close between calls", f"{TOOLS_IN}{c('call')}{C1}{TOOLS_OUT}", done(WEATHER), notes=("marker-stripped",)),
    answer("an argument close between arguments", f"{TOOLS_IN}{CALL}{c('json')}{C1[len(CALL):]}{TOOLS_OUT}", done(WEATHER), notes=("marker-stripped",)),
    answer("a section that is only mentioned", f"use {TOOLS_IN} for it", Outcome(text="use  for it")),
    answer("text between the arguments", f"{TOOLS_IN}{CALL}{o('argument', key='n', type='number')}7{c('argument')}hm{c('call')}{TOOLS_OUT}",
           done(("get_weather", '{"n": 7}', True), malformed=("hm",))),
    answer("text behind a string's close means that it was none", f"{TOOLS_IN}{C1[:-len(c('call'))]}hm{c('call')}{TOOLS_OUT}",
           done(("get_weather", f'{{"city": "Paris{c("argument")}hm"}}', True)), notes=("argument-unclosed",)),
    answer("the response opens while a call is open",
           f"{TOOLS_IN}{CALL}{o('argument', key='n', type='number')}7{c('argument')}{o('response')}x",
           done(("get_weather", '{"n": 7}', True), text="x")),
]

VALUES = [
    answer("K10 json block", f"{TOOLS_IN}{CALL}{o('json', type='object')}{W}{c('json')}{c('call')}{TOOLS_OUT}", done(WEATHER)),
    answer("json block, blanks and literals", f'{TOOLS_IN}{CALL}{o("json", type="object")} {{"a":1.10}}\n{c("json")}{c("call")}{TOOLS_OUT}',
           done(("get_weather", '{"a":1.10}', True))),
    answer("json block that is not an object", f"{TOOLS_IN}{CALL}{o('json', type='object')}[1]{c('json')}{c('call')}{TOOLS_OUT}",
           done(("get_weather", "[1]", True))),
    answer("json block that is not JSON", f"{TOOLS_IN}{CALL}{o('json', type='object')}city=Paris{c('json')}{c('call')}{TOOLS_OUT}",
           done(("get_weather", "city=Paris", True)), notes=("arguments-invalid",)),
    answer("json block with its close in a string",
           f'{TOOLS_IN}{CALL}{o("json", type="object")}{{"a": "{c("json")}"}}{c("json")}{c("call")}{TOOLS_OUT}',
           done(("get_weather", f'{{"a": "{c("json")}"}}', True))),
    answer("json block, its string never closed", f'{TOOLS_IN}{CALL}{o("json", type="object")}{{"city": "Par{c("json")}{c("call")}{C1}{TOOLS_OUT}',
           done(("get_weather", '{"city": "Par', False), WEATHER,
                malformed=(CALL + o("json", type="object") + '{"city": "Par' + c("json") + c("call"),))),
    answer("cut in the tag behind an argument's close", f"{TOOLS_IN}{C1[:-len(c('call'))]}{OPEN}argument ke",
           Outcome(calls=(("get_weather", W[:-1], False),), malformed=(C1[: -len(c("call"))],), finish="length")),
    answer("cut in the marker behind an argument's close", f"{TOOLS_IN}{C1[:-len(c('call'))]}{CLOSE[:5]}", done(WEATHER)),
    answer("cut in the marker that ends a close tag", f"{TOOLS_IN}{C1}{CLOSE}tools{SEP[:4]}", done(WEATHER)),
    answer("json block with tags in a string", f'{TOOLS_IN}{CALL}{o("json", type="object")}{{"a": "{TOOLS_IN}{c("json")} x"}}{c("json")}{c("call")}{TOOLS_OUT}',
           done(("get_weather", f'{{"a": "{TOOLS_IN}{c("json")} x"}}', True))),
    answer("json block, text behind it", f"{TOOLS_IN}{CALL}{o('json', type='object')}{W}}}{c('json')}{c('call')}{TOOLS_OUT}",
           done(("get_weather", W + "}", True)), notes=("arguments-invalid",)),
    answer("json block behind an argument",
           f"{TOOLS_IN}{C1[:-len(c('call'))]}{o('json', type='object')}{W2}{c('json')}{c('call')}{TOOLS_OUT}",
           Outcome(calls=(("get_weather", W[:-1], False),),
                   malformed=(C1[: -len(c("call"))] + o("json", type="object") + W2 + c("json") + c("call"),))),
    answer("json block behind an argument, cut", f"{TOOLS_IN}{C1[:-len(c('call'))]}{o('json', type='object')}{W2}",
           Outcome(calls=(("get_weather", W[:-1], False),), malformed=(C1[: -len(c("call"))] + o("json", type="object") + W2,), finish="length")),
    answer("json block, empty", f"{TOOLS_IN}{CALL}{o('json', type='object')}{c('json')}{c('call')}{TOOLS_OUT}", done(("get_weather", "{}", True))),
    answer("json block, cut", f'{TOOLS_IN}{CALL}{o("json", type="object")}{{"a": 1',
           Outcome(calls=(("get_weather", '{"a": 1', False),), malformed=(CALL + o("json", type="object") + '{"a": 1',), finish="length")),
    answer("json block not closed, balanced, call closed", f"{TOOLS_IN}{CALL}{o('json', type='object')}{W}{c('call')}{TOOLS_OUT}", done(WEATHER)),
    answer("an argument behind a json block",
           f"{TOOLS_IN}{CALL}{o('json', type='object')}{W}{c('json')}{o('argument', key='a', type='string')}b{c('argument')}{c('call')}{TOOLS_OUT}",
           Outcome(calls=(("get_weather", W, False),),
                   malformed=(CALL + o("json", type="object") + W + c("json") + o("argument", key="a", type="string") + "b" + c("argument") + c("call"),))),
    answer("an argument without a key", f"{TOOLS_IN}{CALL}{o('argument', type='string')}b{c('argument')}{c('call')}{TOOLS_OUT}",
           Outcome(calls=(("get_weather", "", False),), malformed=(CALL + o("argument", type="string") + "b" + c("argument") + c("call"),))),
    values("K11 attribute escapes", ("a&quot;b&amp;quot;", "string", "x"), want='{"a\\"b&quot;": "x"}'),
    values("K13 close text in a string", ("city", "string", f"a {c('argument')} b"), want=f'{{"city": "a {c("argument")} b"}}'),
    values("a call close in a string", ("city", "string", f"a {c('call')} b"), want=f'{{"city": "a {c("call")} b"}}'),
    values("other tags in a string", ("city", "string", f"{o('tools')}{c('tools')} {OPEN}"), want=f'{{"city": "{o("tools")}{c("tools")} {OPEN}"}}'.replace('<|sep|>', '<|sep|>')),
    values("close text twice in a string", ("city", "string", f"{c('argument')}{c('argument')} x"),
           want=f'{{"city": "{c("argument")}{c("argument")} x"}}'),
    values("raw strings are escaped", ("city", "string", 'a "b" \\ \n\t é\x01'), want='{"city": "a \\"b\\" \\\\ \\n\\t é\\u0001"}'),
    values("an empty string", ("city", "string", ""), want='{"city": ""}'),
    values("a string of blanks", ("city", "string", " \n"), want='{"city": " \\n"}'),
    values("number literals", ("a", "number", "1e2"), ("b", "number", " 1.10 "), ("c", "number", "12345678901234567890123"),
           want='{"a": 1e2, "b": 1.10, "c": 12345678901234567890123}'),
    values("words", ("a", "boolean", "true"), ("b", "null", "null"), want='{"a": true, "b": null}'),
    values("K14 not a number", ("n", "number", "abc"), want='{"n": "abc"}', notes=("arguments-invalid",)),
    values("a number with text behind it", ("n", "number", "1 apple"), want='{"n": "1 apple"}', notes=("arguments-invalid",)),
    values("objects and arrays", ("a", "object", '{"x": [1.50, {"y": "<"}], "z": null}'), ("b", "array", "[ ]"),
           want='{"a": {"x": [1.50, {"y": "<"}], "z": null}, "b": [ ]}'),
    values("a close tag in an object's string", ("a", "object", f'{{"x": "{c("argument")} y"}}'), want=f'{{"a": {{"x": "{c("argument")} y"}}}}'),
    values("an object that is none", ("a", "object", "hm"), want='{"a": "hm"}', notes=("arguments-invalid",)),
    values("an array that stops being JSON", ("a", "array", "[1, abc]"), want='{"a": [1, null], "a": "[1, abc]"}', notes=("arguments-invalid",)),
    values("an object that never closes", ("a", "object", '{"x": {"y": "z'), want='{"a": {"x": {"y": "z"}}, "a": "{\\"x\\": {\\"y\\": \\"z"}',
           notes=("arguments-invalid",)),
    values("an object cut behind a key", ("a", "object", '{"x"'), want='{"a": {"x": null}, "a": "{\\"x\\""}', notes=("arguments-invalid",)),
    values("an object cut in a key", ("a", "object", '{"x'), want='{"a": {"x": null}, "a": "{\\"x"}'),
    values("an object cut behind a comma", ("a", "object", '{"x": 1,'), want='{"a": {"x": 1,"": null}, "a": "{\\"x\\": 1,"}'),
    values("an object cut behind a colon", ("a", "object", '{"x":'), want='{"a": {"x":null}, "a": "{\\"x\\":"}'),
    values("an array cut in a word", ("a", "array", "[tru"), want='{"a": [], "a": "[tru"}'),
    values("a bad escape", ("a", "array", '["\\q"]'), want='{"a": [""], "a": "[\\"\\\\q\\"]"}'),
    values("text behind an array", ("a", "array", "[1] x"), want='{"a": [1] , "a": "[1] x"}'),
    values("the wrong bracket", ("a", "array", "[1}"), want='{"a": [1], "a": "[1}"}'),
    values("K19 the same key twice: the last wins", ("city", "string", "A"), ("city", "string", "B"), want='{"city": "A", "city": "B"}'),
    values("a type nobody knows is JSON", ("n", "integer", "7"), want='{"n": 7}'),
    values("an empty number", ("n", "number", ""), want='{"n": ""}', notes=("arguments-invalid",)),
    answer("argument close missing before the call's", f"{TOOLS_IN}{CALL}{o('argument', key='city', type='string')}Paris{c('call')}{TOOLS_OUT}",
           done(WEATHER), notes=("argument-unclosed",)),
    answer("number's close missing", f"{TOOLS_IN}{CALL}{o('argument', key='n', type='number')}7{c('call')}{TOOLS_OUT}",
           done(("get_weather", '{"n": 7}', True)), notes=("argument-unclosed",)),
    answer("the stream ends behind an argument's close", f"{TOOLS_IN}{C1[:-len(c('call'))]}", done(WEATHER)),
    answer("the stream ends behind a call's close, the argument open",
           f"{TOOLS_IN}{CALL}{o('argument', key='city', type='string')}Paris{c('call')}", done(WEATHER)),
]

AUTO = [
    Case("auto: K3 by its first tag", f"a{c('think')}{o('response')}b{c('response')}{TOOLS_IN}{C1}{TOOLS_OUT}{END}",
         done(WEATHER, reasoning="a", text="b"), family="auto", in_reasoning=True),
    Case("auto: think tags decide nothing", f"<think>a{UNTHINK}b{TOOLS_IN}{C1}{TOOLS_OUT}", done(WEATHER, reasoning="a", text="b"), family="auto"),
    Case("auto: prose about a tag decides nothing", f"{OPEN}tools and <|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{W}",
         done(WEATHER, text=f"{OPEN}tools and "), family="auto"),
    Case("auto: half a marker at the end", "plain <|tool_ca", Outcome(text="plain <|tool_ca"), family="auto"),
    Case("auto: nothing to decide", "plain <|im_end|> text", Outcome(text="plain <|im_end|> text"), family="auto"),
    Case("auto: a tag cut short", f"plain {OPEN}too", Outcome(text=f"plain {OPEN}too"), family="auto"),
    Case("auto: K2, then K3 markup is text", f"<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{W}<|tool_call_end|>{TOOLS_IN}",
         done(WEATHER, text=TOOLS_IN), family="auto"),
    Case("auto: K3 in the middle of a K2 tag's place", f"x {OPEN}<|tool_calls_section_begin|><|tool_calls_section_end|>y", Outcome(text=f"x {OPEN}y"), family="auto"),
    Case("auto: end of message alone", f"Hi{EOM}", Outcome(text="Hi"), family="auto"),
]

K3_CASES = [*CHANNELS, *CALLS, *VALUES, *AUTO]
