"""The streaming output specification as a strict reader: bytes in, the rules that they break out.

Every finding begins with the rule's number (verification.md 3): P0 breaks a client or loses data, P1 is
expected of a good server, P2 is a convention. Rules without a number there have a word: `P1.kind` is one
kind of increment per frame. P1.13 and P1.16 are not tested by the specification either, and P0.17 is
`check_refusal`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

__all__ = ["check_refusal", "check_stream", "text_of"]

Json = dict[str, Any]

FINISHES: Final = {"stop", "length", "tool_calls", "content_filter"}
EXTENDED: Final = {
    "unexpected_state",
    "malformed_byte_sequence",
    "engine_overloaded",
    "server_interrupted",
    "repeat",
    "unknown",
}
SAME: Final = ("id", "object", "created", "model")
COUNTS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")
DETAILS: Final = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("prompt_tokens_details", "cached_tokens"),
)
HEADERS: Final = {"prompt": "x-msh-usage-prompt-tokens", "cached": "x-msh-usage-cached-tokens"}
RESPONSE_ID: Final = re.compile(r"chatcmpl-[0-9a-f]{24}")
# What the specification excuses by name.
NO_BOUNDARY: Final = {"kimi-k2.5"}
NO_DETAILS: Final = {"kimi-k2.5"}
NO_SUMMARY_DETAILS: Final = {"kimi-k2.5", "kimi-k3", "k3"}
NEVER_THINK: Final = re.compile(r"moonshot-v1")


def is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def whole(value: Any) -> bool:
    """Whether it is an integer and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True)
class Asked:
    """What of the request matters for its stream."""

    model: str
    summary: bool
    thinking: bool
    internal: bool
    logprobs: bool
    top: int
    stops: tuple[str, ...]

    @classmethod
    def of(cls, body: Json) -> "Asked":
        options: Json = body.get("stream_options") or {}
        thinking: Json = body.get("thinking") or {}
        stop: Any = body.get("stop") or []
        model = body.get("model", "")
        off = thinking.get("type") == "disabled" or body.get("reasoning_effort") == "none"
        return cls(
            model=model,
            summary=options.get("include_usage") is True,
            thinking=not off and NEVER_THINK.match(model) is None,
            internal=options.get("include_internal_content") is True,
            logprobs=bool(body.get("logprobs")),
            top=body.get("top_logprobs") or 0,
            stops=(stop,) if isinstance(stop, str) else tuple(stop),
        )


def check_refusal(status: int, headers: Mapping[str, str], raw: bytes) -> list[str]:
    """P0.17: what an error before the stream has to be."""
    found: list[str] = []
    if status == 200:
        found.append("P0.17 the status is 200")
    if "text/event-stream" in headers.get("content-type", ""):
        found.append("P0.17 the type is SSE")
    try:
        error = json.loads(raw)["error"]
        texts = [error["message"], error["type"]]
    except (ValueError, KeyError, TypeError):
        return [*found, "P0.17 there is no error object with message and type"]
    if not all(isinstance(text, str) and text for text in texts):
        found.append("P0.17 message and type are not texts with something in them")
    return found


def check_stream(raw: bytes, headers: Mapping[str, str], asked: Json, status: int = 200) -> list[str]:
    """Every rule that this stream breaks, in the order of the stream and then of the rules."""
    want = Asked.of(asked)
    lower = {name.lower(): value for name, value in headers.items()}
    found: list[str] = []
    if status != 200 or not lower.get("content-type", "").startswith("text/event-stream"):
        found.append(f"P0.6 {status} {lower.get('content-type')!r} is no stream")
    frames = list(_frames(raw, found))
    found += _same(frames)
    good: list[tuple[int, Json, Json]] = []
    for number, frame in enumerate(frames):
        found += _top_level(number, frame)
        found += _letters(number, frame)
        found += _usage_places(number, frame)
        choices = frame.get("choices")
        if is_list(choices) and choices:
            wrong = _choice_shape(number, choices)
            found += wrong
            if is_object(choices[0]) and is_object(choices[0].get("delta")):
                good.append((number, frame, choices[0]))
    for index in sorted({str(choice.get("index")) for _, _, choice in good}):
        of_this = [(number, choice) for number, _, choice in good if str(choice.get("index")) == index]
        found += _Candidate(index, want).check(of_this)
    found += _summary(frames, want) + _header_usage(lower, frames)
    if not good:
        found.append("P0.15 there is no candidate")
    return found


def _frames(raw: bytes, found: list[str]) -> Iterator[Json]:
    """The frames; whatever is no frame is a finding."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        found.append("P0.11 the stream is not UTF-8")
        text = raw.decode(errors="replace")
    done = False
    # `splitlines` would break at U+2028 and others that may stand in a JSON text as they are.
    for line in re.split(r"\r\n|\n|\r", text):
        if not line:
            continue
        if done:
            found.append(f"P1.2 something comes after [DONE]: {line[:60]}")
        if not line.startswith("data: "):
            found.append(f"P0.6 the line does not start with 'data: ': {line[:60]!r}")
            continue
        data = line.removeprefix("data: ")
        if data == "[DONE]":
            done = True
            continue
        try:
            frame = json.loads(data)
        except ValueError:
            found.append(f"P0.6 neither JSON nor [DONE]: {data[:60]!r}")
            continue
        if is_object(frame):
            yield frame
        else:
            found.append(f"P0.6 no JSON object: {data[:60]!r}")
    if not done:
        found.append("P1.2 [DONE] does not end the stream")


def _top_level(number: int, frame: Json) -> Iterator[str]:
    if not (isinstance(frame.get("id"), str) and frame["id"]):
        yield f"P0.7 frame {number} has no id"
    elif not RESPONSE_ID.fullmatch(frame["id"]):
        yield f"P2.1 frame {number}: {frame['id']}"
    if frame.get("object") != "chat.completion.chunk":
        yield f"P0.7 frame {number}: object is {frame.get('object')!r}"
    if not whole(frame.get("created")):
        yield f"P0.7 frame {number}: created is {frame.get('created')!r}"
        yield f"P1.4 frame {number}: created is {frame.get('created')!r}"
    if not (isinstance(frame.get("model"), str) and frame["model"]):
        yield f"P0.7 frame {number} has no model"


def _same(frames: list[Json]) -> list[str]:
    """P1.3, and P1.14 for the summary frame."""
    found: list[str] = []
    for number, frame in enumerate(frames[1:], 1):
        rule = "P1.14" if frame.get("choices") == [] else "P1.3"
        found += [
            f"{rule} frame {number}: {name} changes"
            for name in SAME
            if frame.get(name) != frames[0].get(name)
        ]
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for inner in value.values():
            yield from _strings(inner)
    elif is_list(value):
        for inner in value:
            yield from _strings(inner)


def _letters(number: int, frame: Json) -> Iterator[str]:
    for text in _strings(frame):
        if "\ufffd" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            yield f"P0.11 frame {number}: half a character in {text!r}"


def _choice_shape(number: int, choices: list[Any]) -> list[str]:
    found: list[str] = []
    if len(choices) != 1:
        found.append(f"P0.8 frame {number} has {len(choices)} choices")
    for choice in choices:
        if not is_object(choice):
            found.append(f"P0.8 frame {number}: a choice is no object")
            continue
        if not (whole(choice.get("index")) and choice["index"] >= 0):
            found.append(f"P0.8 frame {number}: index is {choice.get('index')!r}")
        if not is_object(choice.get("delta")):
            found.append(f"P0.8 frame {number}: delta is no object")
        if "finish_reason" not in choice:
            found.append(f"P0.8 frame {number} has no key finish_reason")
        elif not isinstance(choice["finish_reason"], str | None):
            found.append(f"P0.8 frame {number}: finish_reason is {choice['finish_reason']!r}")
    return found


def _choices(frame: Json) -> list[Json]:
    given = frame.get("choices")
    return [choice for choice in given if is_object(choice)] if is_list(given) else []


def _usage_places(number: int, frame: Json) -> Iterator[str]:
    """P1.15: usage stands in an end frame's choice and in the summary frame, and nowhere else."""
    choices = _choices(frame)
    if choices and frame.get("usage") is not None:
        yield f"P1.15 frame {number}: usage beside choices"
    for choice in choices:
        if choice.get("finish_reason") is None and choice.get("usage"):
            yield f"P1.15 frame {number}: usage in a choice that goes on"


def _usage(where: str, usage: Any, details: bool) -> Iterator[str]:
    """P0.2."""
    if not is_object(usage):
        yield f"P0.2 {where}: usage is {usage!r}"
        return
    for name in COUNTS:
        if not whole(usage.get(name)):
            yield f"P0.2 {where}: {name} is {usage.get(name)!r}"
    for outer, inner in DETAILS if details else ():
        found = usage.get(outer)
        if not (is_object(found) and whole(found.get(inner))):
            yield f"P0.2 {where}: {outer}.{inner} is not there as an integer"


def _summary(frames: list[Json], want: Asked) -> list[str]:
    """P0.1 and P2.3."""
    places = [number for number, frame in enumerate(frames) if frame.get("choices") == []]
    if not want.summary:
        return [f"P2.3 frame {place} is a summary that nobody asked for" for place in places]
    if len(places) != 1:
        return [f"P0.1 there are {len(places)} summary frames"]
    last = max(
        (
            number
            for number, frame in enumerate(frames)
            for choice in _choices(frame)
            if choice.get("finish_reason")
        ),
        default=-1,
    )
    found = [] if places[0] > last >= 0 else ["P0.1 the summary frame comes before the end"]
    return found + list(
        _usage("the summary frame", frames[places[0]].get("usage"), want.model not in NO_SUMMARY_DETAILS)
    )


def _header_usage(headers: Mapping[str, str], frames: list[Json]) -> list[str]:
    """P0.18."""
    found: list[str] = []
    final: Any = None
    for frame in frames:
        for choice in _choices(frame):
            final = choice.get("usage") or final
        final = frame.get("usage") or final
    if not is_object(final):
        final = {}
    details: Any = final.get("prompt_tokens_details")
    counted = {
        "prompt": final.get("prompt_tokens"),
        "cached": details.get("cached_tokens") if is_object(details) else final.get("cached_tokens"),
    }
    for which, name in HEADERS.items():
        value = headers.get(name, "")
        if not re.fullmatch(r"[0-9]+", value):
            found.append(f"P0.18 {name} is {value!r}")
        elif int(value) != counted[which]:
            found.append(f"P0.18 {name} is {value}, the usage says {counted[which]}")
    return found


class _Candidate:
    """One candidate's frames, from its first to its end."""

    def __init__(self, index: str, want: Asked) -> None:
        self.want = want
        self.index = index
        self.found: list[str] = []
        self.thought = self.thinks = self.boundary = self.answered = False
        self.content = ""
        self.finishes: list[str] = []
        self.tools: dict[int, str] = {}
        self.last_tool = -1

    def say(self, rule: str, number: int, text: str) -> None:
        self.found.append(f"{rule} frame {number}: {text}")

    def check(self, frames: list[tuple[int, Json]]) -> list[str]:
        for place, (number, choice) in enumerate(frames):
            delta: Json = choice["delta"]
            self._role(number, place == 0, delta, choice)
            self._kinds(number, delta, choice)
            self._reasoning(number, delta)
            self._content(number, delta)
            self._calls(number, delta)
            self._logprobs(number, place == 0, delta, choice)
            self._internal(number, place == 0, delta)
            self._finish(number, delta, choice)
        self._ending(frames[-1][0])
        return self.found

    def _role(self, number: int, first: bool, delta: Json, choice: Json) -> None:
        if first:
            if delta.get("role") != "assistant":
                self.say("P0.9", number, "the first frame has no role assistant")
            if choice.get("finish_reason") is not None:
                self.say("P0.9", number, "the first frame has a finish_reason")
            if "content" not in delta or delta["content"] not in {"", None}:
                self.say("P1.5", number, "the first frame has no empty content")
        elif "role" in delta:
            self.say("P1.6", number, "role comes again")

    def _kinds(self, number: int, delta: Json, choice: Json) -> None:
        kinds = [kind for kind in ("content", "reasoning_content", "tool_calls") if delta.get(kind)]
        if len(kinds) > 1:
            self.say("P1.kind", number, f"{' and '.join(kinds)} in one frame")
        if choice.get("finish_reason") and delta.get("content"):
            self.say("P1.12", number, "content and finish_reason in one frame")

    def _reasoning(self, number: int, delta: Json) -> None:
        if "reasoning_content" not in delta:
            return
        piece = delta["reasoning_content"]
        if not isinstance(piece, str):
            self.say("P0.12", number, f"reasoning_content is {piece!r}")
            return
        self.thinks = True
        if self.boundary and self.want.model not in NO_BOUNDARY:
            self.say("P1.7", number, "reasoning after its end")
        if piece:
            self.thought = True
        elif self.thought and self.want.model not in NO_BOUNDARY:
            self.boundary = True
            if self.answered:
                self.say("P1.7", number, "the end of thinking comes after content")

    def _content(self, number: int, delta: Json) -> None:
        piece = delta.get("content")
        if piece is None:
            # The first frame's may be null (P1.5).
            if "content" in delta and "role" not in delta:
                self.say("P0.10", number, "content is null")
            return
        if not isinstance(piece, str):
            self.say("P0.10", number, f"content is {piece!r}")
            return
        self.content += piece
        self._answers(number, bool(piece))

    def _answers(self, number: int, something: bool) -> None:
        if something and not self.answered:
            self.answered = True
            if self.thought and not self.boundary and self.want.model not in NO_BOUNDARY:
                self.say("P1.7", number, "nothing marks the end of thinking")

    def _calls(self, number: int, delta: Json) -> None:
        pieces = delta.get("tool_calls")
        if pieces is None:
            return
        if not is_list(pieces) or not pieces:
            self.say("P0.13", number, f"tool_calls is {pieces!r}")
            return
        self._answers(number, True)
        for piece in pieces:
            if not is_object(piece) or not whole(piece.get("index")):
                self.say("P0.13", number, "a call has no index")
                continue
            function: Any = piece.get("function")
            function = function if is_object(function) else {}
            if not isinstance(function.get("arguments"), str):
                self.say("P1.8", number, "a call has no function.arguments")
            index: int = piece["index"]
            if index in self.tools:
                self._later(number, index, piece, function)
            else:
                self._first(number, index, piece, function)
            self.last_tool = index
            self.tools[index] = self.tools.get(index, "") + str(function.get("arguments") or "")

    def _first(self, number: int, index: int, piece: Json, function: Json) -> None:
        name, given = function.get("name"), piece.get("id")
        if index != len(self.tools):
            self.say("P0.14", number, f"call {index} comes as number {len(self.tools)}")
        if not (isinstance(given, str) and given):
            self.say("P0.13", number, "the first chunk of a call has no id")
        elif given != f"{name}_{index}":
            self.say("P2.2", number, f"the id of call {index} of {name!r} is {given!r}")
        if piece.get("type") != "function":
            self.say("P0.13", number, f"the type of a call is {piece.get('type')!r}")
        if not (isinstance(name, str) and name):
            self.say("P0.13", number, "the first chunk of a call has no name")
        if function.get("arguments") != "":
            self.say("P0.13", number, f"the first chunk's arguments are {function.get('arguments')!r}")

    def _later(self, number: int, index: int, piece: Json, function: Json) -> None:
        extra = sorted({*piece} - {"index", "function"}) + sorted({*function} - {"arguments"})
        if extra:
            self.say("P0.3", number, f"a later chunk of a call has {', '.join(extra)}")
        if index != self.last_tool:
            self.say("P1.9", number, f"call {index} comes back")

    def _logprobs(self, number: int, first: bool, delta: Json, choice: Json) -> None:
        given = choice.get("logprobs")
        if given is None:
            if self.want.logprobs and delta.get("content"):
                self.say("P1.17", number, "content without logprobs")
            return
        if not self.want.logprobs:
            self.say("P1.17", number, "logprobs that nobody asked for")
        if first:
            self.say("P1.17", number, "logprobs on the first frame")
        content = given.get("content") if is_object(given) else None
        if not is_list(content):
            self.say("P1.17", number, "logprobs without a list")
            return
        for token in content:
            top = token.get("top_logprobs") if is_object(token) else None
            alternatives: list[Any] = top if is_list(top) else []
            if not is_list(top) or len(alternatives) != self.want.top:
                self.say("P1.17", number, f"top_logprobs is not of length {self.want.top}")
            for one in [token, *alternatives]:
                self._token(number, one)

    def _token(self, number: int, token: Any) -> None:
        value: Json = token if is_object(token) else {}
        text, chance, spelt = value.get("token"), value.get("logprob"), value.get("bytes", "")
        if not isinstance(text, str):
            self.say("P1.17", number, f"token is {text!r}")
            return
        if "logprob" not in value or isinstance(chance, bool) or not isinstance(chance, int | float | None):
            self.say("P1.17", number, f"logprob is {chance!r}")
        if spelt is not None and spelt != list(text.encode(errors="replace")):
            self.say("P1.17", number, f"bytes of {text!r} are {spelt!r}")

    def _internal(self, number: int, first: bool, delta: Json) -> None:
        given = delta.get("internal_content")
        if not self.want.internal:
            if given is not None:
                self.say("P0.5", number, "internal content that nobody asked for")
            return
        if first or not any(delta.get(kind) for kind in ("content", "reasoning_content", "tool_calls")):
            return
        ids = given.get("token_ids") if is_object(given) else None
        if not is_list(ids) or not ids or not all(whole(one) and one >= 0 for one in ids):
            self.say("P0.5", number, f"token_ids is {ids!r}")

    def _finish(self, number: int, delta: Json, choice: Json) -> None:
        reason = choice.get("finish_reason")
        if reason is None:
            if self.finishes:
                self.say("P1.11", number, "the candidate goes on after its end")
            return
        self.finishes.append(str(reason))
        if len(self.finishes) > 1:
            self.say("P1.11", number, "a second finish_reason")
        if reason not in FINISHES | EXTENDED:
            self.say("P0.15", number, f"finish_reason is {reason!r}")
        if delta != {}:
            self.say("P1.10", number, f"the end frame's delta is {json.dumps(delta)[:80]}")
        if not choice.get("usage"):
            self.say("P0.4", number, "the end frame's choice has no usage")
        else:
            self.found += _usage(
                f"frame {number}, the end", choice["usage"], self.want.model not in NO_DETAILS
            )

    def _ending(self, number: int) -> None:
        if not self.finishes:
            self.say("P0.15", number, f"candidate {self.index} has no finish_reason")
        finish = self.finishes[0] if self.finishes else ""
        if self.want.thinking and not self.thinks:
            self.say("P0.12", number, "no reasoning_content at all while thinking is on")
        if self.tools and finish not in {"tool_calls", "length"}:
            self.say("P0.14", number, f"calls, and finish_reason {finish!r}")
        if finish == "tool_calls" and not self.tools:
            self.say("P0.14", number, "finish_reason tool_calls without calls")
        for index, arguments in self.tools.items():
            # What a cap cuts off cannot be whole.
            if finish != "length" and not _is_json(arguments):
                self.say("P0.14", number, f"the arguments of call {index} are no JSON: {arguments[:80]!r}")
        for stop in self.want.stops:
            if stop in self.content:
                self.say("P1.1", number, f"the stop sequence {stop!r} is in the text")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def text_of(raw: bytes) -> str:
    """The content of the first candidate."""
    texts: list[str] = []
    for frame in _frames(raw, []):
        for choice in _choices(frame):
            if choice.get("index") == 0:
                delta: Json = choice.get("delta") or {}
                texts.append(delta.get("content") or "")
    return "".join(texts)
