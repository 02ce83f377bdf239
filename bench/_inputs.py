"""What the benches feed: texts of a size, in the pieces that a detokenizer delivers."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from tests.contract.deliveries import pieces
from tests.contract.tokens import Toy
from tests.core.rawtext.marks import AB, CB, CE, SB, SE, tool

__all__ = ["INPUTS", "TOOLS", "Text", "many_small_values", "one_string", "parallel_calls", "small_scalars"]

TOOLS = [tool("write_file", "content", required=False), tool("get_weather", "city")]
PROSE = "The quick brown fox jumps over the lazy dog while it rains in Paris. "
CODE = "for i in range(10): total += values[i] * 2 # and so on, line after line; "


class Text(NamedTuple):
    """A text in pieces, and what must come out: calls as (name, arguments), text, reasoning."""

    family: str
    chunks: list[str]
    calls: list[tuple[str, str]]
    text: str = ""
    reasoning: str = ""
    in_reasoning: bool = False
    tools: Sequence[dict[str, Any]] = ()

    @property
    def whole(self) -> str:
        """All pieces together."""
        return "".join(self.chunks)


class Input(NamedTuple):
    """A kind of text, made at any size; `bar` is how many times the floor it may cost."""

    name: str
    make: Callable[[int], Text]
    bar: float | None = None


def _filled(pattern: str, size: int) -> str:
    return (pattern * (size // len(pattern) + 1))[:size]


def _text(tools: list[dict[str, Any]], size: int) -> Text:
    body = _filled(PROSE, size)
    return Text("k2", pieces(body), [], text=body, tools=tools)


def _reasoning(size: int) -> Text:
    body = _filled(PROSE, size)
    return Text("k2", [*pieces(body), "</think>"], [], reasoning=body, in_reasoning=True, tools=TOOLS)


def _k3_reasoning(size: int) -> Text:
    body = _filled(PROSE, size)
    chunks = [*pieces(body), "<|close|>", "think", "<|sep|>"]
    return Text("k3", chunks, [], reasoning=body, in_reasoning=True, tools=TOOLS)


def whole_call(arguments: str) -> str:
    """One K2 call in its section."""
    return f"{SB}{CB}functions.write_file:0{AB}{arguments}{CE}{SE}"


def one_string(size: int) -> str:
    """Arguments that are one long string."""
    return json.dumps({"content": _filled(CODE, size)})


def many_small_values(size: int) -> str:
    """Arguments of many short strings, as a table of records has them."""
    pairs = (f'"key{n}": "value {n}"' for n in range(size))
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(next(pairs))
        length += len(parts[-1]) + 2
    return "{" + ", ".join(parts) + "}"


def small_scalars(size: int) -> str:
    """Arguments of many small values of every kind."""
    values = ("12", "true", '"word"', "3.25", "null", "[1, 2]", '{"a": 1}')
    count = size // 20
    return "{" + ", ".join(f'"key{n}": {values[n % len(values)]}' for n in range(count)) + "}"


def _k2(make: Callable[[int], str], size: int) -> Text:
    arguments = make(size)
    return Text("k2", pieces(whole_call(arguments)), [("write_file", arguments)], tools=TOOLS)


def _k3(body: str, arguments: str) -> Text:
    text = (
        '<|open|>tools<|sep|><|open|>call tool="write_file" index="1"<|sep|>'
        f"{body}<|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|>"
    )
    # Tag names are tokens of their own, so the toy tokenizer cuts, not the plain four characters.
    return Text("k3", Toy().words(text), [("write_file", arguments)], tools=TOOLS)


def _argument(key: str, kind: str, body: str) -> str:
    return f'<|open|>argument key="{key}" type="{kind}"<|sep|>{body}<|close|>argument<|sep|>'


def _k3_string(size: int) -> Text:
    body = _filled(CODE, size)
    return _k3(_argument("content", "string", body), json.dumps({"content": body}))


K3_VALUES = (
    ("string", "a short string of words", '"a short string of words"'),
    ("number", "12.50", "12.50"),
    ("boolean", "true", "true"),
    ("object", '{"a": [1, 2], "b": "c"}', '{"a": [1, 2], "b": "c"}'),
    ("array", '["one", "two"]', '["one", "two"]'),
    ("string", "/home/user/project/file.py", '"/home/user/project/file.py"'),
)


def _k3_mixed(size: int) -> Text:
    body: list[str] = []
    pairs: list[str] = []
    length = 0
    while length < size:
        kind, raw, value = K3_VALUES[len(body) % len(K3_VALUES)]
        body.append(_argument(f"key{len(body)}", kind, raw))
        pairs.append(f'"key{len(pairs)}": {value}')
        length += len(body[-1])
    return _k3("".join(body), "{" + ", ".join(pairs) + "}")


def parallel_calls(count: int) -> Text:
    """So many small K2 calls in one section."""
    calls = [("get_weather", f'{{"city": "Paris {n}"}}') for n in range(count)]
    inner = "".join(f"{CB}functions.{name}:{n}{AB}{args}{CE}" for n, (name, args) in enumerate(calls))
    return Text("k2", pieces(SB + inner + SE), calls, tools=TOOLS)


def _calls_of(size: int) -> Text:
    return parallel_calls(max(1, size // 100))


INPUTS = [
    Input("text, no tools", partial(_text, []), 15),
    Input("text, tools declared", partial(_text, TOOLS), 15),
    Input("reasoning", _reasoning, 15),
    Input("K3 reasoning", _k3_reasoning),
    Input("K2 arguments, one string", partial(_k2, one_string), 15),
    Input("K2 arguments, short strings", partial(_k2, many_small_values), 20),
    Input("K2 arguments, small values", partial(_k2, small_scalars)),
    Input("K3 arguments, one string", _k3_string, 30),
    Input("K3 arguments, mixed types", _k3_mixed, 30),
    Input("K2 parallel calls", _calls_of),
]
