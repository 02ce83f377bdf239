"""What mfjs.md 7 says is accepted at level strict as it is, one schema for each of its words."""

from tests.core.schemas.shape_cases import NULL, STR, Schema, tool

OPTIONAL: Schema = {"anyOf": [STR, NULL], "default": None, "title": "Q"}
CAT: Schema = {"type": "object", "properties": {"kind": {"const": "cat"}}}
D: Schema = {"$defs": {"D": {"type": "string", "description": "d"}}}

AS_IT_IS: dict[str, Schema] = {
    "optional of pydantic": tool(q=OPTIONAL),
    "$ref and description": {**tool(a={"$ref": "#/$defs/D", "description": "a"}), **D},
    "$ref and default": {**tool(a={"$ref": "#/$defs/D", "default": "a"}), **D},
    "allOf of a $ref": {**tool(a={"allOf": [{"$ref": "#/$defs/D"}]}), **D},
    "oneOf": tool(a={"oneOf": [STR, NULL]}),
    "oneOf and type": tool(a={"type": "string", "oneOf": [STR]}),
    "discriminator": tool(a={"oneOf": [CAT], "discriminator": {"propertyName": "kind"}}),
    "const": tool(a={"const": 1}),
    "format": tool(a={"type": "string", "format": "date-time"}),
    "patternProperties": tool(a={"type": "object", "patternProperties": {"^x": STR}}),
    "propertyNames": tool(a={"type": "object", "propertyNames": {"pattern": "^x"}}),
    "not": tool(a={"not": STR}),
    "if, then, else": tool(a={"if": STR, "then": {"minLength": 1}, "else": {}}),
    "{}": tool(a={}),
    "missing type": tool(a={"description": "anything"}),
    "$schema": {"$schema": "http://json-schema.org/draft-07/schema#", **tool(a=STR)},
    "exclusiveMinimum": tool(a={"type": "integer", "exclusiveMinimum": 0}),
    "exclusiveMinimum of draft 4": tool(a={"type": "integer", "minimum": 0, "exclusiveMinimum": True}),
    "multipleOf": tool(a={"type": "number", "multipleOf": 0.5}),
    "uniqueItems": tool(a={"type": "array", "items": STR, "uniqueItems": True}),
    "minProperties": tool(a={"type": "object", "minProperties": 1, "maxProperties": 3}),
    "prefixItems": tool(a={"type": "array", "prefixItems": [STR, NULL]}),
    "minLength on a number": tool(a={"type": "number", "minLength": 1}),
    "nullable": tool(a={"type": "string", "nullable": True}),
    "a default of the wrong type": tool(a={"type": "integer", "default": "x"}),
    "a title that is no text": tool(a={"type": "string", "title": 3}),
    "required twice": {**tool(a=STR), "required": ["a", "a"]},
    "an unused nested $defs": tool(a={"type": "object", "$defs": {"X": STR}}),
    "large bounds": tool(a={"type": "integer", "minimum": -(2**53 - 1), "maximum": 2**53 - 1}),
}
