"""Token ids tell markers from their spelling, and no ids can break anything."""

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from tests.core.rawtext.marks import AB, CB, CE, SB, SE, SEP, TOOLS, c, o
from tests.fuzz.laws import Input, Options, check_order, quickly, run
from tests.fuzz.strategies import mixed_texts, with_chunks

K2_IDS = {SB: 163595, SE: 163596, CB: 163597, AB: 163598, CE: 163599, "<think>": 163606, "</think>": 163607}
K3_IDS = {"<|open|>": 163587, "<|close|>": 163588, SEP: 163589}


def _tokens(text: str, ids: dict[str, int]) -> list[tuple[str, list[int]]]:
    """One token a piece, each control text its own id, everything else an ordinary one."""
    parts = re.split("(" + "|".join(map(re.escape, ids)) + ")", text)
    return [(part, [ids.get(part, 17)]) for part in parts if part]


def _read(family: str, chunks: list[tuple[str, list[int]]]) -> Reply:
    options: Options = ({"family": family, "tools": TOOLS}, "stop")
    return fold(run(options, [text for text, _ in chunks], [ids for _, ids in chunks]))


@quickly(200)
@given(st.sampled_from(["k2", "k3", "auto"]), with_chunks(mixed_texts), st.data())
def test_ids_never_make_it_raise(family: str, given_: Input, data: st.DataObject) -> None:
    """Whatever the ids say."""
    some = st.lists(st.sampled_from([1, 17, -1, 163586, *K2_IDS.values(), *K3_IDS.values()]), max_size=4)
    ids = [data.draw(st.none() | some) for _ in given_[2]]
    events = run(({"family": family, "tools": TOOLS}, "stop"), given_[2], ids)
    check_order(events, ({"used_ids": ()}, "stop"))
    fold(events)


_plain = st.text('ab \n{}[]:,"\\', max_size=8)


@st.composite
def _k2_turns(draw: st.DrawFn) -> str:
    bodies = draw(
        st.lists(st.dictionaries(_plain, _plain, max_size=3).map(json.dumps), min_size=1, max_size=3)
    )
    calls = [f"{CB}functions.get_weather:{number}{AB}{body}{CE}" for number, body in enumerate(bodies)]
    return draw(st.text("ab .", max_size=8)) + SB + "".join(calls) + SE


@quickly(200)
@given(_k2_turns(), st.integers(1, 4), st.integers(0, 1))
def test_right_ids_change_nothing_where_the_text_is_plain(text: str, size: int, early: int) -> None:
    """Ids with their text, several tokens a chunk, or one chunk ahead of it."""
    options: Options = ({"family": "k2", "tools": TOOLS}, "stop")
    stream = _tokens(text, K2_IDS)
    groups = [stream[n : n + size] for n in range(0, len(stream), size)]
    texts = [""] * early + ["".join(text for text, _ in group) for group in groups]
    ids = [[number for _, numbers in group for number in numbers] for group in groups] + [[]] * early
    assert fold(run(options, texts, ids)) == fold(run(options, [text]))


_lookalikes = st.lists(st.sampled_from([*K2_IDS, "a", '\\"', ", ", "}"]), min_size=1, max_size=6).map("".join)


@quickly(200)
@given(_lookalikes, st.integers(1, 40))
def test_k2_lookalikes_without_an_id_are_data(inside: str, size: int) -> None:
    """A control text that ordinary tokens spell is data, as soon as ids have proven themselves."""
    head, tail = f"{SB}{CB}functions.write_file:0{AB}", f'"}}{CE}{SE}'
    body = '{"content": "' + inside
    chunks = _tokens(head, K2_IDS)
    chunks += [(body[n : n + size], [17]) for n in range(0, len(body), size)]
    chunks += _tokens(tail, K2_IDS)
    reply = _read("k2", chunks)
    assert [(call.arguments, call.complete) for call in reply.calls] == [(body + '"}', True)]


_K3_INSIDE = [
    *(c(name) for name in ("argument", "call", "tools")),
    o("argument", key="x", type="string"),
    o("call", tool="rm"),
    "a",
    " ",
    "<|",
    "<|end_of_msg|>",
]
_k3_inside = st.lists(st.sampled_from(_K3_INSIDE), min_size=1, max_size=6).map("".join)


@quickly(200)
@given(_k3_inside, st.integers(1, 40))
@example(c("argument") + c("call") + c("tools"), 7)
def test_k3_lookalikes_without_an_id_are_data(inside: str, size: int) -> None:
    """The same in a raw string, where text alone could not tell."""
    head = o("tools") + o("call", tool="get_weather", index=1) + o("argument", key="city", type="string")
    chunks = _tokens(head, K3_IDS)
    chunks += [(inside[n : n + size], [17]) for n in range(0, len(inside), size)]
    chunks += _tokens(c("argument") + c("call") + c("tools"), K3_IDS)
    reply = _read("k3", chunks)
    assert [(json.loads(call.arguments), call.complete) for call in reply.calls] == [({"city": inside}, True)]
