"""The form of an answer: from a file, from a type; and what is wrong with a value."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from moonwire.cli.talk.forms import plain, wanted
from moonwire.core.errors import LocalProtocolError

CITY = {"title": "A City", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TYPES = """
import msgspec
class City(msgspec.Struct):
    name: str
Names = list[str]
number = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "talk_shapes.py").write_text(TYPES)
    return tmp_path


def test_a_bare_schema_gets_a_name_and_is_kept_to(here: Path) -> None:
    (here / "city.json").write_text(json.dumps(CITY))
    want = wanted("city.json")
    assert want.form == {
        "type": "json_schema",
        "json_schema": {"name": "A_City", "schema": CITY, "strict": True},
    }
    assert want.trouble({"name": "Oslo"}) == ""
    assert "name" in want.trouble({})


def test_a_response_format_is_taken_as_it_is(here: Path) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": CITY}}
    (here / "form.json").write_text(json.dumps(form))
    want = wanted("form.json")
    assert want.form == form and want.trouble(3)


@pytest.mark.parametrize("spec", ["talk_shapes.py:City", "talk_shapes:City", "talk_shapes.py:Names"])
def test_a_type_is_found(spec: str, here: Path) -> None:
    want = wanted(spec)
    assert want.form is not None and want.trouble(object()) == ""


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("talk_shapes.py:number", "no number to take"),
        ("talk_shapes.py:Citi", "did you mean City"),
        ("list.json", "no JSON schema"),
        ("broken.json", r"broken\.json:1:1"),
    ],
)
def test_what_is_no_form_says_so(spec: str, why: str, here: Path) -> None:
    (here / "list.json").write_text("[]")
    (here / "broken.json").write_text("nope")
    with pytest.raises(LocalProtocolError, match=why):
        wanted(spec)


class Inner(BaseModel):
    a: int


class Outer(msgspec.Struct):
    inner: Any


def test_values_of_every_kind_are_json() -> None:
    assert plain(Outer(Inner(a=1))) == {"inner": {"a": 1}}
    assert plain({1: {2, 3}}) == {"1": [2, 3]}
    assert plain(Path("x")) == "x"
