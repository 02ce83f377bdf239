"""moonwire: the wire between any agent and any Kimi endpoint.

What works today is the reader of Kimi's raw text: `parse_text` for a whole completion,
`TextParser` for one that streams, and `fold` from the parser's events to a `Reply`.
"""

from moonwire._version import __version__
from moonwire.core.events import Malformed
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, ToolCall
from moonwire.core.notes import Note
from moonwire.core.rawtext import TextParser, parse_text

__all__ = ["Malformed", "Note", "Reply", "TextParser", "ToolCall", "__version__", "fold", "parse_text"]
