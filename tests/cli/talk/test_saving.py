"""A conversation as a page and as messages."""

import json
import stat
from pathlib import Path

import pytest

from moonwire.cli.talk.saving import as_lines, as_page, save
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Image, Message, TextPart, Thought, ToolCall

CALL = ToolCall(id="f_0", name="f", arguments='{"a": 1}')
HISTORY = (
    Message(role="user", content="Hi"),
    Message(role="assistant", content="Calling.", thoughts=(Thought(text="hm"),), calls=(CALL,)),
    Message(role="tool", call_id="f_0", content="a ``` b"),
    Message(role="assistant", content="Done."),
    Message(role="user", content=(TextPart(text="See: "), Image(url="https://example.com/a.png"))),
    Message(role="assistant", content=None),
)
PAGE = """\
# A conversation with kimi-k3

## System

Be brief.

## You

Hi

## kimi-k3

<details><summary>Thoughts</summary>

hm

</details>

Calling.

Calls `f`:

```json
{"a": 1}
```

Result:

````
a ``` b
````

Done.

## You

See: [image]

## kimi-k3
"""


def test_a_page(tmp_path: Path) -> None:
    assert save(str(tmp_path / "a.md"), "kimi-k3", "Be brief.", HISTORY) == tmp_path / "a.md"
    assert (tmp_path / "a.md").read_text() == PAGE
    assert as_page("m", HISTORY[:1]) == "# A conversation with m\n\n## You\n\nHi\n"


def test_messages(tmp_path: Path) -> None:
    save(str(tmp_path / "a.jsonl"), "kimi-k3", "", HISTORY)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["role"] for line in lines] == ["user", "assistant", "tool", "assistant", "user", "assistant"]
    assert lines[1]["reasoning_content"] == "hm" and lines[1]["tool_calls"][0]["function"]["name"] == "f"
    assert (
        as_lines([Message(role="user", content="half \ud83d")])
        == '{"role": "user", "content": "half \\ud83d"}\n'
    )


def test_another_form_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match=r"\.md for a page"):
        save(str(tmp_path / "a.doc"), "kimi-k3", "", HISTORY)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.touch(0o600)
    save(str(file), "kimi-k3", "", HISTORY[:1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
