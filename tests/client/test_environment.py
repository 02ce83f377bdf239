"""What the environment says: each variable, each kind of junk, `.env` files, and the table for people."""

from pathlib import Path
from typing import Any

import pytest

from moonwire.client.environment import (
    VARIABLES,
    markdown_table,
    read_environment,
    read_file,
)
from moonwire.core.budget import EnvCap
from moonwire.core.errors import LocalProtocolError

KEEP, EFFORT = "KIMI_MODEL_THINKING_KEEP", "KIMI_MODEL_THINKING_EFFORT"
WARM, TOP = "KIMI_MODEL_TEMPERATURE", "KIMI_MODEL_TOP_P"
CAP, OLD_CAP = "KIMI_MODEL_MAX_COMPLETION_TOKENS", "KIMI_MODEL_MAX_TOKENS"

# environment, what differs from saying nothing, the variables that hold junk
SAID: dict[str, tuple[dict[str, str], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "empty is nothing": ({WARM: "", TOP: " ", KEEP: "", EFFORT: " "}, {}, []),
    "other variables": ({"OPENAI_API_KEY": "x", "KIMI_MODEL_NAME": "y"}, {}, []),
    "temperature": ({WARM: "0.3"}, {"sampling": {"temperature": 0.3}}, []),
    "zero is a number": ({WARM: "0"}, {"sampling": {"temperature": 0.0}}, []),
    "both": ({WARM: " 1 ", TOP: "0.95"}, {"sampling": {"temperature": 1.0, "top_p": 0.95}}, []),
    "words": ({WARM: "hot", TOP: "0.5"}, {"sampling": {"top_p": 0.5}}, [WARM]),
    "not finite": ({WARM: "nan", TOP: "inf"}, {}, [WARM, TOP]),
    "a cap": ({CAP: "4096"}, {"cap": EnvCap(4096)}, []),
    "the old name": ({OLD_CAP: "4096"}, {"cap": EnvCap(4096)}, []),
    "the new name is stronger": ({CAP: "1", OLD_CAP: "2"}, {"cap": EnvCap(1)}, []),
    "no number: the next name": ({CAP: "lots", OLD_CAP: "2"}, {"cap": EnvCap(2)}, []),
    "no cap": ({CAP: "0"}, {"cap": EnvCap(disabled=True)}, []),
    "less than none": ({CAP: "-1", OLD_CAP: "2"}, {"cap": EnvCap(disabled=True)}, []),
    "effort": ({EFFORT: " LOW "}, {"effort": "low"}, []),
    "keep": ({KEEP: "all"}, {"keep": "all"}, []),
    "keep, as it stands": ({KEEP: " Some "}, {"keep": "Some"}, []),
    **{
        f"keep {word}": ({KEEP: word}, {"keep": "none"}, [])
        for word in ["0", "false", "no", "off", "none", "NULL"]
    },
}


@pytest.mark.parametrize(("environ", "differs", "junk"), SAID.values(), ids=SAID)
def test_what_is_said(environ: dict[str, str], differs: dict[str, Any], junk: list[str]) -> None:
    said = read_environment(environ)
    usual: dict[str, Any] = {"sampling": {}, "cap": EnvCap(), "keep": "", "effort": ""}
    assert {name: getattr(said, name) for name in usual} == {**usual, **differs}
    assert [note.path for note in said.junk] == junk
    assert all(note.code == "env-junk" and note.level == "warning" for note in said.junk)


# a file's text, and the variables in it
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "nothing": ("", {}),
    "one": ("A=1", {"A": "1"}),
    "two, and blank lines": ("A=1\n\n  \nB=2\n", {"A": "1", "B": "2"}),
    "the last one counts": ("A=1\nA=2", {"A": "2"}),
    "Windows": ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
    "export": ("export A=1\nexport  B=2", {"A": "1", "B": "2"}),
    "blanks": (" A = 1 ", {"A": "1"}),
    "comments": ("# A=1\nB=2 # two\n  # more", {"B": "2"}),
    "a mark within a value": ("A=sk-1#2", {"A": "sk-1#2"}),
    "no value": ("A=", {"A": ""}),
    "more marks": ("A=b=c", {"A": "b=c"}),
    "quoted": ("A=\"1 # 2\"\nB='3 4'", {"A": "1 # 2", "B": "3 4"}),
    "quoted, and a comment": ("A=\"1\" # one\nB='2'   # two", {"A": "1", "B": "2"}),
    "quoted nothing": ('A=""', {"A": ""}),
    "one quote": ('A="', {"A": '"'}),
    "quotes that differ": ("A=\"1'", {"A": "\"1'"}),
    "nothing is replaced": ("A=$HOME\nB=`id`", {"A": "$HOME", "B": "`id`"}),
    "Chinese": ("A=月之暗面", {"A": "月之暗面"}),
}


@pytest.mark.parametrize(("text", "found"), FILES.values(), ids=FILES)
def test_a_file(text: str, found: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / ".env"
    place.write_bytes(text.encode())
    assert read_file(place) == read_file(str(place)) == found


# a file's bytes, and what the error says
WRONG: dict[str, tuple[bytes | None, str]] = {
    "no file": (None, r"^env_file: .*\.env cannot be read: No such file.* \(name a file"),
    "no mark": (b"A=1\nsk-secret\n", r"^env_file: line 2 of .* is not NAME=value \(write NAME=value"),
    "no name": (b"=sk-secret", r"^env_file: line 1 of "),
    "a name of two words": (b"A B=sk-secret", r"^env_file: line 1 of "),
    "no text": (b"A=\xff\xfe", r"^env_file: .* is not a text \(save it as UTF-8\)"),
}


@pytest.mark.parametrize(("data", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_such_file(data: bytes | None, said: str, tmp_path: Path) -> None:
    place = tmp_path / ".env"
    if data is not None:
        place.write_bytes(data)
    with pytest.raises(LocalProtocolError, match=said) as raised:
        read_file(place)
    assert "secret" not in str(raised.value)


def test_the_home_directory_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "keys.env").write_text("A=1")
    assert read_file("~/keys.env") == {"A": "1"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_has_every_variable_once(language: Any) -> None:
    lines = markdown_table(language).splitlines()
    assert len(lines) == 2 + len(VARIABLES)
    assert all(line.startswith("|") and line.endswith("|") and line.count(" | ") == 3 for line in lines[2:])
    assert [line.split("`")[1] for line in lines[2:]] == [one.name for one in VARIABLES]


def test_every_variable_that_is_read_is_in_the_table() -> None:
    listed = {one.name for one in VARIABLES}
    assert {KEEP, EFFORT, WARM, TOP, CAP, OLD_CAP} < listed
    assert all(one.sets and one.junk and one.sets_zh and one.junk_zh and one.source for one in VARIABLES)
