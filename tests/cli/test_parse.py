"""`moonwire parse`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.samples import CALL, CUT, NAMELESS, ONE_CALL, THOUGHT, TOOLS, moonwire, record


def parsed(*arguments: str, stdin: str | bytes) -> dict[str, Any]:
    done = moonwire("parse", "--json", *arguments, stdin=stdin)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_json_is_one_object_with_everything_in_it() -> None:
    value = parsed(stdin=THOUGHT)
    assert list(value) == ["reasoning", "text", "calls", "malformed", "finish", "notes"]
    assert value["reasoning"] == "Weather, then."
    assert value["text"].strip() == "Let me look."
    assert value["calls"] == [
        {
            "id": "functions.get_weather:0",
            "name": "get_weather",
            "arguments": '{"city": "Zürich"}',
            "complete": True,
            "declared": value["calls"][0]["declared"],
        }
    ]
    assert (value["malformed"], value["finish"]) == ([], "tool_calls")


@pytest.mark.parametrize("text", ["", "\n", "a\r\nb\n\n", "no end", "\ufeffx", "Zürich 月"])
def test_plain_text_comes_back_byte_for_byte(text: str) -> None:
    value = parsed(stdin=text.encode())
    assert value["text"] == text
    assert value["reasoning"] is None


def test_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "raw.txt"
    file.write_bytes(b"plain\r\n")
    for arguments in ((str(file),), ("-",), ()):
        assert parsed(*arguments, stdin=b"plain\r\n")["text"] == "plain\r\n"


def test_options_reach_the_parser(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps(TOOLS), encoding="utf-8")
    undeclared = ONE_CALL.replace("get_weather", "launch")
    assert parsed("--tools", str(tools), stdin=undeclared)["calls"][0]["declared"] is False
    assert parsed("--tools", str(tools), stdin=ONE_CALL)["calls"][0]["declared"] is True
    assert parsed("--in-reasoning", stdin="Hm.</think>Hi.")["reasoning"] == "Hm."
    assert parsed("--finish", "length", stdin="Hi.")["finish"] == "length"
    assert parsed("--family", "k2", "--quoted", "run", stdin="Hi.")["text"] == "Hi."


def test_the_table() -> None:
    done = moonwire("parse", stdin=THOUGHT)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Weather, then." in done.stdout
    assert '{"city": "Zürich"}' in done.stdout
    assert "tool_calls" in done.stdout


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize(
    ("text", "flaw"), [(ONE_CALL, False), (CUT, True), (NAMELESS, True), ("plain", False)]
)
def test_strict_exits_with_one_where_something_is_flawed(
    form: tuple[str, ...], text: str, flaw: bool
) -> None:
    assert moonwire("parse", *form, stdin=text).exit_code == 0
    assert moonwire("parse", *form, "--strict", stdin=text).exit_code == int(flaw)


def test_bytes_that_are_not_utf8() -> None:
    done = moonwire("parse", "--json", stdin=b"ab\nc\xff")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("moonwire: <stdin>:2:2: byte 0xff is not UTF-8")
    assert parsed("--encoding-errors", "replace", stdin=b"ab\nc\xff")["text"] == "ab\nc\ufffd"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('[\n {"function" 1}]', ":2:14: not JSON: expecting ':' delimiter"),
        ('[{"function": 1}]', ":1:15: tools[0].function: "),
    ],
)
def test_tools_that_are_not_right(tmp_path: Path, content: str, where: str) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text(content, encoding="utf-8")
    done = moonwire("parse", "--tools", str(tools))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"moonwire: {tools}{where}")
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.txt")
    done = moonwire("parse", missing)
    assert (done.exit_code, done.stderr) == (2, f"moonwire: {missing}: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json", "--jsonl"], "exclude each other"),
        (["--tools", "-"], "both come from standard input"),
        (["--output", "x"], "--output says something about records; add --jsonl"),
        (["--field", "a"], "--field says something about records"),
        (["--jobs", "2"], "--jobs says something about records"),
        (["--jsonl", "--jobs", "0"], "--jobs"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str) -> None:
    done = moonwire("parse", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


RECORDS = [record("plain"), record(ONE_CALL), record(CUT, "length")]
SUMMARY = "moonwire: 3 records: 1 recovered, 1 malformed, 1 untouched, 0 unreadable\n"


def lines(*records: str) -> bytes:
    return "".join(f"{line}\n" for line in records).encode()


def test_records_are_repaired_and_summed_up() -> None:
    done = moonwire("parse", "--jsonl", stdin=lines(*RECORDS))
    assert (done.exit_code, done.stderr) == (0, SUMMARY)
    written = done.stdout.splitlines()
    assert written[0] == RECORDS[0]
    assert json.loads(written[1])["choices"][0]["message"]["tool_calls"]
    assert CALL not in json.dumps(json.loads(written[1]))


def test_records_may_be_repaired_in_place(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(lines(*RECORDS))
    done = moonwire("parse", "--jsonl", str(file), "--output", str(file), "--jobs", "1")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", SUMMARY)
    assert len(file.read_bytes().splitlines()) == 3
    once = file.read_bytes()
    again = moonwire("parse", "--jsonl", str(file), "-o", str(file))
    assert "3 untouched" in again.stderr
    assert file.read_bytes() == once


def test_lines_that_cannot_be_read_pass_through_and_count() -> None:
    done = moonwire("parse", "--jsonl", stdin=lines("{bad", *RECORDS))
    assert done.exit_code == 1
    assert done.stderr.startswith("moonwire: <stdin>:1:2: not JSON: ")
    assert done.stderr.endswith("1 untouched, 1 unreadable\n")
    assert done.stdout.splitlines()[:2] == ["{bad", RECORDS[0]]


def test_strict_stops_at_such_a_line_and_leaves_the_output(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    done = moonwire(
        "parse", "--jsonl", "--strict", "-o", str(file), stdin=lines(RECORDS[0], "{bad", RECORDS[1])
    )
    assert done.exit_code == 1
    assert "<stdin>:2:2" in done.stderr
    assert f"{file} is as it was" in done.stderr
    assert not file.exists()


@pytest.mark.parametrize(("records", "code"), [(RECORDS[:2], 0), (RECORDS, 1)])
def test_strict_exits_with_one_where_a_record_is_flawed(records: list[str], code: int) -> None:
    done = moonwire("parse", "--jsonl", "--strict", stdin=lines(*records))
    assert done.exit_code == code
    assert len(done.stdout.splitlines()) == len(records)


def test_another_field_another_key_and_other_tools(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps(TOOLS), encoding="utf-8")
    line = json.dumps({"raw": ONE_CALL})
    options = ("--field", "raw", "--key", "parsed", "--tools", str(tools))
    done = moonwire("parse", "--jsonl", *options, stdin=lines(line))
    assert done.exit_code == 0
    value = json.loads(done.stdout)
    assert value["raw"] == ONE_CALL
    assert value["parsed"]["calls"][0]["declared"] is True
