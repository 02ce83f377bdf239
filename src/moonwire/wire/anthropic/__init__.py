"""Anthropic Messages: bodies and streams, to the common vocabulary and back."""

from moonwire.wire.anthropic.body import decode, encode, write

__all__ = ["decode", "encode", "write"]
