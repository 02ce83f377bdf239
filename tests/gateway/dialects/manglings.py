"""What clients of Messages and Responses do to a history, done to their requests on their way out.

A mangling of which `own` is true leaves something of each turn's reasoning that a gateway without a memory
can go by; the others leave nothing.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx2

__all__ = ["ITEMS", "MESSAGES", "Mangling", "http"]

Json = dict[str, Any]
Edit = Callable[[list[Json]], list[Json]]


@dataclass(frozen=True)
class Mangling:
    """What is done to the messages, or items, of a request."""

    edit: Edit
    own: bool = True


# -- Messages ----------------------------------------------------------------------------------------------


def _listed(message: Json) -> list[Json]:
    """The blocks of a message, if it has any."""
    content: Any = message["content"]
    return cast("list[Json]", content) if isinstance(content, list) else []


def _blocks(messages: list[Json], kind: str) -> Iterator[Json]:
    for message in messages:
        yield from (block for block in _listed(message) if block["type"] == kind)


def _without(*kinds: str) -> Edit:
    def edit(messages: list[Json]) -> list[Json]:
        for message in messages:
            if blocks := _listed(message):
                message["content"] = [one for one in blocks if one["type"] not in kinds]
        return messages

    return edit


def _thoughts(change: Callable[[Json, int], None]) -> Edit:
    def edit(messages: list[Json]) -> list[Json]:
        for number, block in enumerate(_blocks(messages, "thinking")):
            change(block, number)
        return messages

    return edit


def _empty(block: Json, number: int) -> None:
    block["thinking"] = ""


def _shortened(block: Json, number: int) -> None:
    block["thinking"] = block["thinking"].strip()[:9]


def _unsigned(block: Json, number: int) -> None:
    del block["signature"]


def _tampered(block: Json, number: int) -> None:
    """One bit of the seal is another one, at another place each time."""
    data = bytearray(base64.b64decode(block["signature"]))
    data[number * 5 % len(data)] ^= 1
    block["signature"] = base64.b64encode(data).decode()


def _foreign(block: Json, number: int) -> None:
    block["signature"] = ("EqQBCkYIBxgCKkB" * 9, "not base64!", "", "bXcB", "bXcBAAAAAA==")[number % 5]


def _tampered_and_lost(block: Json, number: int) -> None:
    _tampered(block, number)
    block["thinking"] = ""


def swapped(messages: list[Json]) -> list[Json]:
    """Each turn has the seal of another turn, and its own words."""
    blocks = list(_blocks(messages, "thinking"))
    seals = [block["signature"] for block in blocks]
    for block, seal in zip(blocks, seals[1:] + seals[:1], strict=True):
        block["signature"] = seal
    return messages


def _ids(rename: Callable[[str, int], str]) -> Edit:
    def edit(messages: list[Json]) -> list[Json]:
        known: dict[str, str] = {}
        for block in _blocks(messages, "tool_use"):
            known[block["id"]] = block["id"] = rename(block["id"], len(known))
        for block in _blocks(messages, "tool_result"):
            block["tool_use_id"] = known[block["tool_use_id"]]
        return messages

    return edit


def reminded(messages: list[Json]) -> list[Json]:
    """Marks of the cache on the last blocks, as Claude Code has them: they wander."""
    for block in _listed(messages[-1])[-1:]:
        block["cache_control"] = {"type": "ephemeral"}
    return messages


def results_in_blocks(messages: list[Json]) -> list[Json]:
    for block in _blocks(messages, "tool_result"):
        block["content"] = [{"type": "text", "text": block["content"]}]
        block["is_error"] = False
    return messages


def results_reordered(messages: list[Json]) -> list[Json]:
    for message in messages:
        if message["role"] == "user":
            _listed(message).reverse()
    return messages


def results_apart(messages: list[Json]) -> list[Json]:
    """Each result in a message of its own."""
    apart: list[Json] = []
    for message in messages:
        if message["role"] == "user" and (blocks := _listed(message)):
            apart += [{"role": "user", "content": [block]} for block in blocks]
        else:
            apart.append(message)
    return apart


def inputs_written_again(messages: list[Json]) -> list[Json]:
    for block in _blocks(messages, "tool_use"):
        block["input"] = dict(sorted(block["input"].items(), reverse=True))
    return messages


def in_turn(*edits: Edit) -> Edit:
    """One after the other."""

    def edit(values: list[Json]) -> list[Json]:
        for one in edits:
            values = one(values)
        return values

    return edit


def _minted(identity: str, number: int) -> str:
    return f"toolu_{number * 7919:024x}"


def _renumbered(identity: str, number: int) -> str:
    return f"functions_read_{number}"


MESSAGES: dict[str, Mangling] = {
    "thoughts emptied": Mangling(_thoughts(_empty)),
    "thoughts shortened": Mangling(_thoughts(_shortened)),
    "signatures lost": Mangling(_thoughts(_unsigned)),
    "signatures tampered with": Mangling(_thoughts(_tampered)),
    "signatures of others": Mangling(_thoughts(_foreign)),
    "signatures of other turns": Mangling(swapped),
    "signatures tampered with and thoughts emptied": Mangling(_thoughts(_tampered_and_lost), own=False),
    "thoughts lost": Mangling(_without("thinking", "redacted_thinking"), own=False),
    "ids renumbered and results apart": Mangling(in_turn(_ids(_renumbered), results_apart)),
    "ids minted anew and everything in other words": Mangling(
        in_turn(_ids(_minted), reminded, results_in_blocks, results_reordered, inputs_written_again)
    ),
}


# -- Responses ---------------------------------------------------------------------------------------------


def _of(items: list[Json], *kinds: str) -> list[Json]:
    return [item for item in items if item.get("type") in kinds]


def _reasoning(change: Callable[[Json, int], None]) -> Edit:
    def edit(items: list[Json]) -> list[Json]:
        for number, item in enumerate(_of(items, "reasoning")):
            change(item, number)
        return items

    return edit


def _no_summary(item: Json, number: int) -> None:
    item["summary"] = []


def _short_summary(item: Json, number: int) -> None:
    item["summary"] = [{"type": "summary_text", "text": "**Thinking**"}]


def _unsealed(item: Json, number: int) -> None:
    item["encrypted_content"] = None


def _broken_seal(item: Json, number: int) -> None:
    data = bytearray(base64.b64decode(item["encrypted_content"]))
    data[number * 5 % len(data)] ^= 1
    item["encrypted_content"] = base64.b64encode(data).decode()


def _openais(item: Json, number: int) -> None:
    item["encrypted_content"] = ("gAAAAABo" + "Zm9v" * 40, "", "é", "bXcB")[number % 4]


def _broken_and_lost(item: Json, number: int) -> None:
    _broken_seal(item, number)
    item["summary"] = []


def seals_swapped(items: list[Json]) -> list[Json]:
    found = _of(items, "reasoning")
    seals = [item["encrypted_content"] for item in found]
    for item, seal in zip(found, seals[1:] + seals[:1], strict=True):
        item["encrypted_content"] = seal
    return items


def without_item_ids(items: list[Json]) -> list[Json]:
    """As Codex sends them: without ids of items, and their status."""
    for item in items:
        item.pop("id", None)
        item.pop("status", None)
    return items


def without_reasoning(items: list[Json]) -> list[Json]:
    return [item for item in items if item.get("type") != "reasoning"]


def calls_renumbered(items: list[Json]) -> list[Json]:
    known: dict[str, str] = {}
    for item in _of(items, "function_call"):
        known[item["call_id"]] = item["call_id"] = f"call_{len(known)}"
    for item in _of(items, "function_call_output"):
        item["call_id"] = known[item["call_id"]]
    return items


def arguments_written_again(items: list[Json]) -> list[Json]:
    for item in _of(items, "function_call"):
        item["arguments"] = json.dumps(json.loads(item["arguments"]), sort_keys=True, indent=1)
    return items


def outputs_in_parts(items: list[Json]) -> list[Json]:
    for item in _of(items, "function_call_output"):
        item["output"] = [{"type": "input_text", "text": item["output"]}]
    return items


def outputs_reordered(items: list[Json]) -> list[Json]:
    done: list[Json] = []
    batch: list[Json] = []
    for item in items:
        if item.get("type") == "function_call_output":
            batch.insert(0, item)
            continue
        done += batch
        batch = []
        done.append(item)
    return done + batch


ITEMS: dict[str, Mangling] = {
    "summaries emptied": Mangling(_reasoning(_no_summary)),
    "summaries shortened": Mangling(_reasoning(_short_summary)),
    "seals lost": Mangling(_reasoning(_unsealed)),
    "seals tampered with": Mangling(_reasoning(_broken_seal)),
    "seals of others": Mangling(_reasoning(_openais)),
    "seals of other turns": Mangling(seals_swapped),
    "seals tampered with and summaries emptied": Mangling(_reasoning(_broken_and_lost), own=False),
    "reasoning lost": Mangling(without_reasoning, own=False),
    "ids of items lost and calls renumbered": Mangling(in_turn(without_item_ids, calls_renumbered)),
    "everything in other words": Mangling(
        in_turn(arguments_written_again, outputs_in_parts, outputs_reordered)
    ),
}


# -- on the way --------------------------------------------------------------------------------------------


class _Transport(httpx2.HTTPTransport):
    def __init__(self, field: str, edit: Edit) -> None:
        super().__init__()
        self._field = field
        self._edit = edit

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body: Json = json.loads(request.content)
        body[self._field] = self._edit(body[self._field])
        kept = [(name, value) for name, value in request.headers.items() if name != "content-length"]
        mangled = httpx2.Request(
            request.method, request.url, headers=kept, json=body, extensions=request.extensions
        )
        return super().handle_request(mangled)


def http(field: str, edit: Edit) -> httpx2.Client:
    """An HTTP client that does so to this field of whatever its owner sends."""
    return httpx2.Client(transport=_Transport(field, edit))
