"""Whether an answer is what the faults that its request met leave to expect."""

from collections.abc import Sequence
from typing import Final

from tests.gateway.load.asking import MARK, Question, Reading, read
from tests.gateway.load.caller import Heard
from tests.gateway.load.schedule import Row

__all__ = ["AGAIN", "judge", "uncounted"]

AGAIN: Final = ("request-retried", "answer-escalated", "refusal-repaired")
"""The notes of one more request to the upstream."""

TYPED: Final = frozenset(
    {
        ("invalid_request_error", "context_length_exceeded", 400),
        ("invalid_request_error", "content_filter", 400),
        ("invalid_request_error", None, 400),
        ("authentication_error", "invalid_api_key", 401),
        ("permission_error", "client_not_allowed", 403),
        ("incomplete_answer", "thoughts_only", 422),
        ("insufficient_quota", "insufficient_quota", 429),
        ("rate_limit_error", "rate_limit_exceeded", 429),
        ("overloaded_error", "overloaded", 503),
        ("server_error", "upstream_unreachable", 502),
        ("server_error", "upstream_unreadable", 502),
        *(("server_error", "upstream_failed", status) for status in (408, 409, 500, 502, 503, 504, 529)),
    }
)
"""All errors that there may be as a status."""

WITHIN: Final = frozenset(
    {
        ("upstream_error", "stream_broken"),
        ("upstream_error", "stream_cut"),
        ("upstream_error", "idle_timeout"),
        ("engine_overloaded_error", None),
        ("rate_limit_reached_error", None),
        ("server_error", None),
    }
)
"""And those within a stream."""


def judge(asked: Question, heard: Heard, faults: Sequence[Row | None]) -> tuple[str, str]:
    """What came of it in a word, and what is wrong with it, if anything is. `faults`: those of each try."""
    if not heard.whole:
        return "lost", "the answer has no end"
    foreign = set(MARK.findall(heard.body.decode())) - {asked.mark}
    if foreign:
        return "foreign", f"the answer has the words of {foreign}"
    found = read(heard)
    if heard.status != 200:
        return _refused(asked, heard, found, faults)
    if heard.headers["content-type"].startswith("text/event-stream") is not asked.stream:
        return "wrong", "streamed and not as it was asked for"
    if found.error is not None:
        return _broke(asked, found, faults)
    return _answered(asked, found, faults)


def _last(faults: Sequence[Row | None]) -> str:
    last = faults[-1] if faults else None
    return "right" if last is None else last.want


def _refused(asked: Question, heard: Heard, found: Reading, faults: Sequence[Row | None]) -> tuple[str, str]:
    error = found.error
    if error is None:
        return "wrong", f"a status of {heard.status} without an error"
    kind = (error["type"], error["code"], heard.status)
    name = f"error {kind[2]} {kind[1] or kind[0]}"
    if kind not in TYPED or not error["message"]:
        return name, f"an error that nobody knows: {error}"
    want = _last(faults)
    if kind[1] == "thoughts_only":
        return name, "" if asked.kind == "short" or want == "filtered" else "the cap was large enough"
    if want == "final":
        return name, "" if len([row for row in faults if row and row.want == "final"]) == 1 else "asked again"
    if want in ("right", "filtered", "doubled"):
        return name, f"a refusal, though the last try was well: {error}"
    # Also what broke off before its first word is as if nothing had come.
    return name, "" if len(faults) > 2 else f"given up too early: {error}"


def _broke(asked: Question, found: Reading, faults: Sequence[Row | None]) -> tuple[str, str]:
    error = found.error
    assert error is not None
    kind = (error["type"], error["code"])
    name = f"broke off: {kind[1] or kind[0]}"
    if kind not in WITHIN or not error["message"]:
        return name, f"an error that nobody knows: {error}"
    if not asked.stream:
        return name, "an error with the status 200"
    if _last(faults) != "broken":
        return name, f"it broke off without a reason: {error}"
    if not asked.text.startswith(found.text) or found.finish:
        return name, f"what came is not the beginning: {found}"
    if found.calls and not (asked.calls and found.calls[0][0] == "get_weather"):
        return name, f"a call that nobody asked for: {found.calls}"
    return name, ""


def _answered(asked: Question, found: Reading, faults: Sequence[Row | None]) -> tuple[str, str]:
    want = _last(faults)
    if found.ends != 1 or (asked.stream and found.done != 1):
        return "wrong", f"{found.ends} reasons, {found.done} times [DONE]"
    if found.finish == "content_filter":
        right = want == "filtered" and (asked.text.startswith(found.text) or _is_markup(asked, found.text))
        return "filtered", "" if right else f"filtered without a reason: {found}"
    if found.finish == "length" and asked.kind == "short":
        return "length", "" if asked.text.startswith(found.text) else f"not the beginning: {found}"
    if want == "doubled" and found.text != asked.text:
        right = _once_more(found.text, asked.text) or _is_markup(asked, found.text)
        return "doubled", "" if right else f"not one piece doubled: {found}"
    if (found.text, found.calls) != (asked.text, asked.calls):
        return "wrong", f"not the answer: {found}"
    if found.finish != ("tool_calls" if asked.calls else "stop"):
        return "wrong", f"not the reason: {found.finish}"
    if want in ("right", "doubled", "filtered"):
        return "right", ""
    codes = {note["code"] for note in found.notes}
    whole = want == "broken" and asked.calls and "finish-synthesised" in codes
    return "right, the end made up" if whole else "wrong", "" if whole else f"right in spite of {faults[-1]}"


def _is_markup(asked: Question, text: str) -> bool:
    """Whether it is the beginning of a call in markup: cut off, or said twice, it is none."""
    return asked.kind == "call" and asked.model.startswith("raw-") and text.startswith("<|")


def _once_more(text: str, wanted: str) -> bool:
    """Whether it is the wanted text with one piece of it written twice."""
    size = len(text) - len(wanted)
    return size > 0 and any(
        text[:place] + text[place + size :] == wanted
        and text[place : place + size] == text[place + size : place + 2 * size]
        for place in range(len(wanted))
    )


def uncounted(found: Reading, faults: Sequence[Row | None]) -> str:
    """What is wrong with the notes: each request that the upstream saw beyond the first has one.

    But for those that met a server which hung up before the first byte: on a connection that was kept, that
    says nothing of the request, which goes out once more on a new one.
    """
    told = sum(note["code"] in AGAIN for note in found.notes)
    hung_up = sum(row is not None and row.kind == "reset-before" for row in faults)
    extra = len(faults) - 1
    return "" if told <= extra <= told + hung_up else f"{extra} requests more, and notes of {told}"
