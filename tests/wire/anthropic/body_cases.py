"""Messages bodies, well-formed and odd at every level: what the laws of the wire are tried on."""

import json
from typing import Any, cast

from hypothesis import strategies as st

__all__ = ["JSON", "bodies", "exact", "messages", "scribble", "tools"]


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
        items = cast("list[Any]", value)
        for item in items:
            scribble(item)
        items.append("scribbled")


SCALARS: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2**63, 2**70, 0.0, -0.0, 1.0, 0.6, float("nan"), float("inf")]),
    st.sampled_from(["", " ", "a", "auto", "text", "all", "true", "1", "\ud800", "\0"]),
    st.text(max_size=4),
)
NAMES: Any = st.sampled_from(["role", "content", "type", "text", "name", "input", "id", "source", "x", "url", "data", "strict", "keep"])
JSON: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
UNKNOWN: Any = st.dictionaries(st.sampled_from(["x", "cache_control", "citations", "caller", "\u0001", ""]), JSON, max_size=2)
EMPTIES: list[Any] = [None, "", [], {}, 0, False]
EMPTY: Any = st.sampled_from(EMPTIES)
TEXT: Any = st.sampled_from(["", " ", "hi", "functions.f:0", "call_1", "读"])


@st.composite
def objects(draw: st.DrawFn, **known: Any) -> dict[str, Any]:
    """An object whose known fields are there or not, right, empty or odd, with others beside them."""
    found: dict[str, Any] = {}
    for name, right in known.items():
        kind = draw(st.sampled_from(["absent", "right", "right", "right", "empty", "odd"]))
        if kind != "absent":
            found[name] = draw({"right": right, "empty": EMPTY, "odd": JSON}[kind])
    return {**found, **(draw(UNKNOWN) if draw(st.integers(0, 3)) == 0 else {})}


def typed(kind: str, inner: Any, **needed: Any) -> Any:
    """A block of this type, with what it cannot do without."""

    def whole(block: Any, must: Any) -> Any:
        return {**block, **must, "type": kind}

    return st.builds(whole, inner, st.fixed_dictionaries(needed))


SOURCES: Any = objects(type=st.sampled_from(["base64", "url", "file", "text"]), media_type=TEXT, data=TEXT, url=st.sampled_from(["u", "data:image/png;base64,AA"]), file_id=TEXT)
PARTS: Any = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}),
    typed("text", objects(), text=TEXT),
    typed("image", objects(), source=SOURCES),
    typed("video", objects(), source=SOURCES),
    typed("document", objects(source=SOURCES, title=TEXT, context=TEXT)),
    typed("tool_reference", objects(tool_name=TEXT)),
    typed("search_result", objects(title=TEXT, content=JSON)),
    typed("server_tool_use", objects(id=TEXT, name=TEXT, input=JSON)),
)
CONTENT: Any = st.none() | TEXT | st.lists(PARTS, max_size=3)
RESULTS: Any = typed("tool_result", objects(tool_use_id=TEXT, is_error=st.booleans())) | typed(
    "tool_result", objects(tool_use_id=TEXT, is_error=st.booleans()), content=CONTENT | EMPTY
)
INPUTS: Any = st.sampled_from([{}, {"a": 1}, {"a": [1.0, None, "é"]}, {"a": float("nan")}, None, "x", []])
OWN: Any = st.one_of(
    typed("thinking", objects(thinking=TEXT, signature=TEXT)),
    typed("thinking", objects(), thinking=TEXT, signature=TEXT),
    typed("redacted_thinking", objects(data=TEXT)),
    typed("tool_use", objects(id=TEXT, name=TEXT, input=INPUTS)),
    typed("tool_use", objects(), id=TEXT, name=TEXT, input=st.just({"a": 1})),
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A message that can be read."""
    role = draw(st.sampled_from(["user", "user", "assistant", "assistant", "system"]))
    own = {"user": RESULTS, "assistant": OWN, "system": PARTS}[role]
    content = draw(TEXT | st.lists(PARTS | own, max_size=4) | st.lists(own, max_size=3) | st.none())
    message = {**draw(UNKNOWN), "role": role, "content": content}
    if not draw(st.integers(0, 9)):
        del message["content"]
    return message


SCHEMAS: Any = st.sampled_from([{"type": "object", "properties": {"a": {"type": "string"}}}, {}]) | JSON


def tools() -> Any:
    """A tool of any shape."""
    kinds = st.sampled_from(["custom", "function", "web_search_20250305", "bash_20250124"])
    return objects(type=kinds, name=TEXT, description=TEXT, input_schema=SCHEMAS, strict=st.booleans(), defer_loading=st.booleans())


NUMBERS: Any = st.sampled_from([0, 1, 1.0, 0.6, -1])
FORMATS: Any = objects(type=st.just("json_schema"), schema=SCHEMAS)
EDITS: Any = st.lists(objects(type=st.just("clear_thinking_20251015"), keep=st.sampled_from(["all", {"type": "all"}])) | JSON, max_size=2)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A body that can be read."""
    body = draw(
        objects(
            model=TEXT, max_tokens=NUMBERS, temperature=NUMBERS, top_p=NUMBERS, top_k=NUMBERS, stream=st.booleans(),
            stop_sequences=st.lists(TEXT, max_size=2), metadata=objects(user_id=TEXT), context_management=objects(edits=EDITS),
            thinking=objects(type=st.sampled_from(["enabled", "disabled", "adaptive"]), budget_tokens=NUMBERS, display=TEXT),
            output_config=objects(effort=st.sampled_from(["low", "high"]), format=FORMATS), output_format=FORMATS,
            tool_choice=objects(type=st.sampled_from(["auto", "any", "tool", "none"]), name=TEXT, disable_parallel_tool_use=st.booleans()),
        )
    )
    if draw(st.booleans()):
        body["tools"] = draw(st.none() | st.lists(tools(), max_size=3))
    if draw(st.booleans()):
        body["system"] = draw(CONTENT)
    return {**body, "messages": draw(st.lists(messages(), max_size=4))}
