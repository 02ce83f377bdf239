"""`moonwire explain`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from moonwire import Note, plan
from moonwire.cli.explain import budget_line, noted
from moonwire.cli.screen import shortened
from moonwire.core.errors import MoonwireError
from moonwire.workbench import explained
from tests.cli.samples import moonwire
from tests.core.conversation_cases import bodies
from tests.tokenizer.vocabularies import needs_tiktoken
from tests.workbench.small import load_small

USER = {"role": "user", "content": "hi"}
# Goes to neutral as it comes: nothing is known of this model.
NEUTRAL: dict[str, Any] = {"model": "gpt-4o", "messages": [USER]}
DEVELOPER: dict[str, Any] = {
    "model": "kimi-k2.6",
    "messages": [{"role": "developer", "content": "Brief."}, USER],
}
HOT: dict[str, Any] = {**DEVELOPER, "temperature": 0.2}


def told(body: Any, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = moonwire("explain", "--json", *arguments, stdin=json.dumps(body))
    assert (done.exit_code, done.stderr) == (code, "")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def shown(body: Any, *arguments: str, code: int = 0) -> str:
    done = moonwire("explain", *arguments, stdin=json.dumps(body))
    assert (done.exit_code, done.stderr) == (code, "")
    return done.stdout


def codes(value: dict[str, Any]) -> list[str]:
    return [note["code"] for note in value["notes"]]


def test_json_is_the_request_the_notes_and_the_budget() -> None:
    value = told(DEVELOPER)
    assert list(value) == ["request", "notes", "budget"]
    assert value == explained(plan(DEVELOPER))
    assert value["request"]["messages"][0] == {"role": "system", "content": "Brief."}
    assert codes(value)[0] == "role-developer"
    assert value["budget"]["cap"] == value["request"]["max_completion_tokens"]


@given(body=bodies())
def test_any_body_is_explained_or_refused_in_words(body: dict[str, Any]) -> None:
    body = {"model": "kimi-k2.6", **body}
    done = moonwire("explain", "--json", stdin=json.dumps(body))
    try:
        expected = plan(body)
    except MoonwireError as error:
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("moonwire: <stdin>:1:")
        assert error.message in done.stderr
        return
    assert (done.exit_code, done.stderr) == (1 if expected.warnings else 0, "")
    assert json.loads(done.stdout) == json.loads(json.dumps(explained(expected)))
    people = moonwire("explain", stdin=json.dumps(body))
    assert (people.exit_code, people.stderr) == (done.exit_code, "")
    for note in expected.notes:
        assert f"  {note.code}: " in people.stdout


def test_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text("\ufeff" + json.dumps(DEVELOPER), encoding="utf-8")
    from_file = moonwire("explain", str(file)).stdout
    assert from_file.startswith(f"--- {file}\n+++ what is sent\n")
    assert from_file.replace(str(file), "<stdin>") == shown(DEVELOPER) == shown(DEVELOPER, "-")


def test_the_diff_the_notes_and_the_budget() -> None:
    lines = shown(HOT, code=1).splitlines()
    assert lines[:3] == ["--- <stdin>", "+++ what is sent", "@@ -2,7 +2,7 @@"]
    assert '-      "role": "developer",' in lines
    assert '+      "role": "system",' in lines
    assert '-  "temperature": 0.2' in lines
    first = lines.index("warning  sampling-fixed: the target fixes this field and takes no other value")
    assert lines[first + 1 : first + 4] == [
        "         temperature: was 0.2",
        "         avoids: invalid temperature: only … is allowed for this model",
        "         source: kimi-api.md E",
    ]
    # What was weakened comes first.
    role = lines.index("info     role-developer: the target knows no role `developer`")
    assert role > first
    assert lines[role + 1] == '         messages[0].role: "developer" → "system"'
    cap = next(line for line in lines if line.startswith("         max_completion_tokens:"))
    assert cap == "         max_completion_tokens: now 32768"
    assert "budget  max_completion_tokens 32,768 (policy auto);" in lines


def test_notes_only() -> None:
    told = shown(HOT, "--notes-only", code=1)
    assert told.startswith("warning  sampling-fixed: ")
    assert "budget  " not in told
    assert "+++" not in told
    assert shown(NEUTRAL, "--notes-only") == "no notes\n"


def test_what_needs_no_change_is_sent_as_it_came() -> None:
    lines = shown(NEUTRAL).splitlines()
    assert lines[0] == "sent as it came"
    assert lines[-2].startswith("budget  no output cap (policy ")
    assert lines[-3] == "target  the catalogue does not know this model (gpt-4o): nothing is healed"
    assert told(NEUTRAL)["request"] == NEUTRAL


def test_the_order_of_fields_is_no_difference() -> None:
    body = {"messages": [{"content": "hi", "role": "user"}], "model": "gpt-4o"}
    assert shown(body).startswith("sent as it came\n")


def test_like_changes_are_said_once() -> None:
    user = {"role": "user", "content": "go"}
    messages: list[Any] = [{**USER, "role": "developer"}, user] * 30
    lines = shown({**DEVELOPER, "messages": messages}, "--notes-only").splitlines()
    assert sum("  role-developer: " in line for line in lines) == 1
    assert "         … and in 18 more places, all of them with --json" in lines
    assert sum(".role: " in line for line in lines) == 12


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (Note(code="c", reason="r"), "info     c: r\n"),
        (Note(code="c", reason="r", after=0), "info     c: r\n         now 0\n"),
        (Note(code="c", reason="r", path="p", before={}), "info     c: r\n         p\n"),
        (
            Note(code="c", reason="r", path="p", before=False, after=[]),
            "info     c: r\n         p: false → []\n",
        ),
        (
            Note(code="c", reason="r", level="warning", before="x" * 999, avoids="a", source="s"),
            f"warning  c: r\n         was {shortened(json.dumps('x' * 999), 120)}\n"
            "         avoids: a\n         source: s\n",
        ),
    ],
)
def test_a_note(note: Note, told: str) -> None:
    assert "".join(piece.text for piece in noted([note])) == told


def test_another_model_behind_another_endpoint() -> None:
    assert told(DEVELOPER, "--model", "k3", "--endpoint", "coding")["request"]["model"] == "k3"
    assert told({"messages": [USER]}, "-m", "kimi-k2.6")["request"]["model"] == "kimi-k2.6"
    there = told(DEVELOPER, "-e", "vllm", "--thinking", "off")["request"]
    assert there["messages"][0]["role"] == "system"
    assert told(DEVELOPER, "-e", "https://llm.example.com/v1")["request"] == DEVELOPER


def test_thinking_is_the_targets_state() -> None:
    forced = {
        **DEVELOPER,
        "tool_choice": "required",
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    }
    assert "thinking-off-for-choice" in codes(told(forced, "--thinking", "on", code=1))
    assert "thinking-off-for-choice" not in codes(told(forced, "--thinking", "off"))


def test_settings() -> None:
    value = told(DEVELOPER, "--set", "cap=4321", "--set", "messages=off")
    assert value["budget"]["cap"] == 4321
    assert value["request"]["messages"][0]["role"] == "developer"
    assert "pass-off" in codes(value)
    assert told(DEVELOPER, "--set", "raise-cap=true", "--set", "drop_tools=a,b")["budget"]["cap"] == 32768


def test_a_config(tmp_path: Path) -> None:
    file = tmp_path / "moonwire.toml"
    file.write_text('[models.team]\nlike = "kimi-k2.6"\ncap = 4321\n', encoding="utf-8")
    value = told(DEVELOPER, "--config", str(file), "--model", "team")
    assert (value["request"]["model"], value["budget"]["cap"]) == ("team", 4321)
    body = tmp_path / "request.json"
    body.write_text(json.dumps(DEVELOPER), encoding="utf-8")
    done = moonwire(
        "explain", "--json", str(body), "--config", "-", stdin="[models.'kimi-k2.6']\ncap = 8765\n"
    )
    assert json.loads(done.stdout)["budget"]["cap"] == 8765


@needs_tiktoken
def test_a_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moonwire.tokenizer.counter.load", load_small)
    assert told(DEVELOPER, "--tokenizer", "tiktoken.model")["budget"]["estimate"]["rung"] == "near"
    done = moonwire("explain", stdin=json.dumps(DEVELOPER), env={"MOONWIRE_TOKENIZER": "tiktoken.model"})
    assert "tokens (near: " in done.stdout


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("", ":1:1: ", "not JSON"),
        ('{"model" 1}', ":1:10: ", "not JSON"),
        ("[" * 100_000, ":1:1: ", "nested too deeply"),
        ("[1]", ":1:1: ", "a request body is a JSON object"),
        ('{"model": "kimi-k3"}', ":1:1: messages: ", "missing"),
        ('{"messages": [{"role": "user", "content": "x"}]}', ":1:1: model: ", "no model is named"),
        ('{"model": "kimi-k3",\n "messages": {}}', ":2:14: messages: ", "not a list"),
        (
            '{"model": "kimi-k3", "messages": [{"role": "user", "content": "x"},\n'
            '{"role": "assistant", "tool_calls": "call"}]}',
            ":2:37: messages[1].tool_calls: ",
            "not a list",
        ),
        (
            '{"model": "kimi-k3", "messages": [{"role": "user", "content": "x"}],\n'
            '"tool_choice": {"type": "function", "function": {"name": "f"}}}',
            ":2:58: tool_choice.function.name: ",
            "no tool of the name",
        ),
    ],
)
def test_a_body_that_is_not_right(tmp_path: Path, text: str, where: str, said: str) -> None:
    file = tmp_path / "request.json"
    file.write_text(text, encoding="utf-8")
    done = moonwire("explain", str(file))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"moonwire: {file}{where}{said}")
    assert done.stderr.endswith(")\n")
    assert done.stderr.count("\n") == 1


def test_a_prompt_without_room_is_refused_with_what_to_do() -> None:
    body = {"model": "moonshot-v1-8k", "messages": [{"role": "user", "content": "word " * 20_000}]}
    done = moonwire("explain", stdin=json.dumps(body))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("moonwire: <stdin>:1:41: messages: the prompt takes about ")
    assert "compact the conversation by at least" in done.stderr


@pytest.mark.parametrize("depth", [300, 600, 900, 1200, 5000])
@pytest.mark.parametrize("form", [(), ("--json",), ("--notes-only",)])
def test_any_depth_is_answered(depth: int, form: tuple[str, ...]) -> None:
    text = json.dumps(NEUTRAL)[:-1] + f', "more": {"[" * depth}{"]" * depth}}}'
    done = moonwire("explain", *form, stdin=text)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert (done.exit_code == 0) or "nested too deeply" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json", "--notes-only"], "exclude each other"),
        (["--config", "-"], "both come from standard input"),
        (["--set", "ids"], "has no ="),
        (["--set", "idz=native"], "settings.idz: no such setting"),
        (["--set", "cap=many"], "give a whole number or null"),
        (["--endpoint", "platfrom"], "No endpoint"),
        (["--thinking", "maybe"], "--thinking"),
        (
            ["--tokenizer", "/nowhere/tiktoken.model"],
            "/nowhere/tiktoken.model: the vocabulary cannot be read",
        ),
        (["--config", "/nowhere.toml"], "/nowhere.toml: No such file"),
        (["/nowhere.json"], "/nowhere.json: No such file"),
    ],
)
def test_options_that_cannot_be(arguments: list[str], said: str) -> None:
    done = moonwire("explain", *arguments, stdin=json.dumps(DEVELOPER))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_colours_are_for_terminals() -> None:
    plain = moonwire("explain", stdin=json.dumps(HOT))
    assert "\x1b" not in plain.stdout
    env = {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": ""}
    coloured = moonwire("explain", stdin=json.dumps(HOT), env=env).stdout
    assert '\x1b[31m-      "role": "developer",' in coloured
    assert '\x1b[32m+      "role": "system",' in coloured
    assert "\x1b[1;31mwarning" in coloured


def test_a_body_cannot_drive_the_terminal() -> None:
    body = {
        "model": "kimi-k2.6",
        "messages": [{"role": "developer", "content": "a\x1b[2J\u202e\ud800"}, USER],
    }
    assert not set(shown(body)) & set("\x1b\u202e\ud800")
    assert told(body)["request"]["messages"][0]["content"] == "a\x1b[2J\u202e\ud800"


@pytest.mark.parametrize(
    ("body", "settings", "said"),
    [
        (DEVELOPER, {}, "max_completion_tokens 32,768 (policy auto);\n        prompt "),
        (DEVELOPER, {}, ";\n        window 262,144;\n"),
        (
            DEVELOPER,
            {},
            " of it left for the answer;\n        after an answer of thoughts alone 131,072 is tried",
        ),
        ({**DEVELOPER, "max_tokens": 999_999_999}, {}, ";\n        the caller asked for 999,999,999;\n"),
        (NEUTRAL, {}, "no output cap (policy "),
    ],
)
def test_the_budget_has_a_fact_a_line(body: dict[str, Any], settings: dict[str, Any], said: str) -> None:
    line = budget_line(plan(body, settings=settings).budget)
    assert said in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--model", "kimi-k26"),
            "does not know this model (kimi-k26): nothing is healed; did you mean kimi-k2.6?",
        ),
        (
            ("--endpoint", "https://example.org/v1"),
            "does not know this endpoint (generic): nothing is healed",
        ),
        (("--endpoint", "coding-anthropic"), "this endpoint speaks Anthropic Messages"),
    ],
)
def test_what_a_reader_has_to_know_of_the_target(arguments: tuple[str, ...], said: str) -> None:
    assert said in shown(DEVELOPER, *arguments)
