"""What the process knows: by conversation, bounded, and certain only as of its last look elsewhere."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.recall import Kept, Record, Turn, Used
from moonwire.memory.lru import PUT_HERE, Held, distinct, unit, weight
from tests.memory.samples import named, turn

A, B = b"a", b"b"


def test_what_is_put_is_there_and_is_not_certain_until_it_is_checked() -> None:
    held = Held(10_000)
    held.add(A, "c", named("k"))
    assert held.ask(A, "c", ["k"], 0) == ({}, ["k"])
    assert held.settle(A, "c", "k") == ((turn(),), False)
    held.learn(A, "c", {"k": (turn(),)}, 0)
    assert held.ask(A, "c", ["k"], 0) == ({"k": (turn(),)}, [])
    # Somebody else wrote since.
    assert held.ask(A, "c", ["k"], 1) == ({}, ["k"])


def test_what_a_conversation_puts_is_certain_where_it_began_here() -> None:
    held = Held(10_000)
    group = held.add(A, "c", named("k"))
    held.learn(A, "c", {"none": ()}, PUT_HERE)
    assert group is not None
    group.alone = 3
    # What it did not put, others may know.
    assert held.ask(A, "c", ["k", "none", "new"], 3) == ({"k": (turn(),)}, ["none", "new"])
    assert held.ask(A, "c", ["k"], 4) == ({}, ["k"])
    assert Held(1).add(A, "c", named("k")) is None


def test_a_second_value_is_kept_and_a_third_is_not_needed() -> None:
    held = Held(10_000)
    for text in ("one", "one", "two", "three"):
        held.add(A, "c", named("k", value=turn(text)))
    assert held.settle(A, "c", "k")[0] == (turn("one"), turn("two"))


def test_a_conversation_prefers_its_own_and_is_told_what_others_know() -> None:
    held = Held(10_000)
    held.add(A, "one", named("k", value=turn("one")))
    assert held.settle(A, "two", "k") == ((turn("one"),), True)
    held.add(A, "two", named("k", value=turn("two")))
    assert held.settle(A, "two", "k") == ((turn("two"),), False)
    assert held.settle(A, "three", "k") == ((turn("one"), turn("two")), True)
    assert held.settle(A, "", "k") == ((turn("one"), turn("two")), True)
    assert held.settle(A, "one", "k", own=(turn("stored"),)) == ((turn("one"), turn("stored")), False)
    assert held.settle(A, "three", "other", others=(turn("stored"),)) == ((turn("stored"),), True)


def test_that_nothing_is_known_is_kept_until_another_conversation_comes_by_it() -> None:
    held = Held(10_000)
    held.learn(A, "c", {"k": ()}, 0)
    assert held.ask(A, "c", ["k"], 0) == ({}, [])
    held.add(A, "d", named("k"))
    assert held.ask(A, "c", ["k"], 0) == ({}, ["k"])
    held.add(A, "c", named("k", value=turn("own")))
    assert held.ask(A, "c", ["k"], 0) == ({"k": (turn("own"),)}, [])


def test_tenants_do_not_meet() -> None:
    held = Held(10_000)
    held.add(A, "c", named("k"))
    assert held.settle(B, "c", "k") == ((), False)
    assert held.settle(B, "", "k") == ((), False)
    assert held.ask(B, "c", ["k"], PUT_HERE) == ({}, ["k"])


def test_conversations_go_whole_and_those_first_that_were_used_least_lately() -> None:
    held = Held(4000)
    for name in ("one", "two", "three"):
        held.add(A, name, named(f"{name} 1"))
        held.add(A, name, named(f"{name} 2"))
        held.ask(A, "one", [], 0)
    assert [bool(held.settle(A, "", key)[0]) for key in ("one 1", "one 2", "two 1", "two 2", "three 2")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert held.bytes <= 4000
    # What is too large for all of it is not taken, and takes nothing else's place for long.
    held.add(A, "four", named("k", value=turn("x" * 5000)))
    assert held.settle(A, "four", "k") == ((), False)


def test_it_forgets_what_it_is_told_to() -> None:
    def filled() -> Held:
        held = Held(100_000)
        for tenant, name in ((A, "one"), (A, "two"), (B, "one")):
            held.add(tenant, name, named("k"))
        return held

    for tenant, name, gone in ((None, "", 3), (A, "", 2), (A, "one", 1), (B, "two", 0)):
        held = filled()
        assert held.forget(tenant, name) == gone
        assert len(held) == 3 - gone
    assert filled().forget() == 3
    held = filled()
    held.forget()
    assert (held.bytes, held._places) == (0, {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from(["c", "d"]), st.sampled_from("kl"), st.text(max_size=9)
        ),
        max_size=30,
    )
)
def test_its_bytes_are_those_of_what_it_holds(steps: list[tuple[str, str, str, str]]) -> None:
    held = Held(3000)
    for tenant, conversation, key, text in steps:
        held.add(tenant.encode(), conversation, named(key, value=turn(text)))
        held.learn(
            tenant.encode(), conversation, {key: held.settle(tenant.encode(), conversation, key)[0]}, 1
        )
        assert held.bytes == sum(group.weight for group in held._groups.values()) <= 3000
        entries = [(entry, group) for group in held._groups.values() for entry in group.entries.values()]
        assert held.bytes == sum(entry.weight for entry, _ in entries)
        assert sum(map(len, held._places.values())) == sum(bool(entry.values) for entry, _ in entries)


def test_the_limit_is_about_what_it_really_takes() -> None:
    limit = 4_000_000
    tracemalloc.start()
    held = Held(limit)
    for number in range(5000):
        held.add(
            A,
            f"conversation {number // 10}",
            named(*(f"{kind}:{number:040}" for kind in "abc"), value=turn("x" * number)),
        )
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held.bytes > limit * 0.9
    assert taken < limit * 1.1


def test_records_without_a_conversation_are_one_of_their_own() -> None:
    assert unit("", named("k", "l")) != unit("", named("l"))
    assert unit("c", named("k")) == "c"


def test_a_value_under_several_keys_weighs_once() -> None:
    one = turn("x" * 1000)
    assert weight([one, one, one]) == weight([one]) > 1000
    assert weight([one, turn("x" * 1000)]) == 2 * weight([one])
    assert weight([Kept(text="x" * 1000)]) > 1000
    records: list[Record] = [Used(prompt=1, completion=1), Turn()]
    assert weight(records) > 0
    assert distinct(records, records) == tuple(records)
