"""Raw text, records and tools that the tests of the command line share."""

import json
from typing import Any

from click.testing import CliRunner, Result

from moonwire.cli import main

SECTION, SECTION_END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
CALL, ARGUMENTS, CALL_END = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"


def call(header: str, arguments: str) -> str:
    """One call as K2 writes it."""
    return f"{CALL}{header}{ARGUMENTS}{arguments}{CALL_END}"


WEATHER = call("functions.get_weather:0", '{"city": "Zürich"}')
ONE_CALL = f"Let me look. {SECTION}{WEATHER}{SECTION_END}"
THOUGHT = f"<think>Weather, then.</think>{ONE_CALL}"
CUT = f'{SECTION}{CALL}functions.get_weather:0{ARGUMENTS}{{"city": "Zü'
NAMELESS = f"{SECTION}{call('functions.:0', '{}')}{SECTION_END}"

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


def record(content: Any, finish: Any = "stop", **more: Any) -> str:
    """A recorded chat completion, on one line, without its newline."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"id": "c1", "choices": [choice], **more}, ensure_ascii=False)


def moonwire(*arguments: str, stdin: str | bytes = b"", env: dict[str, str] | None = None) -> Result:
    """Run the command in this process."""
    return CliRunner(env={"NO_COLOR": "1", "COLUMNS": "100", **(env or {})}).invoke(
        main, arguments, input=stdin
    )
