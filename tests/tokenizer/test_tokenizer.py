"""Counting with a small vocabulary, and living through what the library does not."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import MoonwireError
from moonwire.core.messages import Message, Request
from moonwire.core.prompts import Estimated, Memo, count_k3
from moonwire.tokenizer import Tokenizer, load
from tests.tokenizer.vocabularies import needs_tiktoken, ranks, written


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(ranks())


COUNTS: list[tuple[str, int, int]] = [
    ("", 0, 0),
    ("hello", 1, 1),
    ("hellohello", 2, 2),
    ("hello world", 1 + 1 + 3, 1 + 1 + 3),
    ("123", 2, 2),
    # Han is split from what is beside it.
    ("hello你", 1 + 1, 1 + 1),
    ("你hello", 1 + 1, 1 + 1),
    # A control text is one token, or its letters.
    ("<|im_end|>", 10, 1),
    ("hello<think>hello</think>", 1 + 7 + 1 + 8, 1 + 1 + 1 + 1),
    # Half a character is one replacement character, which is three bytes here.
    ("\ud800", 3, 3),
    ("\ud83d\ude00", 4, 4),
]


@needs_tiktoken
@pytest.mark.parametrize(("text", "ordinary", "special"), COUNTS, ids=lambda value: ascii(value))
def test_a_count(tokenizer: Tokenizer, text: str, ordinary: int, special: int) -> None:
    assert (tokenizer.count(text), tokenizer.count_special(text)) == (ordinary, special)


@needs_tiktoken
@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_every_text_has_a_count_and_never_more_tokens_than_bytes(text: str) -> None:
    tokenizer = Tokenizer(ranks())
    size = len(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode())
    assert 0 <= tokenizer.count(text) <= size
    assert 0 <= tokenizer.count_special(text) <= size


@needs_tiktoken
def test_long_texts_are_cut_before_they_are_encoded(tokenizer: Tokenizer) -> None:
    # Four spaces are a token: a cut after 25,000 of them is no loss, a cut inside "hello" is.
    assert tokenizer.count(" " * 1_000_000) == tokenizer.count_special(" " * 1_000_000) == 250_000
    word = "hello" * 5000
    assert tokenizer.count("he" + word) == tokenizer.count("he" + word[:-2]) + tokenizer.count("lo")
    assert tokenizer.count("x " * 200_000 + "hello") == 400_000 + 1


@needs_tiktoken
def test_it_encodes_what_k3_asks(tokenizer: Tokenizer) -> None:
    asked = Request(model="m", messages=(Message(role="user", content="hello hello"),))
    counted = count_k3(asked, tokenizer.count)
    assert counted == count_k3(asked, Memo(tokenizer.count))
    assert not isinstance(counted, Estimated)


# -- what the library does not live through ------------------------------------------------------

SPACES = " " * 1_000_000


@needs_tiktoken
def test_a_text_that_the_library_dies_of_is_estimated(
    tokenizer: Tokenizer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Uncut, as `count` never does it: that these two still happen is why there is a net."""
    for encode in (tokenizer._ordinary, tokenizer._special):
        counted = encode(SPACES)
        assert isinstance(counted, Estimated)
        assert counted == 666_667
    assert "panicked" in capfd.readouterr().err
    assert tokenizer.count("hello") == 1


class Failing:
    """An encoding that raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def encode_ordinary(self, text: str) -> list[int]:
        raise self.error

    def encode(self, text: str, **settings: Any) -> list[int]:
        raise self.error


def failing(error: BaseException) -> Tokenizer:
    tokenizer = object.__new__(Tokenizer)
    tokenizer._encoding = Failing(error)  # pyright: ignore[reportAttributeAccessIssue] -- stands in for tiktoken's
    return tokenizer


Panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
NotPyo3 = type("PanicException", (BaseException,), {"__module__": "elsewhere"})
NotPanic = type("OtherException", (BaseException,), {"__module__": "pyo3_runtime"})


@pytest.mark.parametrize("error", [Panic("stack overflow"), ValueError("Regex error while tokenizing")])
def test_a_failure_of_the_library_is_an_estimate(error: BaseException) -> None:
    tokenizer = failing(error)
    for counted in (tokenizer.count("你 hello"), tokenizer.count_special("你 hello")):
        assert isinstance(counted, Estimated)
        assert counted == 6


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(), MemoryError(), RuntimeError(), NotPyo3(), NotPanic()],
    ids=lambda error: type(error).__module__ + type(error).__name__,
)
def test_anything_else_is_not_swallowed(error: BaseException) -> None:
    tokenizer = failing(error)
    with pytest.raises(type(error)):
        tokenizer.count("hello")
    with pytest.raises(type(error)):
        tokenizer.count_special("hello")


# -- splitting -----------------------------------------------------------------------------------

SPLITS: list[tuple[str, list[bytes]]] = [
    ("", []),
    ("hello", [b"hello"]),
    ("hello world", [b"hello", b" wo", b"r", b"l", b"d"]),
    ("123", [b"12", b"3"]),
    ("你", [b"\xe4\xbd\xa0"]),
    # A token may end inside a character.
    ("佣", [b"\xe4\xbd", b"\xa3"]),
    ("<|im_end|>", [bytes((byte,)) for byte in b"<|im_end|>"]),
    ("\ud800", [b"\xef", b"\xbf", b"\xbd"]),
]


@needs_tiktoken
@pytest.mark.parametrize(("text", "tokens"), SPLITS, ids=lambda value: ascii(value)[:40])
def test_a_split(tokenizer: Tokenizer, text: str, tokens: list[bytes]) -> None:
    assert tokenizer.split(text) == [(ranks()[token], token) for token in tokens]


@needs_tiktoken
@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_a_split_is_the_text_and_as_long_as_its_count(text: str) -> None:
    tokenizer = Tokenizer(ranks())
    found = tokenizer.split(text)
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert b"".join(data for _, data in found).decode() == whole
    assert len(found) == tokenizer.count(text)
    assert all(ranks()[data] == identity for identity, data in found)


@needs_tiktoken
def test_a_long_text_is_split_in_pieces(tokenizer: Tokenizer) -> None:
    assert tokenizer.split(" " * 400_000) == [(ranks()[b"    "], b"    ")] * 100_000


class FailingBytes(Failing):
    """The same, which still knows its single bytes."""

    def encode_single_token(self, data: bytes) -> int:
        return data[0]

    def decode_single_token_bytes(self, identity: int) -> bytes:
        raise AssertionError(identity)


@pytest.mark.parametrize("error", [Panic("stack overflow"), ValueError("Regex error while tokenizing")])
def test_where_the_library_fails_each_byte_is_a_token(error: BaseException) -> None:
    tokenizer = failing(error)
    tokenizer._encoding = FailingBytes(error)  # pyright: ignore[reportAttributeAccessIssue] -- stands in for tiktoken's
    assert tokenizer.split("a你") == [(byte, bytes((byte,))) for byte in "a你".encode()]


# -- loading -------------------------------------------------------------------------------------


@needs_tiktoken
def test_one_file_is_loaded_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, sha256 = written(tmp_path)
    first = load(path, sha256=sha256)
    monkeypatch.chdir(tmp_path)
    assert load("tiktoken.model", sha256=sha256) is first
    assert load(str(tmp_path / "." / "tiktoken.model"), sha256=sha256) is first
    assert first.count("hello") == 1


@needs_tiktoken
def test_many_threads_load_one_tokenizer_and_count_alike(tmp_path: Path) -> None:
    path, sha256 = written(tmp_path)

    def work(number: int) -> tuple[int, int]:
        tokenizer = load(path, sha256=sha256)
        return id(tokenizer), tokenizer.count("hello" * number)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(64)))
    assert len({identity for identity, _ in found}) == 1
    assert [count for _, count in found] == list(range(64))


@needs_tiktoken
def test_the_network_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    path, sha256 = written(tmp_path)
    assert load(path, sha256=sha256).count("hello") == 1


def test_a_failure_to_load_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "tiktoken.model"
    for _ in range(2):
        with pytest.raises(MoonwireError, match="No such file"):
            load(path)
    path.write_bytes(b"YQ== 0\n")
    with pytest.raises(MoonwireError, match="not Kimi's vocabulary") as caught:
        load(path)
    assert caught.value.path == str(path)


def test_without_tiktoken_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sha256 = written(tmp_path)
    # What `import` meets where a package is not there.
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(MoonwireError) as caught:
        load(path, sha256=sha256)
    assert caught.value.remedy == "pip install 'moonwire[tokenizer]'"
    assert "tiktoken" in caught.value.message
