"""A comparison of parsers that was made once and written down, for what this suite cannot run itself.

The columns were made by running the versions named below, in pieces with whole markers and whole;
TensorRT-LLM's parser was re-created from its published text. Nothing here is run again. A cell says
`ok`, or what went wrong: `s:` in a stream, `b:` whole, `ok*` calls right but text lost or changed.
Rows are the numbers that cases carry in `Case.row`.
"""

from tests.contract.table import Cell

__all__ = ["COLUMNS", "ROWS", "VERSIONS", "published_cell"]

COLUMNS = ("vllm-rust", "tensorrt-llm", "dynamo-v1", "dynamo-v2")
VERSIONS = {
    "vllm-rust": "vLLM 0.31.0, Rust",
    "tensorrt-llm": "TensorRT-LLM main",
    "dynamo-v1": "Dynamo 1.6.1, v1",
    "dynamo-v2": "Dynamo 1.6.1, v2",
}

# row: vLLM Rust | TensorRT-LLM | Dynamo v1 | Dynamo v2
ROWS = """
S01: ok | ok | ok | ok
S02: ok | ok | ok | ok
S04: WRONG+leak | s:ok* b:ok | ok | ok
S05: WRONG | s:ok b:ok* | ok | ok
S07: ok | s:ok b:DROP | DROP | ok
S08: partial call | s:partial call b:0 calls | 0 calls | 0 calls
S10: WRONG+leak | s:ok b:WRONG | WRONG | ok
S11: DROP+leak | s:ok b:DROP+leak | ok | ok
S13: ok | ok | ok | ok
S14: DROP+leak | DROP | DROP | DROP
S16: ok | DROP | ok | ok
S17: WRONG | ok | ok | ok
S19: leak | 0 calls | 0 calls | 0 calls
S20: WRONG+leak | s:ok* b:ok | ok | DROP
S22: ok | s:WRONG b:DROP | ok | ok
S23: ok | ok | ok | ok
S25: ok | ok | ok | s:ok b:DROP
S26: ok | ok | ok | s:ok b:DROP
S28: ok | WRONG | WRONG+leak | ok
S29: ok | ok | ok | ok
S31: ok | ok | ok | ok
S32: ok | ok | ok | ok
S34: leak | s:ok b:leak | leak | ok
S35: ok | s:ok b:DROP | ok | ok
S37: DROP+leak | DROP | DROP | DROP
S38: WRONG | ok | ok | ok
S40: ok | ok | ok | ok
S41: ok* | ok* | ok | ok
S43: leak | 0 calls | 0 calls | 0 calls
K01: | | ok |
K02: | | ok |
K07: | | ok |
K08: | | ok |
K10: | | ok |
K16: | | ok |
"""

# Rows in which losing a call that was cut is an allowed answer.
CUT = {"S08"}


def _table() -> dict[str, tuple[str, ...]]:
    rows = (line.split(":", 1) for line in ROWS.strip().splitlines())
    return {row: tuple(said.strip() for said in cells.split("|")) for row, cells in rows}


def published_cell(column: str, row: str) -> Cell | None:
    """What was written down about this column and row, if anything was.

    >>> published_cell("dynamo-v1", "S10")
    Cell(state='known-broken', why='WRONG')
    """
    said = _table().get(row, ("",) * len(COLUMNS))[COLUMNS.index(column)]
    if not said:
        return None
    if said == "ok" or row in CUT:
        return Cell("pass")
    return Cell("known-broken", said)
