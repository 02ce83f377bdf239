"""A directory with a configuration, and what is made of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config.loading import Loaded, load

__all__ = ["MARK", "around", "loaded", "refused"]

MARK = "sk-PLANTED-9f2"


def around(folder: Path, **more: str) -> dict[str, str]:
    """An environment that leads nowhere but into the directory."""
    return {"HOME": str(folder / "home"), "MOONWIRE_DATA": str(folder / "data"), **more}


def loaded(folder: Path, text: str = "", environ: Mapping[str, str] | None = None, **flags: Any) -> Loaded:
    """What a file, an environment and flags come to; without a text there is no file."""
    if text:
        file = folder / "moonwire.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
    return load(flags, around(folder, **(environ or {})), folder)


def refused(
    folder: Path, text: str = "", environ: Mapping[str, str] | None = None, **flags: Any
) -> LocalProtocolError:
    """The error instead."""
    with pytest.raises(LocalProtocolError) as caught:
        loaded(folder, text, environ, **flags)
    assert MARK not in str(caught.value)
    return caught.value
