"""`moonwire count`, as it is typed."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moonwire import count_tokens
from tests.cli.samples import moonwire
from tests.tokenizer.vocabularies import needs_tiktoken
from tests.workbench.small import load_small

BODY: dict[str, Any] = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hello"}]}


def told(*arguments: str, body: Any = BODY, env: dict[str, str] | None = None) -> dict[str, Any]:
    done = moonwire("count", "--json", *arguments, stdin=json.dumps(body), env=env)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


@pytest.fixture
def vocabulary(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("moonwire.tokenizer.counter.load", load_small)
    return "tiktoken.model"


def test_without_a_vocabulary_it_is_an_estimate() -> None:
    value = told()
    assert list(value) == ["tokens", "exact", "rung", "margin", "error"]
    assert value == msgspec.to_builtins(count_tokens(BODY))
    assert (value["exact"], value["rung"]) == (False, "cold")


@needs_tiktoken
def test_a_vocabulary_counts(vocabulary: str) -> None:
    value = told("--tokenizer", vocabulary)
    assert value == msgspec.to_builtins(count_tokens(BODY, tokenizer=vocabulary))
    assert (value["exact"], value["rung"]) == (True, "exact")
    assert told(env={"MOONWIRE_TOKENIZER": vocabulary}) == value
    near = told("--tokenizer", vocabulary, "--model", "kimi-k2.6", "--endpoint", "vllm")
    assert (near["exact"], near["rung"]) == (False, "near")


def test_for_people() -> None:
    done = moonwire(
        "count", stdin=json.dumps({**BODY, "messages": [{"role": "user", "content": "x " * 9000}]})
    )
    assert (done.exit_code, done.stderr) == (0, "")
    number, _, rest = done.stdout.partition(" ")
    assert int(number.replace(",", "_")) > 1000
    assert "," in number
    assert rest.startswith("tokens (cold: ")
    assert re.search(r"; keep 1,\d+ free beside it\)\n$", rest)


def test_a_file_and_a_config(tmp_path: Path) -> None:
    file, config = tmp_path / "request.json", tmp_path / "moonwire.toml"
    file.write_text(json.dumps(BODY), encoding="utf-8")
    config.write_text('[models.team]\nlike = "kimi-k3"\n', encoding="utf-8")
    done = moonwire("count", "--json", str(file), "--model", "team", "--config", str(config))
    assert json.loads(done.stdout) == told()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "<stdin>:1:2: not JSON: "),
        ('{"messages": []}', "<stdin>:1:1: model: no model is named ("),
        ('{"model": "m",\n"messages": [{"content": 1}]}', "<stdin>:2:14: messages[0].role: "),
    ],
)
def test_a_body_that_is_not_right(text: str, said: str) -> None:
    done = moonwire("count", stdin=text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"moonwire: {said}")
    assert done.stderr.endswith(")\n")


@pytest.mark.parametrize("depth", [300, 900, 1200, 5000])
def test_any_depth_is_answered(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    tool = json.dumps({"type": "function", "function": {"name": "f", "parameters": {"a": "deep"}}})
    text = f'{json.dumps(BODY)[:-1]}, "tools": [{tool.replace(json.dumps("deep"), deep)}]}}'
    done = moonwire("count", stdin=text)
    assert done.exit_code == 0 or "nested too deeply" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "-"], "both come from standard input"),
        (["--endpoint", "platfrom"], "No endpoint"),
        (
            ["--tokenizer", "/nowhere/tiktoken.model"],
            "/nowhere/tiktoken.model: the vocabulary cannot be read",
        ),
    ],
)
def test_options_that_cannot_be(arguments: list[str], said: str) -> None:
    done = moonwire("count", *arguments, stdin=json.dumps(BODY))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
