"""Errors that say whose fault it is, where, and what to do. Each carries its data as fields."""

from typing import Any, ClassVar

__all__ = [
    "Auth",
    "ClientGated",
    "ContentFiltered",
    "ContextOverflow",
    "LocalProtocolError",
    "MoonwireError",
    "Overloaded",
    "ProtocolError",
    "QuotaExhausted",
    "RateLimited",
    "Refusal",
    "RemoteProtocolError",
    "StructuralRefusal",
    "TransportError",
]


class MoonwireError(Exception):
    """Base of every error that moonwire raises on purpose.

    >>> str(MoonwireError("unknown family", path="family", remedy="use auto, k2 or k3"))
    'family: unknown family (use auto, k2 or k3)'
    """

    def __init__(self, message: str, *, path: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        what_to_do = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.message}{what_to_do}"


class ProtocolError(MoonwireError):
    """One side said something that the protocol does not allow."""

    status_hint: ClassVar[int] = 400


class LocalProtocolError(ProtocolError):
    """The caller's fault: refused before anything is sent. `path` names the field."""


class RemoteProtocolError(ProtocolError):
    """The server's fault: its answer cannot be understood, or breaks off."""

    status_hint: ClassVar[int] = 502


class TransportError(MoonwireError):
    """The bytes did not get there or did not come back."""

    status_hint: ClassVar[int] = 502


class Refusal(RemoteProtocolError):
    """The server understood and said no. The subclass says what can be done about it."""

    retry: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        retry_after: float | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.body = body


class Overloaded(Refusal):
    """No capacity just now. Try again after a while; near the window it may hide an overflow."""

    status_hint: ClassVar[int] = 429
    retry: ClassVar[bool] = True


class RateLimited(Refusal):
    """Too many requests or tokens for this key. Try again after `retry_after` seconds."""

    status_hint: ClassVar[int] = 429
    retry: ClassVar[bool] = True


class QuotaExhausted(Refusal):
    """The account has nothing left. Waiting does not help."""

    status_hint: ClassVar[int] = 429


class ContextOverflow(Refusal):
    """The conversation does not fit the model's window. Compact it."""

    status_hint: ClassVar[int] = 400


class StructuralRefusal(Refusal):
    """A field or a message is not as this server wants it."""

    status_hint: ClassVar[int] = 400


class Auth(Refusal):
    """The key is missing, wrong, or of another region."""

    status_hint: ClassVar[int] = 401


class ClientGated(Refusal):
    """The endpoint serves only clients that it knows."""

    status_hint: ClassVar[int] = 403


class ContentFiltered(Refusal):
    """The server's filter refused what stands in the conversation. A retry meets it again."""

    status_hint: ClassVar[int] = 400
