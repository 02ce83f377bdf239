"""What was worked out once and is asked for on every turn of a conversation.

An agent sends its whole history again with each request, and all but the end of it was seen before. So
decoding gives the same `Message` for the same content, and what is worked out of a message is kept on it.
Both depend on content alone, so nothing that is planned depends on what was planned before.
"""

import operator
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast

from moonwire.core.messages import Message

__all__ = ["Generations", "LeftAlone", "again", "facts_of", "kept_for", "kept_on"]

V = TypeVar("V")


class Generations(Generic[V]):
    """A map that forgets what was not asked for lately, bounded by the weight of what it holds.

    Two generations: when the young one is full, it becomes the old one, which is forgotten. What is
    asked for of the old moves to the young. Threads may share it: the worst they do is work twice.

    >>> kept = Generations[int](limit=2)
    >>> kept.put("a", 1, weight=1); kept.put("b", 2, weight=1); kept.put("c", 3, weight=1)
    >>> kept.get("b"), kept.get("c"), kept.get("d")
    (2, 3, None)
    """

    __slots__ = ("_limit", "_old", "_weight", "_young")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._young: dict[Hashable, tuple[V, int]] = {}
        self._old: dict[Hashable, tuple[V, int]] = {}

    def get(self, key: Hashable) -> V | None:
        """The value, if it is still known."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, found[0], weight=found[1])
        return found[0]

    def put(self, key: Hashable, value: V, *, weight: int) -> None:
        """Keeps the value, unless it alone is more than a generation holds."""
        if weight > self._limit:
            return
        if self._weight + weight > self._limit:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = (value, weight)
        self._weight += weight


def facts_of(message: Message) -> dict[str, Any]:
    """What is kept beside the message's fields."""
    return cast("dict[str, Any]", message.__dict__)


def kept_on(message: Message, name: str, work: Callable[[Message], V]) -> V:
    """What `work` makes of the message, worked out once for as long as the message lives.

    >>> message = Message(role="user", content="hi")
    >>> kept_on(message, "length", lambda one: len(one.content)), kept_on(message, "length", lambda one: 0)
    (2, 2)
    """
    facts: Any = message.__dict__
    if name not in facts:
        facts[name] = work(message)
    return facts[name]


def again(message: Message, name: str, under: tuple[Any, ...], work: Callable[..., V], *arguments: Any) -> V:
    """What `work` makes of the arguments, if it is not known from the last time under these values.

    >>> message = Message(role="user", content="hi")
    >>> [again(message, "sum", (n,), sum, [n, n]) for n in (1, 1, 2)]
    [2, 2, 4]
    """
    facts: Any = message.__dict__
    found = facts.get(name)
    if found is None or found[0] != under:
        found = facts[name] = (under, work(*arguments))
    return found[1]


class LeftAlone:
    """Messages that a pass left as they were, under this target and these settings: it will again.

    >>> message, target = Message(role="user", content="hi"), object()
    >>> LeftAlone("a pass", target).is_on(message)
    False
    >>> LeftAlone("a pass", target).put_on(message)
    >>> LeftAlone("a pass", target).is_on(message), LeftAlone("a pass", object()).is_on(message)
    (True, False)
    """

    __slots__ = ("_name", "_under")

    def __init__(self, name: str, *under: object) -> None:
        self._name = name
        self._under = under

    def is_on(self, message: Message) -> bool:
        """Whether the pass left this very message alone under the very same values."""
        facts: Any = message.__dict__
        found = facts.get(self._name)
        return found is not None and all(map(operator.is_, found, self._under))

    def put_on(self, message: Message) -> None:
        """The pass left it alone."""
        facts_of(message)[self._name] = self._under


_TUPLES = Generations[tuple[tuple[Any, ...], dict[str, Any]]](limit=1024)


def kept_for(values: tuple[Any, ...], name: str, work: Callable[[], V]) -> V:
    """What `work` makes of this very tuple, such as the tools that an agent offers on every turn."""
    found = _TUPLES.get(id(values))
    if found is None or found[0] is not values:
        found = (values, dict[str, Any]())
        _TUPLES.put(id(values), found, weight=1)
    facts = found[1]
    if name not in facts:
        facts[name] = work()
    return facts[name]
