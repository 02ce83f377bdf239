"""Text that waits: collected in pieces, bounded, joined once."""

__all__ = ["Pieces"]

# Small strings cost far more than their characters: so many of them are joined to one.
_BLOCK = 512


class Pieces:
    """A text under way, up to a limit.

    >>> waiting = Pieces(5)
    >>> waiting.add("abc"), waiting.add("defg"), waiting.take(), waiting.size
    ('', 'fg', 'abcde', 0)
    """

    __slots__ = ("_blocks", "_pieces", "limit", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._blocks: list[str] = []
        self._pieces: list[str] = []

    def add(self, text: str) -> str:
        """Collect what there is room for; what is left over, which is nothing before the limit.

        Cutting at the very character makes the outcome the same however the text was cut before.
        """
        size = self.size + len(text)
        if size > self.limit:
            room = self.limit - self.size
            self.add(text[:room])
            return text[room:]
        self.size = size
        self._pieces.append(text)
        if len(self._pieces) >= _BLOCK:
            self._blocks.append("".join(self._pieces))
            self._pieces.clear()
        return ""

    def __str__(self) -> str:
        return "".join(self._blocks) + "".join(self._pieces)

    def text(self) -> str:
        """All that was collected."""
        return str(self)

    def take(self) -> str:
        """All that was collected, leaving nothing."""
        text = self.text()
        self.clear()
        return text

    def clear(self) -> None:
        """Forget it."""
        self._blocks.clear()
        self._pieces.clear()
        self.size = 0
