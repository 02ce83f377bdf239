"""Schemas that have a small value, keyword by type, and shapes that combine them: (name, schema)."""

from collections.abc import Callable
from typing import Any

STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
SCALARS = ("string", "number", "integer", "boolean", "null")


def thing(required: str = "", **properties: Any) -> dict[str, Any]:
    """A closed object."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def nested(depth: int, around: Callable[[Any], Any], inner: Any) -> Any:
    for _ in range(depth):
        inner = around(inner)
    return inner


# What the documents of the service's schema language allow, keyword by type.
LANGUAGE: list[tuple[str, Any]] = [
    ("anything", {}),
    *((f"type {name}", {"type": name}) for name in (*SCALARS, "object", "array")),
    *((f"type list of one: {name}", {"type": [name]}) for name in (*SCALARS, "object", "array")),
    *((f"{name} or null", {"type": [name, "null"]}) for name in SCALARS[:4]),
    ("many types", {"type": ["string", "null", "number", "boolean", "object"]}),
    ("integer and number", {"type": ["integer", "number"], "description": "d", "title": "t"}),
    ("texts about it", {"type": "string", "title": "T", "description": "!@#$%^&*()<>", "default": 5}),
    ("enum of strings", {"type": "string", "enum": ["", " ", "\n", "a\\b", "é😊"]}),
    ("enum of one", {"type": "string", "enum": [" a123😊b"]}),
    ("enum of integers", {"type": "integer", "enum": [-2, -1, 0]}),
    ("enum of numbers", {"type": "number", "enum": [1, 2.5, -3.7], "minimum": -10, "maximum": 10}),
    ("enum out of the bounds at first", {"type": "number", "enum": [20, 30, 5], "maximum": 10}),
    ("enum of booleans", {"type": "boolean", "enum": [False]}),
    ("enum of null", {"type": "null", "enum": [None]}),
    ("enum with null", {"type": ["string", "null"], "enum": [None, "a"]}),
    ("enum with lengths", {"type": "string", "enum": ["a", "abcdef"], "minLength": 3}),
    ("enum with a pattern", {"type": "string", "enum": ["a", "b1"], "pattern": "[0-9]"}),
    *((f"minLength {n}", {"type": "string", "minLength": n}) for n in (0, 1, 5, 20, 100, 1000)),
    *((f"maxLength {n}", {"type": "string", "maxLength": n}) for n in (0, 1, 2, 10, 100000)),
    *((f"length {n}", {"type": "string", "minLength": n, "maxLength": n}) for n in (0, 1, 2, 7, 64, 1000)),
    *((f"minimum {n}", {"type": kind, "minimum": n}) for kind in ("integer", "number") for n in (0, 5, -7, -2.5, 0.5)),
    *((f"maximum {n}", {"type": kind, "maximum": n}) for kind in ("integer", "number") for n in (0, 5, -7, -2.5, 0.5)),
    *((f"span {n}", {"type": kind, "minimum": n, "maximum": n + 3}) for kind in ("integer", "number") for n in (-9, 0, 7.5)),
    ("one number", {"type": "number", "minimum": 0.1, "maximum": 0.1}),
    ("one integer", {"type": "integer", "minimum": -0, "maximum": 0}),
    ("between integers", {"type": "number", "minimum": 0.25, "maximum": 0.75}),
    ("fractional bounds of an integer", {"type": "integer", "minimum": 1.5, "maximum": 2.5}),
    ("largest safe integers", {"type": "integer", "minimum": 2**53 - 1, "maximum": 2**53 - 1}),
    ("smallest safe integers", {"type": "integer", "maximum": -(2**53 - 1)}),
    ("huge numbers", {"type": "number", "minimum": 1e308}),
    ("huge integers", {"type": "integer", "minimum": 1e300, "maximum": 1e301}),
    ("very small numbers", {"type": "number", "maximum": -1e308}),
    ("tiny numbers", {"type": "number", "minimum": 1e-300, "maximum": 2e-300}),
    ("no items said", {"type": "array"}),
    *((f"items {name}", {"type": "array", "items": {"type": name}, "minItems": 2}) for name in (*SCALARS, "object", "array")),
    *((f"minItems {n}", {"type": "array", "items": STRING, "minItems": n}) for n in (0, 1, 3, 50)),
    *((f"maxItems {n}", {"type": "array", "items": INTEGER, "maxItems": n}) for n in (0, 1, 10)),
    ("exact number of items", {"type": "array", "items": STRING, "minItems": 3, "maxItems": 3}),
    ("items of anything", {"type": "array", "items": {}, "minItems": 1}),
    ("items of an enum", {"type": "array", "items": {"type": "integer", "enum": [1, 2]}, "minItems": 4}),
    ("items of a union", {"type": "array", "items": {"anyOf": [STRING, INTEGER]}, "minItems": 2}),
    ("items of a union of arrays", {"anyOf": [{"type": "array", "items": {"type": "boolean"}}, {"type": "array", "items": {"type": "array", "items": INTEGER}}]}),
    ("200 arrays", nested(60, lambda s: {"type": "array", "items": s, "minItems": 1}, STRING)),
    ("matrix", {"type": "array", "minItems": 2, "items": {"type": "array", "minItems": 2, "items": NUMBER}}),
    ("empty object", {"type": "object", "properties": {}}),
    ("empty required", {"type": "object", "required": []}),
    ("closed", {"type": "object", "additionalProperties": False}),
    ("open", {"type": "object", "additionalProperties": True}),
    ("map", {"type": "object", "additionalProperties": {"type": "string", "enum": ["a"]}}),
    ("map of maps", {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": STRING}}),
    ("map beside properties", {"type": "object", "properties": {"a": NUMBER}, "required": ["a"], "additionalProperties": STRING}),
    ("optional", thing(a=STRING, b=INTEGER)),
    ("all required", thing("a b c d e", a=STRING, b=INTEGER, c=NUMBER, d={"type": "boolean"}, e={"type": "null"})),
    ("names", {"type": "object", "properties": {n: STRING for n in ("a.b", " H", "x/y", "3.55", "é😊", "type", "items", "\\n", "{a}")}, "required": ["a.b", " H", "x/y", "3.55", "é😊", "type", "items", "\\n", "{a}"]}),
    ("properties of anything", thing("a", a={})),
    ("depth 30", nested(30, lambda s: thing("a b", a=s, b=STRING), STRING)),
    ("100 properties", thing(" ".join(f"p{n}" for n in range(100)), **{f"p{n}": INTEGER for n in range(100)})),
    ("union", {"anyOf": [STRING, NUMBER]}),
    ("union of one", {"anyOf": [{"type": "object", "required": []}]}),
    ("union of the same", {"anyOf": [{"type": "boolean"}, {"type": "boolean"}], "description": "d"}),
    ("union with null", {"anyOf": [{"type": "null"}, thing("a", a=STRING)]}),
    ("union of enums", {"anyOf": [{"type": "string", "enum": ["red"]}, {"type": "string", "enum": ["green"]}]}),
    ("union of unions", {"anyOf": [{"anyOf": [STRING]}, {"anyOf": [INTEGER, {"type": "null"}]}]}),
    ("union of objects", {"anyOf": [thing("kind a", kind={"type": "string", "enum": ["x"]}, a=STRING), thing("kind", kind={"type": "string", "enum": ["y"]})]}),
    ("union of bounds", {"anyOf": [{"type": "string", "minLength": 9}, {"type": "integer", "minimum": 3}]}),
    ("union of 500", {"anyOf": [{"type": "integer", "enum": [n]} for n in range(500)]}),
    ("first branches empty", {"anyOf": [{"type": "string", "minLength": 3, "maxLength": 2}] * 9 + [INTEGER]}),
    ("union deep in an object", thing("a", a={"anyOf": [{"type": "array", "items": thing("b", b=STRING), "minItems": 1}]})),
]

PATTERNS = [
    r"^[a-z]+$", r"^\d{4}-\d{2}-\d{2}$", r"^[A-Z]{2}[0-9]{3}$", r"abc", r"^$", r"^a|b$", r"^(a|b)*c$", r"[0-9]{2,3}", r"\bword\b",
    r"^\w+@\w+\.com$", r"^#[0-9a-fA-F]{6}$", r"^(https?|ftp)://[^\s/$.?#].[^\s]*$", r"^[^a-zA-Z0-9]+$", r"^.{10,20}$", r"^\+?[1-9]\d{1,14}$",
    r"^[一-龥]{2,4}$", r"^(?:[01]\d|2[0-3]):[0-5]\d$", r"^[\w.-]+/[\w.-]+$", r"^\$\d+\.\d{2}$", r"x\.y\*z", r"^\s*$", r"^(a+)+$",
    r"^(?=.*[A-Z])(?=.*\d).{8,}$", r"^(?!test)[a-z]+$", r"^v\d+(\.\d+){2}(-[a-z]+)?$", r"^[0-9a-f]{8}-[0-9a-f]{4}$", r"\u0041\x42", r"^[^\n]*$", ".",
]
LENGTHS: list[dict[str, Any]] = [
    {"pattern": "^[a-z]+$", "minLength": 30}, {"pattern": "^[a-z]+$", "minLength": 1000}, {"pattern": "^[a-z]*$", "maxLength": 0},
    {"pattern": "^a(bc)*$", "minLength": 4}, {"pattern": "[0-9]$", "minLength": 12, "maxLength": 12}, {"pattern": "^x|yy$", "minLength": 6},
    {"pattern": r"^\d{3}", "minLength": 10}, {"pattern": "^(ab|abc)+$", "minLength": 7, "maxLength": 7}, {"pattern": r"\bcat\b", "minLength": 8},
]
FORMATS = ("date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "uri-reference", "duration", "regex", "json-pointer", "unknown")
STRINGS: list[tuple[str, Any]] = [
    *((f"pattern {pattern}", {"type": "string", "pattern": pattern}) for pattern in PATTERNS),
    *((f"pattern {case}", {"type": "string", **case}) for case in LENGTHS),
    *((f"format {name}", {"type": "string", "format": name}) for name in FORMATS),
    ("two patterns", {"type": "string", "allOf": [{"pattern": "^[a-z0-9]+$"}, {"pattern": "[0-9]{3}"}, {"pattern": "^[a-z]"}]}),
    ("format of a length", {"type": "string", "format": "date", "minLength": 12}),
]

NODE = {"type": "object", "properties": {"value": STRING, "next": {"$ref": "#/$defs/node"}}, "required": ["value"]}
REFERENCES: list[tuple[str, Any]] = [
    ("definition", {"$ref": "#/$defs/a", "$defs": {"a": STRING}}),
    ("chain", {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": NUMBER}}),
    ("path into a definition", thing("id", id={"$ref": "#/$defs/p/properties/id"}) | {"$defs": {"p": thing(id=INTEGER)}}),
    ("draft 7's place", {"$ref": "#/definitions/a", "definitions": {"a": STRING}}),
    ("path to a property", {"type": "object", "properties": {"a": INTEGER, "b": {"$ref": "#/properties/a"}}, "required": ["b"]}),
    ("escapes", {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": STRING}}),
    ("list", {"$ref": "#/$defs/node", "$defs": {"node": NODE}}),
    ("root", {"type": "object", "properties": {"child": {"$ref": "#"}, "name": STRING}, "required": ["name"]}),
    ("tree", {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}, "required": ["children"]}),
    ("required branch that ends", {"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [{"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}, "required": ["next"]}, STRING]}}}),
    ("map of itself", {"type": "object", "additionalProperties": {"$ref": "#"}}),
    ("expression", {"$ref": "#/$defs/e", "$defs": {"e": {"anyOf": [thing("op left right", op={"type": "string", "enum": ["add"]}, left={"$ref": "#/$defs/e"}, right={"$ref": "#/$defs/e"}), NUMBER]}}}),
    ("endless but optional", {"type": "object", "properties": {"n": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "object", "properties": {"n": {"$ref": "#/$defs/x"}}, "required": ["n"]}}}),
    ("mutual", {"$ref": "#/$defs/a", "$defs": {"a": thing("b", b={"$ref": "#/$defs/b"}), "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}}}),
    ("identified", {"$id": "https://example.com/s.json", "type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"], "$defs": {"a": STRING}}),
    ("identified by an anchor", {"$id": "#user", "type": "object"}),
    ("nested definitions", {"type": "object", "properties": {"a": {"$ref": "#/$defs/x/$defs/y"}}, "required": ["a"], "$defs": {"x": {"$defs": {"y": INTEGER}}}}),
    ("anchor", {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "integer"}}}),
    ("beside others", {"$ref": "#/$defs/a", "minLength": 9, "$defs": {"a": STRING}}),
    ("recursive without a type", {"properties": {"a": {"$ref": "#"}}, "required": ["a"]}),
]

BEYOND: list[tuple[str, Any]] = [
    ("true", True), ("const", {"const": {"a": [1, None]}}), ("const null", {"const": None}), ("enum without a type", {"enum": [{"a": 1}, 2]}),
    ("oneOf", {"oneOf": [INTEGER, NUMBER]}), ("oneOf of bounds", {"oneOf": [{"type": "integer", "minimum": n} for n in range(9)]}),
    ("oneOf of multiples", {"type": "integer", "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}]}), ("oneOf of required", {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    ("discriminated", {"oneOf": [thing("k", k={"const": "a"}), thing("k n", k={"const": "b"}, n=INTEGER)]}),
    ("allOf", {"allOf": [thing("a", a=STRING) | {"additionalProperties": True}, {"type": "object", "required": ["b"], "properties": {"b": INTEGER}}]}),
    ("allOf of bounds", {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 3}]}), ("allOf of types", {"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "null"]}]}),
    ("allOf of enums", {"allOf": [{"enum": [1, 2, 3]}, {"enum": [5, 3]}]}), ("not a string", {"not": STRING}), ("not these", {"type": "string", "not": {"enum": ["alpha", "river"]}}),
    ("not without", {"type": "object", "properties": {"a": STRING}, "not": {"not": {"required": ["a"]}}}), ("not empty", {"type": "array", "not": {"maxItems": 0}}), ("not without one", {"type": "object", "properties": {"a": STRING, "b": STRING}, "not": {"maxProperties": 0}}),
    ("if then", {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"], "if": {"properties": {"a": {"const": "x"}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
    ("if without then", {"type": "integer", "if": {"minimum": 5}, "else": {"const": 0}}), ("if never", {"type": "string", "if": True, "then": {"minLength": 9}}),
    ("pattern of names", {"type": "object", "minProperties": 3, "patternProperties": {"^x[0-9]+$": INTEGER}, "additionalProperties": False}),
    ("pattern over a property", {"type": "object", "properties": {"ax": {"minimum": 3}}, "required": ["ax"], "patternProperties": {"^a": INTEGER}}),
    ("rule for names", {"type": "object", "minProperties": 2, "propertyNames": {"pattern": "^[A-Z]{3}$"}}), ("names from an enum", {"type": "object", "minProperties": 2, "propertyNames": {"enum": ["p", "q"]}}),
    ("tuple", {"type": "array", "prefixItems": [STRING, INTEGER], "items": False, "minItems": 2}), ("tuple and more", {"type": "array", "prefixItems": [STRING], "items": INTEGER, "minItems": 3}),
    ("contains", {"type": "array", "contains": {"const": 7}}), ("contains among others", {"type": "array", "items": INTEGER, "contains": {"minimum": 9}, "minContains": 2, "minItems": 3}), ("contains few", {"type": "array", "contains": INTEGER, "maxContains": 1, "minItems": 3}),
    ("contains two", {"type": "array", "allOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}]}), ("contains none", {"type": "array", "contains": STRING, "minContains": 0}),
    ("unique strings", {"type": "array", "items": STRING, "minItems": 30, "uniqueItems": True}), ("unique integers", {"type": "array", "items": INTEGER, "minItems": 50, "uniqueItems": True}), ("unique enum", {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True}),
    ("unique objects", {"type": "array", "items": thing("a", a=STRING), "minItems": 3, "uniqueItems": True}), ("unique booleans", {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True}), *((f"unique {name}", {"type": "array", "items": {"type": "string", "format": name}, "minItems": 5, "uniqueItems": True}) for name in FORMATS[:-1]), ("unique of a pattern", {"type": "array", "items": {"type": "string", "pattern": "^[a-c]$"}, "minItems": 3, "uniqueItems": True}),
    ("multipleOf", {"type": "integer", "multipleOf": 7, "minimum": 10}), ("multipleOf a fraction", {"type": "number", "multipleOf": 0.25, "minimum": 0.3, "maximum": 0.6}), ("two multipleOf", {"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "minimum": 1}), ("multipleOf cents", {"type": "number", "multipleOf": 0.01}),
    ("exclusive", {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}), ("exclusive number", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}), ("exclusive only", {"type": "number", "exclusiveMaximum": 0}),
    ("minProperties", {"type": "object", "minProperties": 3}), ("minProperties declared", {"type": "object", "properties": {"a": STRING, "b": INTEGER}, "minProperties": 2, "additionalProperties": False}), ("maxProperties", {"type": "object", "properties": {"a": STRING}, "maxProperties": 1, "required": ["a"]}),
    ("dependentRequired", {"type": "object", "required": ["a"], "properties": {"a": STRING}, "dependentRequired": {"a": ["b"], "b": ["c"]}}), ("dependentSchemas", {"type": "object", "required": ["a"], "dependentSchemas": {"a": {"required": ["z"], "properties": {"z": INTEGER}}}}),
    ("unevaluated", {"type": "object", "allOf": [{"properties": {"a": STRING}, "required": ["a"]}], "unevaluatedProperties": False}), ("unevaluated values", {"type": "object", "required": ["z"], "unevaluatedProperties": INTEGER}),
    ("keywords of other types", {"type": "integer", "minLength": 3, "properties": {"a": False}}), ("nullable", {"type": "string", "nullable": True}), ("required but not declared", {"type": "object", "required": ["a", "b"]}),
    ("properties without a type", {"properties": {"a": INTEGER}, "required": ["a"]}), ("items without a type", {"items": INTEGER, "minItems": 1}), ("bounds without a type", {"minimum": 4, "maximum": 4}),
    ("optional and impossible", {"type": "object", "properties": {"a": False}}), ("union beside a type", {"type": "object", "properties": {"a": STRING, "b": STRING}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    ("union beside bounds", {"type": "integer", "minimum": 5, "anyOf": [{"maximum": 4}, {"multipleOf": 10}]}), ("schema said", {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "examples": [1]}),
]

ALL = [*LANGUAGE, *STRINGS, *REFERENCES, *BEYOND]

# Nothing fits, or nothing that is tried.
NONE: list[tuple[str, Any]] = [
    ("false", False), ("lengths", {"type": "string", "minLength": 3, "maxLength": 2}), ("too long to answer with", {"type": "string", "minLength": 10**12}),
    ("bounds", {"type": "integer", "minimum": 3, "maximum": 2}), ("no integer between", {"type": "integer", "minimum": 1.2, "maximum": 1.8}), ("types", {"allOf": [STRING, INTEGER]}),
    ("required and closed", {"type": "object", "required": ["a"], "additionalProperties": False}), ("required and impossible", {"type": "object", "required": ["a"], "properties": {"a": False}}), ("endless", {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}),
    ("endless items", {"type": "array", "items": {"$ref": "#"}, "minItems": 1}), ("endless values", {"type": "object", "additionalProperties": {"$ref": "#"}, "minProperties": 1}), ("itself", {"$ref": "#"}), ("circle", {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
    ("not anything", {"not": {}}), ("twice the same", {"oneOf": [STRING, STRING]}), ("unique of too few", {"type": "array", "items": {"enum": [1]}, "minItems": 2, "uniqueItems": True}), ("too many items", {"type": "array", "minItems": 10**9}), ("too many properties", {"type": "object", "minProperties": 10**9}),
    ("pattern and length", {"type": "string", "pattern": "^a{5}$", "minLength": 6}), ("patterns", {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^b"}]}), ("looks behind", {"type": "string", "pattern": "(?<=a)b"}), ("back reference", {"type": "string", "pattern": r"^(a)\1$"}), ("no pattern", {"type": "string", "pattern": "("}),
    ("too deep", nested(900, lambda s: {"type": "array", "items": s, "minItems": 1}, STRING)), ("too many ways", {"allOf": [{"anyOf": [{"minimum": n}, {"maximum": n}]} for n in range(30)], "type": "integer", "not": INTEGER}),
]
