"""Counting with Kimi's vocabulary: lazily loaded, shared, and not to be killed by what is counted."""

import threading
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from moonwire.core.errors import MoonwireError
from moonwire.core.prompts import Estimated
from moonwire.core.prompts.segments import total
from moonwire.tokenizer.pieces import pieces, without_surrogates
from moonwire.tokenizer.vocabulary import PATTERN, SHA256, read_ranks, special_tokens

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["Tokenizer", "load"]

_loaded: dict[tuple[Path, str], "Tokenizer"] = {}
_lock = threading.Lock()


def load(path: str | PathLike[str], *, sha256: str = SHA256) -> "Tokenizer":
    """The tokenizer of this vocabulary file, loaded the first time and shared from then on.

    The first call takes a few tenths of a second and 80 MB: make it off the event loop. Raises
    `MoonwireError` if the file is missing or another one, or if tiktoken is not installed.
    """
    key = (Path(path).expanduser().resolve(), sha256)
    with _lock:
        tokenizer = _loaded.get(key)
        if tokenizer is None:
            tokenizer = _loaded[key] = Tokenizer(read_ranks(*key))
    return tokenizer


class Tokenizer:
    """Counts tokens. Threads may share it; while it encodes, others run.

    `count` is what K3 wants, `count_special` what the K2 family wants: give either, or a `Memo` of
    it, to the functions of `moonwire.core.prompts`.
    """

    __slots__ = ("_encoding",)

    def __init__(self, ranks: dict[bytes, int]) -> None:
        self._encoding = _encoding(ranks)

    def count(self, text: str) -> int:
        """The tokens of a text in which everything is text; `Estimated` if the library gave up on it.

        That it gives up is not expected any more, since the text is cut first (tokens.md 5).
        """
        return total(self._ordinary(piece) for piece in pieces(without_surrogates(text)))

    def count_special(self, text: str) -> int:
        """The tokens of a text in which the control texts of the K2 family are control tokens."""
        return total(self._special(piece) for piece in pieces(without_surrogates(text)))

    def split(self, text: str) -> list[tuple[int, bytes]]:
        """The tokens of a text in which everything is text: each one's id, and its bytes.

        A token may end inside a character. Where the library gives up there is one token for each byte
        of a piece, with the ids that bytes have.
        """
        found: list[tuple[int, bytes]] = []
        single = self._encoding.decode_single_token_bytes
        for piece in pieces(without_surrogates(text)):
            ids: list[int] | None = None
            with _Survived():
                ids = self._encoding.encode_ordinary(piece)
            if ids is None:
                found += [
                    (self._encoding.encode_single_token(bytes((one,))), bytes((one,)))
                    for one in piece.encode()
                ]
            else:
                found += [(one, single(one)) for one in ids]
        return found

    def _ordinary(self, piece: str) -> int:
        with _Survived():
            return len(self._encoding.encode_ordinary(piece))
        return _estimate(piece)

    def _special(self, piece: str) -> int:
        with _Survived():
            return len(self._encoding.encode(piece, allowed_special="all", disallowed_special=()))
        return _estimate(piece)


class _Survived:
    """Goes on after the library has failed on a text, and after nothing else.

    Its split pattern overflows a stack on long runs, and then one of its functions raises a
    `ValueError` and the other pyo3's `PanicException`. That one cannot be imported, and is no
    `Exception`: unhandled it takes the worker down.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None:
            return False
        is_panic = kind.__module__ == "pyo3_runtime" and kind.__name__ == "PanicException"
        return is_panic or kind is ValueError


def _estimate(text: str) -> Estimated:
    """What nobody could encode is no prose: 1.5 bytes a token, as for long runs (tokens.md 7, 9)."""
    return Estimated(-(-2 * len(text.encode()) // 3))


def _encoding(ranks: dict[bytes, int]) -> "Encoding":
    try:
        import tiktoken
    except ImportError as error:
        raise MoonwireError(
            "exact counting needs tiktoken, which is not installed",
            path="tiktoken",
            remedy="pip install 'moonwire[tokenizer]'",
        ) from error
    # Built from the ranks at hand: tiktoken's own loaders look into caches and onto the network.
    return tiktoken.Encoding(
        name="kimi", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=special_tokens(len(ranks))
    )
