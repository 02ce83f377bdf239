"""Keys out of what is told: servers quote the key that they refuse, and so it gets into errors and notes."""

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from moonwire.core.notes import Note
from moonwire.exchange.config import Upstream

__all__ = ["HIDDEN", "Redactor", "secrets_of"]

HIDDEN: Final = "***"
SHORTEST: Final = 8
"""What is shorter, or a plain word, is no secret, and may stand in any sentence."""


class Redactor:
    """Takes secrets out of texts.

    >>> Redactor(["sk-1234567"]).text("no such key: sk-1234567")
    'no such key: ***'
    """

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {one for one in secrets if len(one) >= SHORTEST and not one.isalpha()}
        # As JSON writes it, a secret may look different. The longer first: one may be the other's beginning.
        found |= {json.dumps(one)[1:-1] for one in found}
        self._secrets = tuple(sorted(found, key=len, reverse=True))

    def plus(self, secret: str | None) -> "Redactor":
        """The same, and one more: the key that a caller has brought."""
        if not secret or secret in self._secrets:
            return self
        more = Redactor((secret,))
        more._secrets += self._secrets
        return more

    def text(self, text: str) -> str:
        """A text without them."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text

    def data(self, data: bytes) -> bytes:
        """The same for bytes."""
        for secret in self._secrets:
            raw = secret.encode("utf-8", "surrogatepass")
            if raw in data:
                data = data.replace(raw, HIDDEN.encode())
        return data

    def notes(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """Notes quote errors in what was there before."""
        return tuple([note if note.before is None else self._note(note) for note in notes])

    def _note(self, note: Note) -> Note:
        before: Any = note.before
        if not isinstance(before, str):
            return note
        hidden = self.text(before)
        return note if hidden is before else msgspec.structs.replace(note, before=hidden)


def secrets_of(upstreams: Iterable[Upstream]) -> list[str]:
    """What the operator has told the gateway and nobody else."""
    found: list[str] = []
    for upstream in upstreams:
        found += [key.reveal() for key in upstream.keys]
        found += [part for _, value in upstream.headers for part in (value, *value.split())]
        if upstream.proxy:
            found.append(urlsplit(upstream.proxy).password or "")
    return found
