"""Recordings: without secrets, and the same bytes again."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.simulator import App, Exchange, Settings
from moonwire.simulator.recording import SECRET, Recorder, Recording, as_bytes, as_text, read, shown
from tests.simulator.asking import TOOLS, Broken, ask, body

REQUESTS = [
    body(),
    body(stream=True),
    body("Call get_weather.", tools=TOOLS, stream=True),
    body("Hi.", model="unknown"),
    b"{not json",
    b"\xff\xfe",
    b"[" * 3_000,
    body("Hi.", stream=True, stream_options={"include_usage": True}),
    body(),
]


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode) | st.just(b"base64:QQ=="))
def test_any_bytes_have_a_text(data: bytes) -> None:
    assert as_bytes(as_text(data)) == data


def recorded(path: Path, faults: str = "") -> list[bytes]:
    recorder = Recorder(str(path))
    app = App(Settings(seed=3, faults=faults), recorder=recorder)
    answers = [ask(app, data, connection=Broken()).body for data in REQUESTS]
    recorder.close()
    return answers


@pytest.mark.parametrize(
    "faults", ["", "rate-limits", '[[fault]]\nkind = "gzip"', '[[fault]]\nkind = "garbage"']
)
def test_a_replay_has_the_same_bytes(tmp_path: Path, faults: str) -> None:
    answers = recorded(tmp_path / "r.jsonl", faults)
    recording = read(str(tmp_path / "r.jsonl"))
    assert recording.size == len(REQUESTS)
    app = App(recording=recording)
    assert [ask(app, data).body for data in REQUESTS] == answers
    # The last answer to a question is given again for ever.
    assert ask(app, REQUESTS[-1]).body == ask(app, REQUESTS[-1]).body == answers[-1]


def test_a_connection_that_broke_breaks_again(tmp_path: Path) -> None:
    recorded(tmp_path / "r.jsonl", '[[fault]]\nkind = "reset-before"')
    connection = Broken()
    answer = ask(App(recording=read(str(tmp_path / "r.jsonl"))), REQUESTS[0], connection=connection)
    assert (answer.status, answer.pieces, connection.done) == (0, [], "reset")


def test_what_was_not_recorded_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path / "r.jsonl")
    app = App(recording=read(str(tmp_path / "r.jsonl")))
    answer = ask(app, body("Something else."))
    assert (answer.status, answer.error["type"]) == (404, "not_recorded")
    assert app.exchanges[-1].rule == "not-recorded"
    assert ask(app, REQUESTS[0], path="/v1/other").status == 404


def test_secrets_never_reach_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recorder = Recorder(str(path))
    app = App(Settings(keys=("sk-good",)), recorder=recorder)
    for name in sorted(SECRET):
        for key in ("sk-secret-1", "Bearer sk-secret-2", "sk-good"):
            for spelled in (name, name.title()):
                ask(app, body(), headers={spelled: key})
    ask(app, body(), headers={"authorization": "Bearer sk-good"})
    recorder.close()
    text = path.read_text()
    assert "sk-" not in text
    assert "(hidden)" in text
    assert len(text.splitlines()) == len(app.exchanges) == 6 * len(SECRET) + 1


def test_headers_are_shown_but_for_secrets() -> None:
    said = [("Authorization", "a"), ("cookie", "b"), ("user-agent", "c")]
    assert shown(said) == {"Authorization": "(hidden)", "cookie": "(hidden)", "user-agent": "c"}


def test_a_recording_says_what_went_on(tmp_path: Path) -> None:
    recorded(tmp_path / "r.jsonl", '[[fault]]\nkind = "status"\nerror = "overloaded"\nat = [1]')
    lines: list[Any] = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert lines[0]["fault"] == "status error=overloaded seconds=1 (rule 1, request 1)"
    assert (lines[0]["status"], lines[1]["status"]) == (429, 200)
    assert (lines[3]["rule"], lines[4]["rule"]) == ("model", "json")
    assert len(lines[1]["pieces"]) > 3
    assert lines[1]["request"]["stream"] is True


def test_lines_are_added_to_what_is_there(tmp_path: Path) -> None:
    recorded(tmp_path / "r.jsonl")
    recorded(tmp_path / "r.jsonl")
    assert read(str(tmp_path / "r.jsonl")).size == 2 * len(REQUESTS)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(MoonwireError, match="missing"):
        read(str(tmp_path / "missing"))
    with pytest.raises(MoonwireError, match="--record"):
        Recorder(str(tmp_path / "no" / "folder"))
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"number":1,"method":"GET","path":"/"}\n\n{"number":"x"}\n')
    with pytest.raises(LocalProtocolError, match=r"bad\.jsonl:3"):
        read(str(bad))


def test_equal_questions_are_answered_in_their_turns() -> None:
    one, two = (
        Exchange(number=n, method="POST", path="/", request={"a": 1, "b": 2}, status=n) for n in (1, 2)
    )
    recording = Recording([one, two])
    found = [recording.answer("POST", "/", {"b": 2, "a": 1}) for _ in range(3)]
    assert [exchange.status for exchange in found if exchange] == [1, 2, 2]
    assert recording.answer("GET", "/", {"a": 1, "b": 2}) is None
