"""What the process itself knows, by conversation, bounded by bytes, and what counts as known.

All of it happens on the event loop, so all of it is look-ups in dicts: nothing is hashed, sealed or encoded.
"""

import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from moonwire.core.recall import Kept, Record, Turn

__all__ = ["PUT_HERE", "Group", "Held", "distinct", "unit", "weight"]

Values = tuple[Record, ...]

# What the entry of a key was last checked against: nothing, it was only put here.
PUT_HERE = -1

# The key, its places in two dicts, the entry and the tuple; measured with tracemalloc.
_ENTRY = 600
_RECORD = 150


class _Entry(msgspec.Struct):
    values: Values
    seen: int
    weight: int


class Group(msgspec.Struct):
    """What is known of one conversation.

    `alone` says that, up to so many batches of others, the database has nothing of the conversation but what
    was put here: it began with this group. `used` is the minute as of which the file knows that it is in use;
    `named` whether its name is among those that the file has or will have.
    """

    entries: dict[str, _Entry] = {}
    weight: int = 0
    alone: int = PUT_HERE
    used: int = 0
    named: bool = False


class Held:
    """The answers of conversations that were used lately. A conversation is forgotten as a whole.

    Two values are enough to know that nothing is known, so no key has more.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._groups: OrderedDict[tuple[bytes, str], Group] = OrderedDict()
        # Where else a key has values: a client whose conversation gets another name is found by this.
        self._places: dict[tuple[bytes, str], dict[str, _Entry]] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._groups)

    def group(self, tenant: bytes, conversation: str) -> Group | None:
        """What is held of the conversation."""
        return self._groups.get((tenant, conversation))

    def is_used(self, tenant: bytes, conversation: str, minute: int) -> bool:
        """Whether the file knows already that the conversation is in use. From now on it does."""
        group = self._groups.get((tenant, conversation))
        if group is None or group.used >= minute:
            return group is not None
        group.used = minute
        return False

    def ask(
        self, tenant: bytes, conversation: str, keys: Iterable[str], seen: int
    ) -> tuple[dict[str, Values], list[str]]:
        """What is known for certain as of `seen`, and the keys for which that has to be found out."""
        found: dict[str, Values] = {}
        group = self._groups.get((tenant, conversation))
        if group is None:
            return found, list(keys)
        self._groups.move_to_end((tenant, conversation))
        missing: list[str] = []
        entries = group.entries
        # What a conversation put comes before what others know, so there is nothing to be found out.
        alone = group.alone == seen
        for key in keys:
            entry = entries.get(key)
            if entry is None or (entry.seen != seen and not (alone and entry.values)):
                missing.append(key)
            elif entry.values:
                found[key] = entry.values
            elif (tenant, key) in self._places:
                # Nothing was known, and since then another conversation came by it.
                missing.append(key)
        return found, missing

    def settle(
        self, tenant: bytes, conversation: str, key: str, own: Values = (), others: Values = ()
    ) -> tuple[Values, bool]:
        """The answer, out of what is held and what is stored elsewhere; and whether it is new to it.

        What the conversation itself put or was told comes first. Only if there is none, the others count.
        """
        places = self._places.get((tenant, key), {})
        mine = places.get(conversation)
        if values := distinct(mine.values if mine else (), own):
            return values, False
        values = distinct(others, *(entry.values for entry in places.values()))
        return values, bool(values)

    def add(self, tenant: bytes, conversation: str, records: Mapping[str, Record]) -> Group | None:
        """Values that were put, and where they are. What was known of their keys is as certain as before."""
        known = self._entries((tenant, conversation))
        merged = {
            key: (record,) if (entry := known.get(key)) is None else distinct(entry.values, (record,))
            for key, record in records.items()
        }
        self._store((tenant, conversation), merged, None)
        return self._groups.get((tenant, conversation))

    def learn(self, tenant: bytes, conversation: str, answers: Mapping[str, Values], seen: int) -> None:
        """Answers as of `seen`, also those that nothing is known."""
        self._store((tenant, conversation), answers, seen)

    def forget(self, tenant: bytes | None = None, conversation: str = "") -> int:
        """Forgets all, a tenant or one of its conversations, and says how many conversations that were."""
        gone = [
            name
            for name in self._groups
            if tenant is None or (name[0] == tenant and conversation in ("", name[1]))
        ]
        for name in gone:
            self._drop(name)
        return len(gone)

    def _store(self, name: tuple[bytes, str], answers: Mapping[str, Values], seen: int | None) -> None:
        known = self._entries(name)
        # Most of a conversation is known from its last turn, to the very objects.
        changed = {
            key: values
            for key, values in answers.items()
            if (entry := known.get(key)) is None or entry.values != values
        }
        if changed:
            if not self._has_room(name, changed):
                return
            self._change(name, changed)
        if seen is not None:
            known = self._entries(name)
            for entry in filter(None, map(known.get, answers)):
                entry.seen = seen

    def _entries(self, name: tuple[bytes, str]) -> dict[str, _Entry]:
        group = self._groups.get(name)
        return {} if group is None else group.entries

    def _has_room(self, name: tuple[bytes, str], answers: Mapping[str, Values]) -> bool:
        most = len(answers) * _ENTRY + weight([one for values in answers.values() for one in values])
        if name in self._groups:
            self._groups.move_to_end(name)
        while self._groups and self.bytes + most > self._limit:
            self._drop(next(iter(self._groups)))
        return most <= self._limit

    def _change(self, name: tuple[bytes, str], answers: Mapping[str, Values]) -> None:
        tenant, conversation = name
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group()
        counted: set[int] = set()
        for key, values in answers.items():
            entry = group.entries.get(key)
            if entry is None:
                entry = group.entries[key] = _Entry((), PUT_HERE, 0)
                self._grow(group, entry, _ENTRY)
            old = entry.values
            if values and not old:
                place = (tenant, key)
                places = self._places.get(place)
                if places is None:
                    places = self._places[place] = {}
                places[conversation] = entry
            if old:
                counted.update(map(id, old))
            if more := weight(values, counted):
                self._grow(group, entry, more)
            entry.values = values

    def _grow(self, group: Group, entry: _Entry, by: int) -> None:
        entry.weight += by
        group.weight += by
        self.bytes += by

    def _drop(self, name: tuple[bytes, str]) -> None:
        group = self._groups.pop(name)
        self.bytes -= group.weight
        tenant, conversation = name
        for key, entry in group.entries.items():
            if not entry.values:
                continue
            places = self._places[tenant, key]
            del places[conversation]
            if not places:
                del self._places[tenant, key]


def unit(conversation: str, records: Mapping[str, Record]) -> str:
    """The conversation; for records that come without one, a name that is theirs alone.

    >>> unit("c", {}), unit("", {"a": Turn(), "b": Turn()})
    ('c', '\\x00a')
    """
    return conversation or "\0" + next(iter(records))


def distinct(*several: Sequence[Record]) -> Values:
    """The first two that differ, those that were known before first.

    >>> distinct((Turn(reasoning="a"),), (Turn(reasoning="a"), Turn()), (Turn(reasoning="b"),))
    (Turn(reasoning='a'), Turn())
    """
    found: list[Record] = []
    for values in several:
        for value in values:
            if value not in found:
                found.append(value)
                if len(found) == 2:
                    return tuple(found)
    return tuple(found)


def weight(records: Iterable[Record], counted: set[int] | None = None) -> int:
    """What the records take up in memory; one that stands under several keys is there once."""
    seen = set[int]() if counted is None else counted
    total = 0
    for record in records:
        if id(record) in seen:
            continue
        seen.add(id(record))
        total += _RECORD
        if type(record) is Turn:
            total += sys.getsizeof(record.reasoning)
            for native in record.natives:
                total += sys.getsizeof(native)
        elif type(record) is Kept:
            total += sys.getsizeof(record.text)
    return total
