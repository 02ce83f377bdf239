"""Short names for the control texts, so that a case reads like the table it comes from."""

SB, SE = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
CB, CE = "<|tool_call_begin|>", "<|tool_call_end|>"
AB = "<|tool_call_argument_begin|>"
SB1, SE1 = "<|tool_call_section_begin|>", "<|tool_call_section_end|>"
THINK, UNTHINK = "<think>", "</think>"
OPEN, CLOSE, SEP, EOM = "<|open|>", "<|close|>", "<|sep|>", "<|end_of_msg|>"

W = '{"city": "Paris"}'
W2 = '{"city": "NYC"}'


def call(header: str, arguments: str) -> str:
    """A whole K2 call."""
    return f"{CB}{header}{AB}{arguments}{CE}"


def o(name: str, **attributes: object) -> str:
    """A K3 open tag."""
    return f"{OPEN}{name}" + "".join(f' {key}="{value}"' for key, value in attributes.items()) + SEP


def c(name: str) -> str:
    """A K3 close tag."""
    return f"{CLOSE}{name}{SEP}"


def k3_call(tool: str, *arguments: tuple[str, str, str], index: int = 1) -> str:
    """A whole K3 call of (key, type, body) arguments."""
    body = "".join(
        o("argument", key=key, type=kind) + value + c("argument") for key, kind, value in arguments
    )
    return o("call", tool=tool, index=index) + body + c("call")


C1 = k3_call("get_weather", ("city", "string", "Paris"))


def tool(name: str, *keys: str, required: bool = True) -> dict[str, object]:
    """An OpenAI tool whose arguments are strings of these names."""
    schema: dict[str, object] = {"type": "object", "properties": {key: {"type": "string"} for key in keys}}
    if required:
        schema["required"] = list(keys)
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [
    tool("get_weather", "city"),
    tool("write_file", "path", "content", required=False),
    tool("search-documents", "q"),
    tool("a.b", "x"),
    tool("create_user", "name"),
]
