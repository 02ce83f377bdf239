"""Every published valid schema gets arguments from the simulator, as a verifier of endpoints asks for them.

Wrapped as Kimi-Vendor-Verifier wraps them, which leaves out lengths of more than a thousand
characters (verification.md 1.3).
"""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from moonwire.core.schemas.kinds import is_list, is_object
from moonwire.simulator.values import NoInstance, instance
from tests.conformance.test_schemas import MISSING, VALID, parsed, wrapped

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "all there")

BYTES = 6000
LONGEST = 1000


def without_defaults(value: Any) -> Any:
    if is_object(value):
        return {key: without_defaults(inner) for key, inner in value.items() if key != "default"}
    return [without_defaults(inner) for inner in value] if is_list(value) else value


@pytest.mark.parametrize("schema", parsed(VALID), ids=str)
def test_the_arguments_fit_the_schema_that_was_sent(schema: Any) -> None:
    sent = without_defaults(wrapped(schema))
    if schema.get("minLength", 0) > LONGEST:
        with pytest.raises(NoInstance):
            instance(sent)
        return
    oracle: Any = Draft202012Validator(sent)
    for seed in range(3):
        value = instance(sent, seed=seed)
        assert oracle.is_valid(value)
        assert len(json.dumps(value, separators=(",", ":"))) < BYTES
