"""Heads of tags, whole and under way."""

import pytest

from moonwire.core.rawtext.k3_tags import USUAL_HEADS, USUAL_SO_FAR, Tag, could_be_tag, read_tags

WHOLE: list[tuple[bool, str, list[tuple[str, dict[str, str]]]]] = [
    (True, "think", [("think", {})]),
    (False, " response ", [("response", {})]),
    (True, 'call tool="f" index="1"', [("call", {"tool": "f", "index": "1"})]),
    (True, 'toolscall tool="f"', [("tools", {}), ("call", {"tool": "f"})]),
    (False, "argumentcalltools", [("argument", {}), ("call", {}), ("tools", {})]),
    (
        True,
        'argument key="a&quot;b&amp;quot; c"  type="string" ',
        [("argument", {"key": 'a"b&quot; c', "type": "string"})],
    ),
    (False, 'call tool="f"', []),
    (True, "table", []),
    (True, "thinking", []),
    (True, "tools and more", []),
    (True, 'call tool="f" and', []),
    (True, "", []),
]


@pytest.mark.parametrize(("opens", "head", "want"), WHOLE)
def test_read(opens: bool, head: str, want: list[tuple[str, dict[str, str]]]) -> None:
    tags = read_tags(opens, head, "raw")
    assert [(tag.name, tag.attributes) for tag in tags] == want
    assert [tag.raw for tag in tags] == ["raw", *[""] * (len(tags) - 1)][: len(tags)]
    assert all(isinstance(tag, Tag) and tag.opens is opens for tag in tags)


@pytest.mark.parametrize(("opens", "head", "want"), [row for row in WHOLE if row[2]])
def test_every_beginning_of_a_tag_could_be_one(opens: bool, head: str, want: object) -> None:
    assert want
    for length in range(len(head) + 1):
        assert could_be_tag(opens, head[:length])


def test_the_usual_heads_could_be_tags() -> None:
    assert all(could_be_tag(True, head) for head in USUAL_HEADS)


@pytest.mark.parametrize("head", ["x", "thinkx", "tools and t", 'call tool="f"x', "call tool=f", "call 1"])
def test_what_could_not(head: str) -> None:
    assert not could_be_tag(True, head)


def test_a_close_has_no_attributes() -> None:
    assert not could_be_tag(False, "call t")


@pytest.mark.parametrize("head", ['call tool="a"x', 'call tool="a" b"', 'argument key="a" and then', "call"])
def test_the_usual_way_takes_nothing_else(head: str) -> None:
    assert not USUAL_SO_FAR.match(head)


def test_the_usual_way_takes_every_beginning_of_a_usual_tag() -> None:
    head = 'argument key="a b" type="string" '
    assert all(USUAL_SO_FAR.match(head[:length]) for length in range(len('argument key="'), len(head) + 1))
