"""Kimi's raw text: reasoning, text and tool calls out of what the model really wrote.

`TextParser` takes a stream, `parse_text` a whole completion; they are the same code. The grammars
are in `k2.py` and `k3.py`, what they share in `turn.py`; `docs/raw-text.md` explains both.
"""

from moonwire.core.rawtext.parser import TextParser, parse_text

__all__ = ["TextParser", "parse_text"]
