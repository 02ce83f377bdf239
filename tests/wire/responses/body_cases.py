"""Responses bodies, well-formed and odd at every level: what the laws of the wire are tried on."""

import json
from typing import Any, cast

from hypothesis import strategies as st

__all__ = ["JSON", "bodies", "exact", "items", "scribble"]


def exact(value: Any) -> str:
    """A value as text in which `1`, `1.0`, `true` and NaN differ, and the order of fields does not count."""
    return json.dumps(value, sort_keys=True)


def scribble(value: Any) -> None:
    """Changes every object and every list within the value, as a caller may do with what is his."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for item in list(fields.values()):
            scribble(item)
        fields["scribbled"] = True
    elif isinstance(value, list):
        entries = cast("list[Any]", value)
        for item in entries:
            scribble(item)
        entries.append("scribbled")


SCALARS: Any = st.one_of(
    st.none(), st.booleans(), st.sampled_from([0, 1, -1, 2**70, 0.0, 1.0, 0.6]), st.sampled_from(["", " ", "a", "auto", "high", "读", "\ud800"])
)
NAMES: Any = st.sampled_from(["role", "content", "type", "text", "name", "arguments", "id", "x", "status", "output", "summary", "namespace"])
JSON: Any = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4)
UNKNOWN: Any = st.dictionaries(st.sampled_from(["x", "cache_control", "phase", "status", ""]), JSON, max_size=2)
EMPTIES: list[Any] = [None, "", [], {}, 0, False]
EMPTY: Any = st.sampled_from(EMPTIES)
TEXT: Any = st.sampled_from(["", "hi", "call_1", "msg_1", "n__f", "读"])


@st.composite
def objects(draw: st.DrawFn, **known: Any) -> dict[str, Any]:
    """An object whose known fields are there or not, right, empty or odd, with others beside them."""
    found: dict[str, Any] = {}
    for name, right in known.items():
        kind = draw(st.sampled_from(["absent", "right", "right", "right", "right", "empty", "odd"]))
        if kind != "absent":
            found[name] = draw({"right": right, "empty": EMPTY, "odd": JSON}[kind])
    return {**found, **(draw(UNKNOWN) if draw(st.integers(0, 3)) == 0 else {})}


def typed(kind: str, **known: Any) -> Any:
    """Objects of this type."""
    return objects(**known).map(lambda found: {**found, "type": kind})


PARTS: Any = st.one_of(
    typed("input_text", text=TEXT),
    typed("output_text", text=TEXT, annotations=st.just([]), logprobs=st.just([])),
    typed("refusal", refusal=TEXT),
    typed("input_image", image_url=TEXT, file_id=TEXT, detail=TEXT),
    typed("input_file", file_id=TEXT, file_data=TEXT, file_url=TEXT, filename=TEXT),
    typed("input_audio", data=TEXT),
    JSON,
)
CONTENT: Any = TEXT | st.lists(PARTS, max_size=3)
ROLES: Any = st.sampled_from(["system", "developer", "user", "assistant", "assistant"])
IDS: Any = st.sampled_from(["c1", "c2"])
ARGUMENTS: Any = st.sampled_from(["{}", "", '{"a": 1}', {"a": 1}])
STATUS: Any = st.sampled_from(["completed", "incomplete", "failed"])
SUMMARIES: Any = st.lists(typed("summary_text", text=TEXT), max_size=2)
SHELLS: Any = st.lists(objects(stdout=TEXT, stderr=TEXT, outcome=objects(type=st.sampled_from(["exit", "timeout"]), exit_code=st.integers(0, 2))), max_size=2)
SCHEMAS: Any = st.sampled_from([{"type": "object"}, {}])
FUNCTIONS: Any = typed("function", name=TEXT, description=TEXT, parameters=SCHEMAS, strict=st.booleans())
CUSTOMS: Any = typed("custom", name=TEXT, description=TEXT, format=objects(type=st.just("grammar"), syntax=TEXT, definition=TEXT))
INNER: Any = FUNCTIONS | CUSTOMS | st.just({"type": "shell"})


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A message, with its type or without it."""
    message = draw(objects(content=CONTENT, id=TEXT, status=STATUS))
    kind = {"type": "message"} if draw(st.booleans()) else {}
    return {**message, **kind, "role": draw(ROLES)}


@st.composite
def namespaces(draw: st.DrawFn) -> dict[str, Any]:
    """A namespace with tools."""
    around = draw(objects(description=TEXT))
    return {**around, "type": "namespace", "name": draw(TEXT), "tools": draw(st.lists(INNER, max_size=2))}


TOOLS: Any = st.lists(
    st.one_of(
        INNER, namespaces(), typed("web_search", filters=JSON), typed("mcp", server_label=TEXT), typed("local_shell"), typed("tool_search", parameters=SCHEMAS),
        typed("function", function=objects(name=TEXT, parameters=SCHEMAS)), objects(type=TEXT, name=TEXT),
    ),
    max_size=3,
)


@st.composite
def searched(draw: st.DrawFn) -> dict[str, Any]:
    """What brings tools."""
    kind = draw(st.sampled_from(["tool_search_output", "additional_tools"]))
    found = draw(typed(kind, call_id=IDS, status=STATUS, role=st.just("developer")))
    return {**found, "tools": draw(TOOLS)} if draw(st.booleans()) else found


def items() -> Any:
    """An item that can be read."""
    return st.one_of(
        messages(),
        typed("reasoning", id=TEXT, summary=SUMMARIES, content=st.lists(typed("reasoning_text", text=TEXT), max_size=2), encrypted_content=TEXT),
        typed("function_call", call_id=IDS, name=TEXT, arguments=ARGUMENTS, namespace=st.sampled_from(["n", "n__"]), id=TEXT, status=STATUS),
        typed("function_call_output", call_id=IDS, output=CONTENT | JSON | objects(content=TEXT, success=st.booleans())),
        typed("custom_tool_call", call_id=IDS, name=TEXT, input=TEXT, namespace=TEXT),
        typed("custom_tool_call_output", call_id=IDS, output=CONTENT),
        typed("local_shell_call", call_id=IDS, id=TEXT, action=objects(type=st.just("exec"), command=st.lists(TEXT, max_size=2), env=st.builds(dict[str, Any]))),
        typed("local_shell_call_output", id=TEXT, output=TEXT),
        typed("shell_call", call_id=IDS, action=objects(commands=st.lists(TEXT, max_size=2))),
        typed("shell_call_output", call_id=IDS, output=SHELLS),
        typed("apply_patch_call", call_id=IDS, operation=objects(type=st.just("delete_file"), path=TEXT)),
        typed("apply_patch_call_output", call_id=IDS, status=STATUS, output=TEXT),
        typed("tool_search_call", call_id=IDS, arguments=objects(query=TEXT), execution=TEXT),
        searched(),
        typed("item_reference", id=TEXT),
        st.just({"id": "msg_1"}),
        st.sampled_from(["web_search_call", "mcp_call", "compaction", "mcp_approval_response", "computer_call_output"]).flatmap(lambda kind: typed(kind, id=TEXT)),
    )


CHOICES: Any = st.one_of(
    st.sampled_from(["auto", "none", "required", "f"]),
    objects(type=st.sampled_from(["function", "custom", "shell", "mcp"]), name=TEXT, namespace=TEXT),
    typed("function", function=objects(name=TEXT)),
    typed("allowed_tools", mode=st.sampled_from(["auto", "required"]), tools=st.lists(objects(type=st.just("function"), name=TEXT), max_size=2)),
)
FORMATS: Any = objects(type=st.sampled_from(["text", "json_object", "json_schema"]), name=TEXT, schema=SCHEMAS, strict=st.booleans(), description=TEXT)
NUMBERS: Any = st.sampled_from([0, 1, 1.0, 0.6, -1])


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A body that can be read."""
    body = draw(
        objects(
            model=TEXT, tool_choice=CHOICES, text=objects(format=FORMATS, verbosity=TEXT), parallel_tool_calls=st.booleans(), stream=st.booleans(),
            store=st.booleans(), prompt_cache_key=TEXT, user=TEXT, previous_response_id=TEXT, metadata=JSON, reasoning=objects(effort=TEXT, summary=TEXT),
            temperature=NUMBERS, top_p=NUMBERS, top_logprobs=NUMBERS, stop=TEXT | st.lists(TEXT, max_size=2), max_output_tokens=NUMBERS,
            include=st.lists(TEXT, max_size=1), truncation=TEXT, stream_options=objects(include_obfuscation=st.booleans()), max_tool_calls=NUMBERS,
        )
    )
    for name, values in (("tools", st.none() | TOOLS), ("instructions", st.none() | TEXT), ("background", st.none() | st.just(False))):
        if draw(st.booleans()):
            body[name] = draw(values)
    given = draw(st.none() | TEXT | st.lists(items(), max_size=5) | st.lists(items(), max_size=5))
    if body.get("previous_response_id") and draw(st.booleans()):
        return body
    return {**body, "input": given}
