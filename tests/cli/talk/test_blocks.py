"""Markdown in blocks: whole, at every split, and always the text that was put in."""

import pytest

from moonwire.cli.talk.blocks import LONGEST, Blocks

# A text, and the blocks that it is.
ROWS: dict[str, list[str]] = {
    "one": ["a line"],
    "paragraphs": ["one\nmore\n\n", "two\n\n\n", "three\n"],
    "a list stays whole where it is indented": ["1. one\n\n   more\n2. two\n\n", "text"],
    "a fence": ["```python\na = 1\n\nb = 2\n```\n\n", "text"],
    "a fence without an end": ["text\n\n", "```\na\n\nb\n\nc"],
    "a longer fence around a shorter one": ["````\n```\n\nx\n```\n\n````\n\n", "text"],
    "tildes are closed by tildes": ["~~~\n```\n\n~~~\n\n", "text"],
    "words behind the ticks do not close": ["```\na\n``` x\n\nb\n```\n\n", "text"],
    "an indented fence": ["- a\n\n  ```\n  x\n\n  y\n  ```\n\n", "b"],
    "blanks alone are an empty line": ["a\n  \n", "b"],
}


def cut(pieces: list[str]) -> tuple[list[str], str]:
    blocks = Blocks()
    found = [block for piece in pieces for block in blocks.feed(piece)]
    pending = blocks.pending
    return [*found, *blocks.finish()], pending


@pytest.mark.parametrize("blocks", ROWS.values(), ids=ROWS)
def test_a_text_is_cut_the_same_however_it_comes(blocks: list[str]) -> None:
    text = "".join(blocks)
    assert cut([text])[0] == blocks
    assert cut(list(text))[0] == blocks
    for place in range(len(text)):
        found, pending = cut([text[:place], text[place:]])
        assert found == blocks and blocks[-1].startswith(pending[:1])


def test_blanks_alone_are_no_block() -> None:
    assert cut(["\n\n  \n"])[0] == []


def test_a_block_without_an_end_is_cut() -> None:
    found, _ = cut(["- a line of a list\n" * (LONGEST // 10)])
    assert len(found) > 1 and max(map(len, found)) <= LONGEST + 20


def test_the_tail_of_an_open_fence_is_a_fence() -> None:
    blocks = Blocks()
    blocks.feed("```python\n" + "".join(f"line{number}\n" for number in range(50)) + "last")
    assert blocks.tail(2) == "```python\nline48\nline49\nlast"
    assert blocks.tail(100).startswith("```python\nline0\n")
    blocks.feed("\n```\n")
    assert not blocks.fence and blocks.tail(1) == "```\n"
