"""The contract: moonwire passes every case, and of every other parser we know which it does not."""

from pathlib import Path

import pytest

from tests.contract import peers, results
from tests.contract.deliveries import HOSTILE, pieces
from tests.contract.matrix import captured_column, unimplemented
from tests.contract.parsers import ALWAYS, Moonwire
from tests.contract.published import ROWS, published_cell
from tests.contract.results import CASES, KEYS, cell, cells, load_captures
from tests.contract.table import KINDS, NO_CASE, Call, Case, Cell, Parser, Reading, Want, differs
from tests.contract.upstream import OPEN

OTHERS: list[Parser] = [*ALWAYS[1:], *peers.installed()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_moonwire_passes(case: Case) -> None:
    assert cell(Moonwire(), case) == Cell("pass")


@pytest.mark.parametrize("delivery", HOSTILE)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_moonwire_reads_the_same_however_the_text_arrives(case: Case, delivery: str) -> None:
    parser = Moonwire()
    for chunks in HOSTILE[delivery](case.text):
        wrong = differs(case, parser.read(case, chunks), strict=True)
        assert wrong in ("", EARLY), chunks


EARLY = "no argument before the call is over"  # true of one chunk, and no fault


@pytest.mark.parametrize("parser", OTHERS, ids=lambda parser: parser.name)
def test_what_is_known_to_be_broken_is_still_broken(parser: Parser) -> None:
    """Fails when a peer fixed something: then the run is to be kept anew, and the page written."""
    capture = load_captures()[parser.name]
    known = captured_column(parser.name, capture).cells
    now = cells(parser)
    fixed = [key for key in KEYS if known[key].state == "known-broken" and now[key].state == "pass"]
    broke = [key for key in KEYS if known[key].state == "pass" and now[key].state == "known-broken"]
    again = f"{capture.version} is kept, {parser.version()} ran: python -m tests.contract.matrix --capture"
    assert fixed == [], f"fixed upstream; {again}"
    assert broke == [], f"newly broken; {again}"
    assert {key: one.state for key, one in now.items()} == {key: one.state for key, one in known.items()}


def test_every_case_is_kept_for_every_peer() -> None:
    """A case without a cell would be a blank that looks like an answer."""
    for name, capture in load_captures().items():
        assert sorted(capture.cells) == sorted(KEYS), f"{name}: python -m tests.contract.matrix --capture"


def test_every_kind_has_a_case_in_both_grammars_or_a_reason() -> None:
    assert unimplemented() == []
    assert {case.kind for case in CASES} <= set(KINDS)
    assert all((case.family, case.kind) not in NO_CASE for case in CASES)


def test_cases_have_names_of_their_own() -> None:
    assert len(set(KEYS)) == len(KEYS)


def test_a_fix_that_is_called_open_is_really_missing() -> None:
    captures = load_captures()
    for row in OPEN:
        known = captured_column(row.parser, captures[row.parser]).cells
        states = {key: known[key].state for key in row.cases}
        assert set(states.values()) <= {"known-broken"}, row.what


def test_every_published_row_is_a_case() -> None:
    rows = {line.split(":")[0] for line in ROWS.strip().splitlines()}
    assert rows <= {case.row for case in CASES}
    assert published_cell("dynamo-v1", "K13") is None


def test_whatever_was_published_about_a_parser_we_ran_agrees() -> None:
    """The published comparison ran the same versions: two runs of one parser must not disagree."""
    for name, row, state in PUBLISHED_TOO:
        known = captured_column(name, load_captures()[name]).cells
        states = {known[case.key].state for case in CASES if case.row == row}
        assert states == {state}, (name, row)


PUBLISHED_TOO = [
    *[
        ("vllm", row, "known-broken")
        for row in ("S05", "S10", "S11", "S14", "S19", "S28", "S34", "S37", "S43")
    ],
    *[
        ("vllm", row, "pass")
        for row in ("S01", "S02", "S04", "S07", "S16", "S17", "S20", "S22", "S25", "S38")
    ],
    *[
        ("sglang", row, "known-broken")
        for row in ("S04", "S07", "S10", "S19", "S20", "S28", "S32", "S37", "S41")
    ],
    *[
        ("sglang", row, "pass")
        for row in ("S01", "S13", "S16", "S17", "S22", "S25", "S26", "S29", "S38", "S40")
    ],
    *[("lmdeploy", row, "known-broken") for row in ("S10", "S11", "S19", "S34", "S35", "S43")],
    *[("lmdeploy", row, "pass") for row in ("S04", "S05", "S07", "S14", "S20", "S28", "S37", "S41")],
    *[
        ("reference", row, "known-broken")
        for row in ("S05", "S07", "S10", "S11", "S13", "S14", "S16", "S17", "S28")
    ],
    *[("reference", row, "pass") for row in ("S01", "S20", "S22", "S25", "S35", "S38", "S40")],
    *[("vllm", row, "known-broken") for row in ("K04", "K05", "K10", "K13", "K22", "K23")],
    *[("sglang", row, "known-broken") for row in ("K04", "K10", "K13", "K20", "K22", "K23")],
]


# -- what a cell says --------------------------------------------------------------------------

ONE = Case("x", "single call", "", Want((("f", '{"a": 1}'),), text="t", finish="tool_calls"))

WRONG: list[tuple[str, Reading]] = [
    ("0 calls instead of 1", Reading(())),
    ("named `g`", Reading((Call("g", "{}"),))),
    ("markup in the name", Reading((Call("f<|tool_call_begin|>", "{}"),))),
    ("other arguments", Reading((Call("f", '{"a": 2}'),))),
    ("markup in the arguments", Reading((Call("f", "{}<|tool_call_end|>"),))),
    ("a whole call looks cut", Reading((Call("f", '{"a": 1}', False),))),
    ("text lost", Reading((Call("f", '{"a":1}'),), text="")),
    ("other text", Reading((Call("f", '{"a":1}'),), text="tt")),
    ("markup in the text", Reading((Call("f", '{"a":1}'),), text="<|open|>")),
    ("finish `stop`", Reading((Call("f", '{"a":1}'),), text="t", finish="stop")),
    ("", Reading((Call("f", '{"a":1}'),), text="t")),
]


@pytest.mark.parametrize(("said", "got"), WRONG)
def test_a_cell_says_what_is_wrong(said: str, got: Reading) -> None:
    assert differs(ONE, got, strict=False) == said


def test_a_cut_call_must_not_look_whole() -> None:
    case = Case("x", "truncated, one call", "", Want(cut=("f", '{"a')))
    assert differs(case, Reading((Call("f", '{"a'),)), strict=False) == ""
    assert differs(case, Reading(()), strict=False) == ""
    assert differs(case, Reading(()), strict=True) == "the cut call is lost"
    assert differs(case, Reading((Call("f", "{}"),)), strict=False) == "a cut call looks whole"
    assert differs(case, Reading((Call("f", "", False),)), strict=True) == "the cut call is not what arrived"


def test_a_parser_with_nothing_to_cut_up_does_not_pass() -> None:
    assert results.hostile_cell(Moonwire(), "k2", "random splits", []).state == "unimplemented"


def test_literals_count_where_a_case_asks_for_them() -> None:
    case = Case("x", "number literals", "", Want((("f", '{"a": 1e2}'),)), literal=True)
    assert differs(case, Reading((Call("f", '{"a":1e2}'),)), strict=False) == ""
    assert differs(case, Reading((Call("f", '{"a": 100.0}'),)), strict=False) == "other arguments"


def test_pieces_put_together_are_the_text() -> None:
    for case in CASES:
        assert "".join(pieces(case.text)) == case.text
        for deliver in HOSTILE.values():
            assert all("".join(chunks) == case.text for chunks in deliver(case.text))


def test_results_are_kept_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_captures()
    monkeypatch.setattr(results, "CAPTURES", tmp_path / "captures.json")
    results.save_captures(before)
    assert load_captures() == before
