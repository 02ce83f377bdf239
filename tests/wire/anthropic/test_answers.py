"""The other answers, as the official SDK reads them."""

import json

from moonwire.wire.anthropic import Model, count_body, model_body, models_body
from tests.wire.anthropic.sdk import ASKED, client

ONE = Model(id="kimi-k3", name="Kimi K3", created="2026-07-16T00:00:00Z", window=262144, output=32768)
TWO = Model(id="kimi-k2.6")


def test_a_count() -> None:
    sdk = client(json.dumps(count_body(7)).encode(), stream=False)
    assert sdk.messages.count_tokens(model="m", messages=ASKED).input_tokens == 7


def test_a_list_of_models() -> None:
    sdk = client(json.dumps(models_body([ONE, TWO])).encode(), stream=False)
    page = sdk.models.list()
    assert [(model.id, model.display_name, model.type) for model in page.data] == [
        ("kimi-k3", "Kimi K3", "model"),
        ("kimi-k2.6", "kimi-k2.6", "model"),
    ]
    assert (page.first_id, page.last_id, page.has_more) == ("kimi-k3", "kimi-k2.6", False)
    assert page.data[0].created_at.year == 2026 and page.data[0].max_input_tokens == 262144


def test_no_models() -> None:
    assert models_body([]) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_one_model() -> None:
    sdk = client(json.dumps(model_body(TWO)).encode(), stream=False)
    found = sdk.models.retrieve("kimi-k2.6")
    assert (found.id, found.created_at.year) == ("kimi-k2.6", 1970)
