"""Notes are values: comparable, short when encoded."""

import msgspec

from moonwire.core.notes import Note


def test_a_note_encodes_only_what_it_says() -> None:
    note = Note(code="call-unclosed", reason="no end marker", before="x")
    assert msgspec.json.encode(note) == b'{"code":"call-unclosed","reason":"no end marker","before":"x"}'
    assert msgspec.json.decode(msgspec.json.encode(note), type=Note) == note
