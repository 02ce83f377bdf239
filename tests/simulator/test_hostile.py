"""Whatever is sent, what comes back is an answer or a refusal: no exception, no 500, and not late."""

import copy
import itertools
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from moonwire.simulator import App, Settings
from moonwire.simulator.recording import Recorder
from moonwire.simulator.rules.ask import a_list, an_object
from moonwire.simulator.rules.table import TABLE
from tests.simulator.asking import HEADERS, TOOLS, Answer, ask, asked_all, body, called, user

EVERY_RULE = tuple(one.name for one in TABLE)
REFUSALS = {400, 401, 402, 403, 404, 405, 413, 422, 429}

BAD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    10**30,
    -(10**30),
    "",
    "x",
    "\ud800",
    "\0",
    "9" * 5_000,
    "a" * 100_000,
    [],
    [None],
    [[]],
    ["\ud800"],
    [1, "a", {}],
    {},
    {"\ud800": 1},
    {"type": None},
    {"type": []},
    {"": {"a": [1]}},
    float("nan"),
    float("inf"),
]

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
WHOLE: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        *user("Call get_weather for Paris and London, 2 times."),
        *called("get_weather:0", name="get_weather"),
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
        {"role": "assistant", "content": "It", "partial": True, "name": "Kimi"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "get_weather", "description": "", "parameters": SCHEMA}}
    ],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": TOOLS[:1]}},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": SCHEMA, "strict": True},
    },
    "thinking": {"type": "enabled", "keep": "all", "effort": "max"},
    "chat_template_kwargs": {"thinking": True, "thinking_effort": "max", "preserve_thinking": True},
    "reasoning": {"enabled": True, "effort": "high"},
    "stream_options": {"include_usage": True, "include_internal_content": True},
    "stop": ["zzz"],
    "n": 2,
    "temperature": 1,
    "max_tokens": 100,
    "max_completion_tokens": 90,
    "logprobs": True,
    "top_logprobs": 2,
    "reasoning_effort": "max",
    "stream": False,
}

Path = tuple[Any, ...]


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """The places in a value."""
    yield before
    for key, part in (*an_object(value).items(), *enumerate(a_list(value))):
        yield from paths(part, (*before, key))


def changed(value: dict[str, Any], path: Path, bad: Any) -> Any:
    """The value with something else in one place."""
    if not path:
        return bad
    value = copy.deepcopy(value)
    place: Any = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = bad
    return value


def well_formed(answer: Answer) -> bool:
    """Whether it is a whole answer, a whole stream, or a refusal that says why."""
    assert answer.ended
    assert answer.broken == ""
    text = answer.body.decode()
    assert answer.status == 200 or answer.status in REFUSALS
    if answer.header("content-type") == "text/event-stream":
        lines = text.split("\n\n")
        assert lines[-1] == ""
        assert all(line.startswith("data: ") for line in lines[:-1])
        frames = [json.loads(line[6:]) for line in lines[:-2]]
        assert lines[-2] == "data: [DONE]"
        assert sum(bool(choice["finish_reason"]) for frame in frames for choice in frame["choices"])
        return True
    value = json.loads(text)
    if answer.status == 200:
        assert all(choice["finish_reason"] for choice in value["choices"])
    else:
        assert value.get("error") or value.get("message")
    return True


APPS: list[tuple[str, dict[str, Any]]] = [
    ("kimi-k3", {}),
    ("kimi-k3", {"rules": "strictest"}),
    ("kimi-k2.6", {"rules": "verifier"}),
    ("kimi-k2.6", {"without": EVERY_RULE}),
    ("kimi-k3", {"without": EVERY_RULE, "raw": "broken"}),
    ("moonshot-v1-8k", {"without": EVERY_RULE}),
    ("kimi-k2.6", {"endpoint": "vllm", "raw": "all"}),
    ("kimi-k3", {"endpoint": "sglang", "raw": "reasoning"}),
    ("kimi-k3", {"endpoint": "openrouter"}),
    ("kimi-for-coding", {"endpoint": "coding", "rules": "verifier"}),
]


@pytest.mark.parametrize(("model", "fields"), APPS)
def test_anything_anywhere_is_answered_or_refused(model: str, fields: dict[str, Any]) -> None:
    rng = random.Random(f"{model}{fields}")
    app = App(Settings(seed=1, **fields))
    plain = {"model": model, **WHOLE}
    # Fewer fields, so that what is refused first does not hide the rest.
    less = {
        key: value for key, value in plain.items() if key in ("model", "messages", "tools", "stream", "n")
    }
    bodies: list[bytes] = []
    for whole in (plain, less):
        for path, bad in itertools.product(paths(whole), BAD):
            if len(str(bad)) < 1_000 or rng.random() < 0.02:
                one = changed(whole, path, bad)
                if isinstance(one, dict) and rng.random() < 0.4:
                    one["stream"] = True
                bodies.append(json.dumps(one).encode())
    answers = asked_all(app, rng.sample(bodies, 700))
    assert all(well_formed(answer) for answer in answers)
    assert {400} <= {answer.status for answer in answers}


def nested(kind: str, deep: int) -> str:
    begin, inner, end = {
        "list": ("[", "", "]"),
        "object": ('{"a":', "1", "}"),
        "properties": ('{"type":"object","required":["a"],"properties":{"a":', '{"type":"string"}', "}}"),
        "items": ('{"type":"array","minItems":1,"items":', '{"type":"string"}', "}"),
        "anyOf": ('{"anyOf":[', '{"type":"string"}', "]}"),
    }[kind]
    return begin * deep + inner + end * deep


PLACES = [
    "%s",
    '{"model":"%m","messages":[{"role":"user","content":"Hi"}],"x":%s}',
    '{"model":"%m","messages":%s}',
    '{"model":"%m","messages":[{"role":"user","content":%s}]}',
    '{"model":"%m","messages":[{"role":"user","content":"Call f."}],'
    '"tools":[{"type":"function","function":{"name":"f","parameters":%s}}]}',
    '{"model":"%m","messages":[{"role":"user","content":"Hi"}],'
    '"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":%s}}}',
    '{"model":"%m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"a",'
    '"tool_calls":[{"id":"f:0","type":"function","function":{"name":"f","arguments":%q}}]},'
    '{"role":"tool","tool_call_id":"f:0","content":"s"}]}',
    '{"model":"%m","messages":[{"role":"user","content":"Hi"}],"tool_choice":%s}',
]


@pytest.mark.parametrize(("model", "fields"), APPS[3:7])
@pytest.mark.parametrize("kind", ["list", "object", "properties", "items", "anyOf"])
def test_nothing_is_too_deep(model: str, fields: dict[str, Any], kind: str, tmp_path: Any) -> None:
    recorder = Recorder(str(tmp_path / "r.jsonl"))
    app = App(Settings(seed=1, **fields), recorder=recorder)
    for deep in (10, 60, 120, 125, 250, 256, 480, 950, 995, 1_000, 10_000):
        value = nested(kind, deep)
        for place in PLACES:
            data = place.replace("%m", model).replace("%s", value).replace("%q", json.dumps(value))
            assert well_formed(ask(app, data.encode()))
    recorder.close()
    assert len((tmp_path / "r.jsonl").read_bytes().splitlines()) == 11 * len(PLACES)


LONG = [
    '"',
    "'",
    "`",
    "[",
    "{",
    "(",
    "1",
    "1.",
    "A ",
    "A/A",
    "Say '",
    "read_file ",
    "read_file. ",
    "not a ",
    "key a, ",
    "<|open|>",
    "<|tool_call_begin|>",
    "{{user}}",
    "functions_",
    "\n",
    "東",
    "9 times ",
]


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6"])
def test_long_texts_take_no_time(model: str) -> None:
    app = App(Settings(endpoint="vllm", raw="content", script='script when "none"\nturn\n say {{user}}'))
    for unit in LONG:
        text = (unit * 20_000)[:20_000]
        begun = time.process_time()
        assert well_formed(ask(app, body(text, model=model, tools=TOOLS)))
        results = [*user(text), *called("functions.read_file:0", result=text)]
        assert well_formed(ask(app, body(results, model=model, tools=TOOLS)))
        ids = [*user("Go on."), *called(text)]
        assert well_formed(ask(app, body(ids, model=model, tools=TOOLS)))
        assert time.process_time() - begun < 2, unit


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages",
        "/anthropic/v1/messages",
        "/v1/responses",
        "/v1/tokenizers/estimate-token-count",
        "/v1/files",
    ],
)
def test_other_paths_take_anything_too(path: str) -> None:
    rng = random.Random(path)
    app = App(Settings(seed=1))
    wholes: list[dict[str, Any]] = [
        {"model": "kimi-k3", **WHOLE},
        {
            "model": "kimi-k3",
            "max_tokens": 90,
            "system": "Be brief.",
            "messages": WHOLE["messages"][1:2],
            "tools": [{"name": "f", "input_schema": SCHEMA}],
            "tool_choice": {"type": "auto"},
        },
        {
            "model": "kimi-k3",
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
            "tools": [{"type": "function", "name": "f", "parameters": SCHEMA}],
            "instructions": "Be brief.",
        },
    ]
    bodies = [
        json.dumps(changed(whole, place, bad)).encode()
        for whole in wholes
        for place, bad in itertools.product(paths(whole), BAD)
        if len(str(bad)) < 1_000
    ]
    for data in rng.sample(bodies, 400):
        answer = ask(app, data, path=path)
        assert answer.ended
        assert answer.status == 200 or answer.status in REFUSALS
        assert answer.body.decode()


FORMS = [
    b"",
    b"--b",
    b"--b--",
    b"\r\n",
    b"--b\r\n\r\n",
    b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
    b"--b\r\nContent-Disposition: form-data; name*=x''%ff; filename*0=\"a\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: " + b'"' * 5_000 + b"\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: " + b"(" * 5_000 + b"\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 3_000,
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 2_000,
    b"--b\r\n\xff\xfe: x\r\n\r\n\xff\r\n--b--",
    b"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=file\r\n\r\n"
    b"====\r\n--b--",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary=\xff", ""],
)
def test_uploads_of_any_shape(form: bytes, kind: str) -> None:
    begun = time.process_time()
    answer = ask(App(), form, path="/v1/files", headers={**HEADERS, "content-type": kind})
    assert answer.status in {200, 400}
    assert time.process_time() - begun < 2


def test_headers_of_any_shape() -> None:
    for headers in ({"authorization": "Bearer \xff\xfe"}, {"x-api-key": "\t"}, {"authorization": ""}):
        assert ask(App(), body(), headers=headers).status in {200, 401}
