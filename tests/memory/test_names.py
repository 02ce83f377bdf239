"""The names of the conversations in the file: what begins here, and when that is not certain."""

from moonwire.memory.names import Names


def test_more_than_are_held_are_none() -> None:
    names = Names([b"a", b"b"], 1, most=2)
    assert names.held
    assert not names.begins(b"a", 1)
    assert names.begins(b"c", 1)
    assert not names.held
    assert not names.begins(b"d", 1)
    names.read([], 2)
    assert (names.held, names.seen) == (False, 1)


def test_what_began_here_is_known_whatever_is_read_later() -> None:
    names = Names([], 1, most=10)
    assert not names.begins(b"unsure", 2)
    names.read([b"theirs"], 2)
    assert [names.begins(name, 2) for name in (b"unsure", b"theirs", b"new")] == [False, False, True]
