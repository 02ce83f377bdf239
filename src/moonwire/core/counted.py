"""How sure a number of tokens is."""

__all__ = ["Estimated"]


class Estimated(int):
    """A number of tokens that is not exact: a picture of unknown size, a text that could not be encoded.

    >>> Estimated(7)
    Estimated(7)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Estimated({int(self)})"
