"""Schemas in Moonshot's flavour at its strictest level, written for the schema suite: one row, one schema.

Every keyword with every type that may carry it (mfjs.md 4), references, recursion that ends, and names.
"""

from typing import Any

Json = dict[str, Any]

S: Json = {"type": "string"}
I: Json = {"type": "integer"}  # noqa: E741 -- one letter per type keeps a row on one line
N: Json = {"type": "number"}
B: Json = {"type": "boolean"}
Z: Json = {"type": "null"}


def o(required: Any = None, more: Any = None, **properties: Any) -> Json:
    """An object; `required` is all of the properties unless said."""
    made: Json = {"type": "object", "properties": properties, "required": [*properties] if required is None else required}
    return made | ({} if more is None else {"additionalProperties": more})


def a(items: Any = None, **more: Any) -> Json:
    return {"type": "array", **({} if items is None else {"items": items}), **more}


def s(**more: Any) -> Json:
    return {"type": "string", **more}


def nested(depth: int, leaf: Json) -> Json:
    for level in range(depth, 0, -1):
        leaf = o(**{f"level{level}": leaf})
    return leaf


def rows(depth: int, leaf: Json) -> Json:
    for _ in range(depth):
        leaf = a(leaf, minItems=1)
    return leaf


STRINGS: list[Json] = [
    s(), s(description="A text"), s(title="Text", description="A text", default="x"),
    s(minLength=0), s(minLength=1), s(minLength=2, maxLength=2), s(minLength=10), s(minLength=100), s(minLength=500), s(minLength=999), s(minLength=1000), s(minLength=1000, maxLength=1000),
    s(maxLength=0), s(maxLength=1), s(maxLength=5), s(minLength=3, maxLength=64), s(minLength=0, maxLength=0), s(maxLength=100000),
    s(pattern="^[a-z]+$"), s(pattern="^[A-Z]{3}$"), s(pattern="^\\d{3}-\\d{4}$"), s(pattern="^[a-zA-Z0-9_]+$"), s(pattern="^(foo|bar)$"), s(pattern="^\\w+@\\w+\\.com$"),
    s(pattern="[0-9]"), s(pattern="^$"), s(pattern="^.{5,10}$"), s(pattern="^#[0-9a-fA-F]{6}$"), s(pattern="^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$"), s(pattern="^\\d{4}-\\d{2}-\\d{2}$"),
    s(pattern="^[\u4e00-\u9fff]+$"), s(pattern="^(?:[01]\\d|2[0-3]):[0-5]\\d$"), s(pattern="^[a-z]+$", minLength=5, maxLength=8), s(pattern="^https?://"), s(pattern="\\.json$"), s(pattern="^v\\d+(\\.\\d+)*$"),
    s(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"), s(pattern="^\\+?[1-9]\\d{1,14}$"), s(pattern="^a*$", minLength=3), s(pattern="^(a|b){3}c?$"), s(pattern=""), s(pattern="^\\S+$", maxLength=12),
    s(pattern="^(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}$"), s(pattern="^[\\w.-]+$"), s(pattern="^\\s*$"), s(pattern="a.c"), s(pattern="^(?!x)[a-z]{2}$"), s(pattern="^[a-c]{2}[x-z]$"),
]

NUMBERS: list[Json] = [
    N, I, {"type": "number", "description": "A number"}, {"type": "integer", "title": "Whole", "description": "whole"},
    {"type": "number", "minimum": 0}, {"type": "number", "maximum": 0}, {"type": "number", "minimum": -1.5, "maximum": 1.5}, {"type": "number", "minimum": 0.1, "maximum": 0.2}, {"type": "number", "minimum": 3.14159, "maximum": 3.14159},
    {"type": "number", "minimum": 1e10}, {"type": "number", "maximum": -1e10}, {"type": "number", "minimum": 1e-9, "maximum": 1e-8}, {"type": "number", "minimum": -0.0, "maximum": 0.0},
    {"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 0}, {"type": "integer", "minimum": 1, "maximum": 10}, {"type": "integer", "minimum": 7, "maximum": 7}, {"type": "integer", "minimum": -10, "maximum": -5},
    {"type": "integer", "minimum": 1000000}, {"type": "integer", "maximum": -1000000}, {"type": "integer", "minimum": 9007199254740991}, {"type": "integer", "minimum": -9007199254740991, "maximum": -9007199254740991},
    {"type": "integer", "minimum": -5}, {"type": "integer", "maximum": 99, "default": 3}, {"type": "number", "minimum": 5, "default": 6.5}, {"type": "number", "minimum": 100, "maximum": 101}, {"type": "integer", "minimum": 2, "maximum": 3, "description": "two or three"},
]

ENUMS: list[Json] = [
    s(enum=["a"]), s(enum=["a", "b", "c"]), s(enum=["red", "green", "blue"], description="A colour"), s(enum=[""]), s(enum=["", "x"]), s(enum=["with space", "with\ttab", "with\nline"]), s(enum=["quote\"s", "back\\slash", "sl/ash"]),
    s(enum=["北京", "上海"]), s(enum=["😀", "é", "naïve"]), s(enum=["true", "null", "1"]), s(enum=[f"value_{n}" for n in range(200)]), s(enum=[f"v{n}" for n in range(1000)]), s(enum=["<tag>", "&amp;"]), s(enum=["a"], default="a"), s(enum=["{", "}", "[", "]"]),
    {"type": "integer", "enum": [1]}, {"type": "integer", "enum": [1, 2, 3]}, {"type": "integer", "enum": [-1, 0]}, {"type": "integer", "enum": [9007199254740991]}, {"type": "integer", "enum": [1, 5, 10], "minimum": 5}, {"type": "integer", "enum": [1, 5, 10], "minimum": 2, "maximum": 9},
    {"type": "number", "enum": [1.5, -2.25]}, {"type": "number", "enum": [0]}, {"type": "number", "enum": [1, 2.5, 1e3]}, {"type": "number", "enum": [0.1, 0.5, 0.9], "minimum": 0.4, "maximum": 0.6},
    {"type": "boolean", "enum": [True]}, {"type": "boolean", "enum": [False]}, {"type": "boolean", "enum": [True, False]}, {"type": "null", "enum": [None]},
    s(enum=["a", "bbbb"], minLength=3), s(enum=["aaaa", "b"], maxLength=2), s(enum=["abc", "123"], pattern="^[0-9]+$"),
    {"type": ["string", "null"], "enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a", "b"]}, {"type": ["string", "null"], "enum": [None]}, {"type": ["integer", "null"], "enum": [1, None]}, {"type": ["number", "null"], "enum": [1.5, None]}, {"type": ["boolean", "null"], "enum": [True, None]},
    a(s(enum=["x", "y"]), minItems=2), o(kind=s(enum=["k"]), size={"type": "integer", "enum": [4]}),
]

PLAIN: list[Json] = [
    {}, B, Z, {"type": "boolean", "description": "yes or no"}, {"type": "null", "description": "nothing"}, {"type": "boolean", "default": True}, {"description": "anything"}, {"title": "Any", "description": "anything"},
    {"type": ["string", "null"]}, {"type": ["string", "number"]}, {"type": ["integer", "null"], "description": "maybe"}, {"type": ["boolean", "null"]}, {"type": ["string", "integer", "boolean", "null"]}, {"type": ["null"]}, {"type": ["string"], "title": "one"}, {"type": ["number", "boolean"]},
]

ARRAYS: list[Json] = [
    a(), a(S), a(I), a(N), a(B), a(Z), a({}), a(S, description="texts"), a(S, minItems=0), a(S, minItems=1), a(I, minItems=3), a(B, minItems=5), a(S, maxItems=0), a(S, maxItems=3), a(S, minItems=2, maxItems=2), a(I, minItems=10), a(I, minItems=100), a(S, minItems=50), a(Z, minItems=200),
    a(minItems=2), a(maxItems=1), a(a(I)), a(a(a(S, minItems=1), minItems=1), minItems=1), a(o(id=I, name=S), minItems=2), a({"anyOf": [S, I]}, minItems=2), a(s(minLength=5), minItems=3), a(s(pattern="^x\\d$"), minItems=2), a({"type": ["string", "null"]}, minItems=1), rows(30, I), rows(60, B),
    a({"type": "integer", "minimum": 5, "maximum": 6}, minItems=2, maxItems=4), a(S, title="T", description="D", default=[]),
]

OBJECTS: list[Json] = [
    {"type": "object"}, {"type": "object", "properties": {}}, {"type": "object", "properties": {}, "additionalProperties": False}, {"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": {}}, {"type": "object", "additionalProperties": S}, {"type": "object", "additionalProperties": {"type": "integer", "minimum": 3}},
    o(name=S), o([], name=S), o(["name"], name=S, age=I), o(name=S, age=I, tall=N, ok=B, no=Z), o(more=False, name=S), o([], False, name=S), o(more=True, name=S), o(more=S, name=S), o(more=a(I), name=S), o(more={"anyOf": [S, Z]}, name=S), {"type": "object", "properties": {"a": S}, "required": []},
    o(inner=o(leaf=S)), o(inner=o([], leaf=S), other=a(o(x=N))), o(more=False, inner=o(more=False, leaf=o(more=False, x=I))), nested(5, S), nested(10, I), nested(20, B), nested(28, Z), nested(25, a(S, minItems=1)),
    o(**{f"p{n}": S for n in range(20)}), o(**{f"p{n}": I for n in range(100)}), o([], **{f"p{n}": S for n in range(500)}), o(["p7"], **{f"p{n}": B for n in range(50)}), {"type": "object", "properties": {"free": {}}, "required": ["free"]}, o(list=a(S, minItems=1), map={"type": "object", "additionalProperties": N}, choice={"anyOf": [S, N]}),
    o(d=s(default="x"), e={"type": "integer", "default": 1}), {"type": "object", "title": "T", "description": "D", "default": {}, "properties": {"a": S}}, o(text=s(minLength=200), list=a(I, minItems=20)), {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": S}}},
]

NAMES: list[Json] = [
    o(**{"with.dot": S}), o(**{"a.b.c": o(**{"d.e": I})}), o(**{"with space": S}), o(**{"in ner": a(S, minItems=1)}), o(**{"北京": S}), o(**{"名前": o(**{"値": I})}), o(**{"ключ": B}), o(**{"😀": S}), o(**{"é": N}), o(**{"with-dash": S}), o(**{"with_under": S}), o(**{"$dollar": S}), o(**{"@at": S}), o(**{"#hash": S}), o(**{"a/b": S}), o(**{"a~b": S}), o(**{"a%20b": S}),
    o(**{"quote\"d": S}), o(**{"apo'strophe": S}), o(**{"1digit": S}), o(**{"UPPER": S}), o(**{"a" * 100: S}), o(**{"type": S}), o(**{"properties": S}), o(**{"items": a(S, minItems=1)}), o(**{"enum": S}), o(**{"default": S}), o(**{"description": S, "title": S}), o(**{"pattern": s(pattern="^p+$")}), o(**{"minimum": I, "maximum": I}), o(**{"const": S, "format": S}), o(**{"<x>": S}), o(**{"a&b": S}), o(**{"[0]": S}), o(**{"{x}": S}), o(**{"a:b": S, "c;d": S}), o(**{"a,b": S}), o(**{"key=value": S}), o(**{"*": S, "?": S}), o(**{"__proto__": S, "constructor": S}), o(**{"value": o(**{"value": S})}), o(**{"arguments": S, "name": S}), o(**{"null": Z, "true": B}),
]

UNIONS: list[Json] = [
    {"anyOf": [S]}, {"anyOf": [S, N]}, {"anyOf": [I, Z]}, {"anyOf": [S, N, B, Z]}, {"anyOf": [S, Z], "description": "maybe"}, {"anyOf": [S, Z], "title": "T", "description": "maybe"}, {"anyOf": [o(kind=s(enum=["a"]), x=I), o(kind=s(enum=["b"]), y=S)]}, {"anyOf": [a(S), S]}, {"anyOf": [a(I, minItems=2), Z]}, {"anyOf": [o(more=False, a=S), o(more=False, b=S)]},
    {"anyOf": [{"anyOf": [S, I]}, {"anyOf": [B, Z]}]}, {"anyOf": [s(minLength=5), s(maxLength=2)]}, {"anyOf": [s(pattern="^a$"), {"type": "integer", "minimum": 3}]}, {"anyOf": [s(enum=["x"]), {"type": "integer", "enum": [1]}]}, o(choice={"anyOf": [S, Z]}), o([], choice={"anyOf": [o(a=S), o(b=S)]}), a({"anyOf": [o(a=S), o(b=I)]}, minItems=3), {"anyOf": [s(enum=[f"v{n}"]) for n in range(50)]}, {"anyOf": [s(enum=[f"v{n}"]) for n in range(500)]}, {"anyOf": [Z, o(next={"anyOf": [Z, o(end=B)]})]}, {"anyOf": [{"type": "object", "additionalProperties": S}, a({})]}, {"anyOf": [nested(10, S), rows(10, I)]}, o(x={"anyOf": [{"type": ["string", "null"]}, I]}), {"anyOf": [{}, S]},
]

NODE = o(["value"], value=S, next={"$ref": "#/$defs/node"})
REFERENCES: list[Json] = [
    {"$ref": "#/$defs/x", "$defs": {"x": S}}, {"$ref": "#/$defs/x", "$defs": {"x": o(a=S)}}, {"$ref": "#/$defs/x", "description": "an x", "$defs": {"x": I}}, {"$ref": "#/$defs/x", "title": "X", "$defs": {"x": I}}, {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}}, "required": ["a", "b"], "$defs": {"x": s(minLength=4)}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": S}}, {"type": "array", "items": {"$ref": "#/$defs/x"}, "minItems": 2, "$defs": {"x": o(id=I)}}, {"anyOf": [{"$ref": "#/$defs/x"}, Z], "$defs": {"x": o(a=S)}}, {"anyOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/y"}], "$defs": {"x": o(a=S), "y": o(b=I)}}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/x"}, "$defs": {"x": I}},
    {"$ref": "#/$defs/node", "$defs": {"node": NODE}}, {"$ref": "#/$defs/node", "$defs": {"node": o(value=I, children=a({"$ref": "#/$defs/node"}))}}, {"$ref": "#/$defs/node", "$defs": {"node": o(value=I, next={"anyOf": [{"$ref": "#/$defs/node"}, Z]})}}, {"$ref": "#/$defs/node", "$defs": {"node": o(left={"anyOf": [Z, {"$ref": "#/$defs/node"}]}, right={"anyOf": [{"$ref": "#/$defs/node"}, Z]})}}, {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "additionalProperties": {"$ref": "#/$defs/tree"}}}},
    {"$ref": "#/$defs/a", "$defs": {"a": o(b={"anyOf": [{"$ref": "#/$defs/b"}, Z]}), "b": o(a={"$ref": "#/$defs/a"})}}, {"$ref": "#/$defs/a", "$defs": {"a": o([], b={"$ref": "#/$defs/b"}), "b": o(a={"$ref": "#/$defs/a"})}}, {"$ref": "#/$defs/expr", "$defs": {"expr": {"anyOf": [N, o(op=s(enum=["+", "-"]), args=a({"$ref": "#/$defs/expr"}, minItems=2))]}}}, {"$ref": "#/$defs/expr", "$defs": {"expr": {"anyOf": [o(op=s(enum=["+", "-"]), left={"$ref": "#/$defs/expr"}, right={"$ref": "#/$defs/expr"}), N]}}}, {"$ref": "#/$defs/json", "$defs": {"json": {"anyOf": [S, N, B, Z, a({"$ref": "#/$defs/json"}), {"type": "object", "additionalProperties": {"$ref": "#/$defs/json"}}]}}},
    {"type": "object", "properties": {"value": S, "next": {"$ref": "#"}}, "required": ["value"]}, {"type": "object", "properties": {"children": a({"$ref": "#"})}, "required": ["children"]}, {"type": "object", "properties": {"value": S, "next": {"anyOf": [{"$ref": "#"}, Z]}}, "required": ["value", "next"]}, {"type": "object", "additionalProperties": {"$ref": "#"}}, {"anyOf": [S, a({"$ref": "#"})]}, {"anyOf": [a({"$ref": "#"}, minItems=1), I]}, a({"$ref": "#"}), a({"anyOf": [{"$ref": "#"}, I]}, minItems=1), {"type": "object", "properties": {"a": {"$ref": "#"}, "x": {"$ref": "#/$defs/x"}}, "required": ["x"], "$defs": {"x": I}}, {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "required": ["x"], "$defs": {"x": {"anyOf": [Z, {"$ref": "#"}]}}},
    {"$ref": "#/$defs/x/properties/a", "$defs": {"x": o(a=s(enum=["deep"]))}}, {"$ref": "#/$defs/x/items", "$defs": {"x": a(I)}}, {"$ref": "#/$defs/x/anyOf/1", "$defs": {"x": {"anyOf": [S, I]}}}, {"$ref": "#/$defs/x/additionalProperties", "$defs": {"x": {"type": "object", "additionalProperties": B}}}, {"$ref": "#/$defs/ünïcode", "$defs": {"ünïcode": S}}, {"$ref": "#/$defs/定义", "$defs": {"定义": o(**{"名": S})}}, {"$ref": "#/$defs/with.dot", "$defs": {"with.dot": I}}, {"$ref": "#/$defs/with space", "$defs": {"with space": I}}, {"$ref": "#/$defs/a-b_c", "$defs": {"a-b_c": B}}, {"$ref": "#/$defs/x", "$id": "https://example.com/schema.json", "$defs": {"x": S}}, {"type": "object", "$id": "https://example.com/other.json", "properties": {"a": S}, "required": ["a"]}, {"type": "string", "$defs": {"unused": o(a=S)}}, {"$ref": "#/$defs/p", "$defs": {"p": o(name=S, address={"$ref": "#/$defs/q"}), "q": o(street=S, city={"$ref": "#/$defs/r"}), "r": s(enum=["Rome"])}},
    {"$ref": "#/$defs/n0", "$defs": {**{f"n{n}": o(x={"$ref": f"#/$defs/n{n + 1}"}) for n in range(12)}, "n12": I}}, {"$ref": "#/$defs/value", "$defs": {"value": S}}, {"type": "object", "properties": {"a": {"$ref": "#/$defs/type"}, "b": {"$ref": "#/$defs/properties"}}, "required": ["a", "b"], "$defs": {"type": S, "properties": I}},
]

REAL: list[Json] = [
    o(["query"], query=s(description="What to look for"), limit={"type": "integer", "minimum": 1, "maximum": 100, "default": 10}, sort=s(enum=["asc", "desc"])),
    o(city=s(minLength=1, maxLength=80), unit=s(enum=["celsius", "fahrenheit"]), days={"type": "integer", "minimum": 1, "maximum": 16}),
    o(more=False, to=a(s(pattern="^[^@\\s]+@[^@\\s]+\\.[a-z]+$"), minItems=1), subject=s(maxLength=120), body=S, attachments=a(o(more=False, name=S, size={"type": "integer", "minimum": 0}))),
    o(filters=a({"anyOf": [o(field=S, op=s(enum=["eq", "ne"]), value={"type": ["string", "number"]}), o(**{"and": a(o(field=S), minItems=1)})]}, minItems=1)),
    o(path=s(pattern="^/[\\w./-]*$"), edits=a(o(line={"type": "integer", "minimum": 1}, text=S), minItems=1, maxItems=20), dry={"type": "boolean"}),
]

GROUPS: dict[str, list[Json]] = {
    "string": STRINGS, "number": NUMBERS, "enum": ENUMS, "plain": PLAIN, "array": ARRAYS, "object": OBJECTS, "name": NAMES, "union": UNIONS, "reference": REFERENCES, "real": REAL,
}

CASES: list[tuple[str, Json]] = [(f"{group} {number}", schema) for group, schemas in GROUPS.items() for number, schema in enumerate(schemas)]
