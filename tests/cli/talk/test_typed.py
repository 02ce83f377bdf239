"""What is typed while something goes on: one row a key, and what it means."""

import pytest

from moonwire.cli.talk.typed import Press, Typed

# The keys, what the last one means, and the line afterwards.
ROWS: dict[str, tuple[list[tuple[str, str]], Press, str]] = {
    "letters": ([("h", "h"), ("i", "i")], "drawn", "hi"),
    "backspace": ([("h", "h"), ("i", "i"), ("c-h", "\x7f")], "drawn", "h"),
    "backspace on nothing": ([("c-h", "\x7f")], "nothing", ""),
    "a whole line away": ([("h", "h"), ("c-u", "\x15")], "drawn", ""),
    "a word away": ([("<bracketed-paste>", "one two"), ("c-w", "\x17")], "drawn", "one"),
    "pasted lines stay one text": ([("<bracketed-paste>", "a\r\nb\rc")], "drawn", "a\nb\nc"),
    "enter": ([("h", "h"), ("c-m", "\r")], "enter", "h"),
    "enter on nothing": ([("c-m", "\r")], "nothing", ""),
    "ctrl-c": ([("h", "h"), ("c-c", "\x03")], "stop", "h"),
    "ctrl-o": ([("c-o", "\x0f")], "toggle", ""),
    "an arrow": ([("up", "\x1b[A")], "nothing", ""),
    "a control key": ([("c-t", "\x14")], "nothing", ""),
    "letters of other scripts": ([("天", "天")], "drawn", "天"),
}
ASKED: dict[str, Press] = {"y": "yes", "Y": "yes", "n": "no", "a": "always", "x": "nothing", "\r": "nothing"}


@pytest.mark.parametrize(("keys", "meant", "text"), ROWS.values(), ids=ROWS)
def test_keys_make_a_line(keys: list[tuple[str, str]], meant: Press, text: str) -> None:
    typed = Typed()
    found = [typed.press(key, data) for key, data in keys]
    assert (found[-1], typed.text) == (meant, text)
    assert (typed.take(), typed.text) == (text, "")


@pytest.mark.parametrize(("key", "meant"), ASKED.items())
def test_a_question_takes_an_answer_and_nothing_else(key: str, meant: Press) -> None:
    typed = Typed()
    typed.text = "begun"
    typed.asked = True
    assert typed.press("c-m" if key == "\r" else key, key) == meant
    assert (typed.press("c-c", "\x03"), typed.text) == ("stop", "begun")
