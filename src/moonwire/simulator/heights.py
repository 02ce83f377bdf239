"""How deep the smallest value of a schema is: it keeps a schema that refers to itself from going on.

An estimate, worked out from the outside in until nothing changes: too low where parts of a conjunction
contradict each other, never endless where a value that ends exists.
"""

from typing import Any

from moonwire.core.validation.document import Document
from moonwire.core.validation.values import is_array, is_integer, is_object, parts_of

__all__ = ["ENDLESS", "REFERENCES", "Heights"]

ENDLESS = 1_000_000
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# How often a schema is looked at again, all schemas taken together.
LOOKS = 300_000


class Heights:
    """The height of every schema of a document, by identity.

    >>> node = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}}
    >>> Heights(Document(node)).of(node) == ENDLESS
    True
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[int, int] = {}
        order = self._everything()
        for schema in order:
            self._known[id(schema)] = ENDLESS
        looks = LOOKS
        changed = True
        while changed and looks > 0:
            # To and fro, so that a chain of references takes one round whichever way it runs.
            order.reverse()
            looks -= len(order)
            changed = False
            for schema in order:
                height = self._height(schema)
                if height < self._known[id(schema)]:
                    self._known[id(schema)] = height
                    changed = True

    def of(self, schema: Any) -> int:
        """The height of a schema: 0 for a scalar, one more for each object and array around it."""
        if schema is False:
            return ENDLESS
        return self._known.get(id(schema), 0) if is_object(schema) else 0

    def target(self, schema: dict[str, Any], keyword: str = "$ref") -> Any:
        """Where the reference of a schema leads; `True`, which demands nothing, where that is nowhere."""
        reference = schema.get(keyword)
        if not isinstance(reference, str):
            return True
        resource = self._document.resources.get(id(schema), self._document.root)
        found = self._document.find(reference, resource)
        return True if found is None else found.schema

    def _everything(self) -> list[dict[str, Any]]:
        """Every object in the document, outer ones first; more than the schemas, which does no harm."""
        found: dict[int, dict[str, Any]] = {}
        waiting: list[Any] = [self._document.root]
        while waiting:
            value = waiting.pop()
            if is_object(value):
                if id(value) in found:
                    continue
                found[id(value)] = value
            waiting += [part for _, part in parts_of(value) if is_object(part) or is_array(part)]
        return list(found.values())

    def _height(self, schema: dict[str, Any]) -> int:
        if "const" in schema or is_array(schema.get("enum")):
            return 0
        least = [self.of(self.target(schema, keyword)) for keyword in REFERENCES if keyword in schema]
        if least and self._document.lone_ref:
            return least[0]
        conjunction: Any = schema.get("allOf")
        if is_array(conjunction):
            least += map(self.of, conjunction)
        for keyword in ("anyOf", "oneOf"):
            branches: Any = schema.get(keyword)
            if is_array(branches) and branches:
                least.append(min(map(self.of, branches)))
        return max([*least, self._own(schema)])

    def _own(self, schema: dict[str, Any]) -> int:
        names: Any = schema.get("type")
        names = names if is_array(names) else [names]
        if not all(name in ("object", "array") for name in names):
            return 0
        heights = [self.object(schema) if name == "object" else self.array(schema) for name in names]
        return min(heights, default=0)

    def object(self, schema: dict[str, Any]) -> int:
        """The height of an object that fits: of the required properties, and of as many as are demanded."""
        properties: Any = schema.get("properties")
        properties = properties if is_object(properties) else {}
        required: Any = schema.get("required")
        more: Any = schema.get("additionalProperties", True)
        names = [name for name in required if isinstance(name, str)] if is_array(required) else []
        inner = [self.of(properties.get(name, more)) for name in names]
        if not names and _demands(schema.get("minProperties")):
            patterns: Any = schema.get("patternProperties")
            patterned = list(patterns.values()) if is_object(patterns) else []
            inner.append(min(map(self.of, [*properties.values(), *patterned, more])))
        return min(ENDLESS, 1 + max(inner, default=0))

    def array(self, schema: dict[str, Any]) -> int:
        """The height of an array that fits: of its items, where it must have some."""
        if not _demands(schema.get("minItems")):
            return 1
        items: Any = schema.get("items", True)
        leading: Any = schema.get("prefixItems", items)
        count = int(schema["minItems"])
        inner = leading[:count] if is_array(leading) else []
        if len(inner) < count and not is_array(items):
            inner = [*inner, items]
        return min(ENDLESS, 1 + max(map(self.of, inner), default=0))


def _demands(least: Any) -> bool:
    return is_integer(least) and least > 0
