"""What a command reads, and what it says of input that is not as it should be."""

import json
from pathlib import Path
from typing import Any

import pytest

from moonwire.cli.inputs import decode_text, load_tools, name_of, open_input, read_text
from moonwire.core.errors import LocalProtocolError
from tests.cli.samples import TOOLS


@pytest.mark.parametrize("data", [b"", b"a\r\nb\rc\n\n", b"\xef\xbb\xbfx", "Zürich\u2028".encode(), b"\x00"])
def test_text_is_byte_exact(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "raw.txt"
    file.write_bytes(data)
    assert read_text(str(file), "strict").encode() == data


@pytest.mark.parametrize(
    ("data", "where", "replaced"),
    [
        (b"\xff", "f:1:1", "\ufffd"),
        ("ü\nüü".encode() + b"\xc3(", "f:2:3", "ü\nüü\ufffd("),
        (b"a\nb\n\xf0\x9f\x8c", "f:3:1", "a\nb\n\ufffd"),
        (b"\xed\xa0\xbd", "f:1:1", "\ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_that_are_not_utf8_are_named_or_replaced(data: bytes, where: str, replaced: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        decode_text(data, "f", "strict")
    assert caught.value.path == where
    assert "--encoding-errors replace" in caught.value.remedy
    assert decode_text(data, "f", "replace") == replaced


def test_names() -> None:
    assert (name_of("-"), name_of("a.txt")) == ("<stdin>", "a.txt")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_input(str(tmp_path / "none"))


FLAT = {"type": "function", "name": "f", "parameters": {"type": "object"}}


@pytest.mark.parametrize(
    ("value", "tools"),
    [
        (TOOLS, TOOLS),
        ([], []),
        ({"model": "m", "tools": TOOLS}, TOOLS),
        (TOOLS[0], TOOLS),
        (FLAT, [FLAT]),
    ],
)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_tools_come_as_a_list_as_one_or_in_a_request(
    tmp_path: Path, value: Any, tools: Any, bom: str
) -> None:
    file = tmp_path / "tools.json"
    file.write_text(bom + json.dumps(value, indent=1), encoding="utf-8")
    assert load_tools(str(file)) == tools


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[\n {]", "2:3"),
        ("", "1:1"),
        ("3", "1:1"),
        ('{"model": "m"}', "1:1"),
        ("[1]", "1:2: tools[0]"),
        ('[{"function": {"name": "f"}},\n {"function":\n  {"name": 3}}]', "3:12: tools[1].function.name"),
        ('[{"function": {"description": "d"}}]', "1:15: tools[0].function.name"),
        ('{"tools": [\n{"function": []}]}', "2:14: tools[0].function"),
        ('{"function": {"name": ""}}', "1:23: function.name"),
    ],
)
def test_tools_that_are_not_right_are_named_by_line_column_and_path(
    tmp_path: Path, text: str, where: str
) -> None:
    file = tmp_path / "tools.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LocalProtocolError) as caught:
        load_tools(str(file))
    assert caught.value.path == f"{file}:{where}"
    assert caught.value.remedy
