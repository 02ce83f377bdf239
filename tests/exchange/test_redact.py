"""Keys out of what is told."""

import json

import pytest

from moonwire.core.notes import Note
from moonwire.exchange.config import Hidden, Upstream
from moonwire.exchange.redact import HIDDEN, Redactor, secrets_of

KEY = "sk-1234567"


@pytest.mark.parametrize(
    ("secrets", "text", "said"),
    [
        ([KEY], f"no key {KEY}, or {KEY}x", "no key ***, or ***x"),
        ([KEY, f"{KEY}-longer"], f"{KEY}-longer", HIDDEN),
        ([], KEY, KEY),
        (["any", "simulator", "short1"], "any simulator is short1", "any simulator is short1"),
        (['sk-"quoted"'], json.dumps('sk-"quoted"'), '"***"'),
    ],
)
def test_secrets_are_taken_out_and_words_stay(secrets: list[str], text: str, said: str) -> None:
    redactor = Redactor(secrets)
    assert redactor.text(text) == said
    assert redactor.data(text.encode()) == said.encode()


def test_a_callers_key_is_one_more() -> None:
    redactor = Redactor([KEY])
    more = redactor.plus("sk-caller-1")
    assert more.text(f"{KEY} sk-caller-1") == f"{HIDDEN} {HIDDEN}"
    assert redactor.text("sk-caller-1") == "sk-caller-1"
    assert redactor.plus(None) is redactor.plus(KEY) is redactor


def test_notes_quote_errors() -> None:
    plain = Note(code="a", reason="r", before={"b": KEY})
    quoting = Note(code="a", reason="r", before=f"Auth: {KEY}")
    kept, changed = Redactor([KEY]).notes([plain, quoting])
    assert kept is plain
    assert changed.before == f"Auth: {HIDDEN}"


def test_everything_that_the_operator_told_is_a_secret() -> None:
    upstream = Upstream(
        name="a",
        base_url="http://x/v1",
        keys=(Hidden("k-1"), Hidden("k-2")),
        headers=(("x-team", "Bearer token-1"),),
        proxy="http://user:pass-word@proxy:80",
    )
    assert not [one for one in ("k-1", "token-1", "pass-word") if one in repr(upstream)]
    found = set(secrets_of([upstream, Upstream(name="b", base_url="http://y/v1", proxy="http://proxy:80")]))
    assert {"k-1", "k-2", "Bearer token-1", "token-1", "pass-word"} <= found
