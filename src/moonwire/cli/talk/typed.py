"""Keys that are pressed while a turn runs: what they are, and the line that they make. Pure."""

from typing import Final, Literal

__all__ = ["Press", "Typed"]

Press = Literal["stop", "toggle", "enter", "yes", "no", "always", "drawn", "nothing"]

_STOP: Final = frozenset({"c-c", "<sigint>"})
_ENTER: Final = frozenset({"c-m", "c-j"})
_BACK: Final = frozenset({"c-h", "backspace", "delete"})
_ANSWERS: Final[dict[str, Press]] = {
    "y": "yes",
    "n": "no",
    "a": "always",
    "Y": "yes",
    "N": "no",
    "A": "always",
}


class Typed:
    """The line that grows while something else goes on.

    >>> typed = Typed()
    >>> [typed.press(key, key) for key in "hj"], typed.press("c-h", ""), typed.text
    (['drawn', 'drawn'], 'drawn', 'h')
    """

    def __init__(self) -> None:
        self.text = ""
        self.asked = False
        """Whether a question waits for yes, no or always."""

    def take(self) -> str:
        """The line, which is empty afterwards."""
        text, self.text = self.text, ""
        return text

    def press(self, key: str, data: str) -> Press:
        """What a key means now. `key` is as prompt_toolkit names it, `data` what it wrote."""
        if key in _STOP:
            return "stop"
        if key == "c-o":
            return "toggle"
        if self.asked:
            # Enter is no answer: it may have been meant for a line.
            return _ANSWERS.get(data, "nothing")
        if key in _ENTER:
            return "enter" if self.text.strip() else "nothing"
        return self._edit(key, data)

    def _edit(self, key: str, data: str) -> Press:
        before = self.text
        if key in _BACK:
            self.text = self.text[:-1]
        elif key == "c-u":
            self.text = ""
        elif key == "c-w":
            self.text = self.text.rstrip().rpartition(" ")[0]
        elif key == "<bracketed-paste>":
            self.text += data.replace("\r\n", "\n").replace("\r", "\n")
        elif len(key) == 1 and key.isprintable():
            self.text += data
        return "drawn" if self.text != before else "nothing"
