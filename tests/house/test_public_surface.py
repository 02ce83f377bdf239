"""The public surface is this list: whoever adds, renames or takes away a name changes it here."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Literal, get_origin

import pytest

import moonwire

# One row for each package with an `__all__`.
PUBLIC: dict[str, list[str]] = {
    "moonwire": [
        "Agent",
        "BrokenOff",
        "Completion",
        "Kimi",
        "KimiSync",
        "Malformed",
        "Message",
        "MoonwireError",
        "Note",
        "Plan",
        "Reply",
        "Request",
        "Settings",
        "Target",
        "TextParser",
        "ToolCall",
        "WrongForm",
        "__version__",
        "compile_schema",
        "count_tokens",
        "explain",
        "fold",
        "learn",
        "parse_text",
        "plan",
        "resolve",
    ],
    "moonwire.agent": [
        "Agent",
        "AgentEvent",
        "Compacted",
        "Compaction",
        "Limits",
        "Offered",
        "Result",
        "Session",
        "StepStarted",
        "Stored",
        "ToolDone",
        "ToolStarted",
        "Turn",
        "TurnDone",
        "Warned",
        "load",
        "offered",
    ],
    "moonwire.client": [
        "BrokenOff",
        "Completion",
        "Kimi",
        "KimiSync",
        "Setup",
        "Stream",
        "StreamSync",
        "Tokens",
        "Uploaded",
        "WrongForm",
    ],
    "moonwire.core.catalogue": ["ENDPOINTS", "Evidence", "MODELS", "Target", "learn", "resolve"],
    "moonwire.core.prompts": ["Estimated", "Memo", "count_k2", "count_k3", "intent"],
    "moonwire.core.rawtext": ["TextParser", "parse_text"],
    "moonwire.core.refusals": ["Action", "Repair", "Sent", "Verdict", "read", "useful"],
    "moonwire.core.schemas": [
        "Change",
        "Compiled",
        "Complaint",
        "Level",
        "Rename",
        "check",
        "compile_schema",
        "refusal_text",
        "rename_arguments",
        "restore_arguments",
        "shrink",
    ],
    "moonwire.core.validation": [
        "SafePattern",
        "Validator",
        "Verdict",
        "Violation",
        "for_model",
        "safe_pattern",
        "validate",
        "validator_for",
    ],
    "moonwire.simulator": ["App", "Exchange", "Limits", "Server", "Settings"],
    "moonwire.simulator.brain": ["Call", "Turn", "think"],
    "moonwire.simulator.rules": ["Ask", "Edition", "Refused", "Rule", "edition", "first_refusal", "kept"],
    "moonwire.simulator.faults": [
        "BUILTIN",
        "Close",
        "End",
        "Fault",
        "Faults",
        "Hang",
        "Head",
        "KINDS",
        "Planned",
        "Refuse",
        "Reset",
        "Running",
        "Send",
        "Step",
        "TERMINAL",
        "Wait",
        "builtin",
        "load",
        "markdown_table",
        "steps",
    ],
    "moonwire.memory": [
        "Limits",
        "Memory",
        "NoMemory",
        "ProcessMemory",
        "Secret",
        "SqliteMemory",
        "Stats",
        "Tenant",
        "default_path",
        "load_secret",
    ],
    "moonwire.tokenizer": ["Tokenizer", "load"],
    "moonwire.transport": [
        "BodyTooLarge",
        "Client",
        "ClientClosed",
        "ConnectFailed",
        "ConnectTimeout",
        "Disconnected",
        "FirstByteTimeout",
        "IdleTimeout",
        "Limits",
        "PoolTimeout",
        "Response",
        "TLS",
        "Timeouts",
        "TotalTimeout",
        "Truncated",
        "WriteTimeout",
    ],
    "moonwire.wire.anthropic": [
        "Model",
        "PING",
        "Reader",
        "Writer",
        "abroad",
        "adapted",
        "count_body",
        "decode",
        "encode",
        "encode_error",
        "encode_reply",
        "error_event",
        "model_body",
        "models_body",
        "write",
    ],
    "moonwire.wire.chat": [
        "bare",
        "decode",
        "decode_message",
        "decode_tool",
        "encode",
        "encode_message",
        "encode_tool",
        "read",
        "write",
    ],
    "moonwire.wire.responses": [
        "Echo",
        "Kinds",
        "Reader",
        "Writer",
        "as_functions",
        "bare",
        "decode",
        "encode",
        "encode_error",
        "encode_reply",
        "error_event",
        "referenced",
        "resolved",
        "resumed",
        "stored",
        "write",
    ],
    "moonwire.workbench": ["Counted", "as_request", "count_tokens", "explained", "plan"],
}


def packages() -> list[str]:
    found = pkgutil.walk_packages(moonwire.__path__, "moonwire.")
    return ["moonwire", *(module.name for module in found if module.ispkg)]


def undocumented(module: ModuleType) -> list[str]:
    """Public classes and functions, and their public methods, that do not say what they are for."""
    found: list[str] = []
    for name in module.__all__:
        thing = getattr(module, name)
        # A name for some literal values has no docstring of its own; what uses it says what they mean.
        if not (inspect.isclass(thing) or callable(thing)) or get_origin(thing) is Literal:
            continue
        if not own_doc(thing):
            found.append(name)
        if inspect.isclass(thing):
            found += [
                f"{name}.{attribute}"
                for attribute, value in vars(thing).items()
                if not attribute.startswith("_") and inspect.isfunction(value) and not own_doc(value)
            ]
    return found


def own_doc(thing: object) -> bool:
    """A docstring of its own: one that is inherited describes something else."""
    return bool((getattr(thing, "__doc__", None) or "").strip())


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == PUBLIC[package]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_package_with_public_names_is_in_the_list() -> None:
    public = [name for name in packages() if hasattr(importlib.import_module(name), "__all__")]
    assert sorted(public) == sorted(PUBLIC)


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_says_what_it_is_for(package: str) -> None:
    assert undocumented(importlib.import_module(package)) == []


def test_a_name_without_a_docstring_is_found() -> None:
    class Silent:
        def method(self) -> None: ...

    class Loud:
        """Says so."""

        def method(self) -> None:
            """Also."""

    made_up = ModuleType("made_up")
    made_up.__dict__.update(Silent=Silent, Loud=Loud, number=1, __all__=["Silent", "Loud", "number"])
    assert undocumented(made_up) == ["Silent", "Silent.method"]
