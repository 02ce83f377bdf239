"""What every row must obey, however its text arrives."""

from moonwire.core.messages import Reply
from tests.core.rawtext.table import Case, chunked, outcome

__all__ = ["check_bytewise", "check_same", "check_splits", "check_whole"]


def check_whole(case: Case) -> None:
    """The row's outcome, from one chunk."""
    reply = case.run([case.text])
    assert outcome(reply) == case.want
    codes = {note.code for note in reply.notes}
    assert set(case.notes) <= codes


def check_splits(case: Case) -> None:
    """The same reply at every two-way split; long rows are cut around their markers."""
    whole = case.run([case.text])
    for place in range(1, len(case.text)):
        if len(case.text) < 1000 or "<" in case.text[place - 40 : place + 40]:
            check_same(case, chunked(case.text, [place]), whole)


def check_bytewise(case: Case) -> None:
    """The same reply one character at a time."""
    check_same(case, list(case.text), case.run([case.text]))


def check_same(case: Case, chunks: list[str], whole: Reply) -> None:
    """The same reply from these chunks, ids and notes included."""
    assert case.run(chunks) == whole, chunks
