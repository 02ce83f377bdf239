"""All clients of all incidents."""

from tests.gateway.incidents.calls_cases import CALLS
from tests.gateway.incidents.errors_cases import ERRORS
from tests.gateway.incidents.messages_cases import MESSAGES
from tests.gateway.incidents.reasoning_cases import REASONING
from tests.gateway.incidents.replies_cases import REPLIES
from tests.gateway.incidents.rows import Case
from tests.gateway.incidents.surfaces_cases import SURFACES
from tests.gateway.incidents.tools_cases import TOOLS

__all__ = ["CASES"]

CASES: tuple[Case, ...] = (*REASONING, *CALLS, *TOOLS, *MESSAGES, *REPLIES, *ERRORS, *SURFACES)
