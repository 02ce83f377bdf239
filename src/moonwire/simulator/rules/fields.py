"""Rules of the top-level fields: thinking, sampling, caps, answer form."""

from typing import Any, Final, TypeGuard

from moonwire.simulator.rules.account import is_coding_alias
from moonwire.simulator.rules.ask import CAPS, Ask, a_list, an_object, is_object
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.rules.rule import invalid, rule

__all__ = ["RULES"]

FALSE_SAID: Final = ("disabled", "enabled")


# -- thinking ------------------------------------------------------------------------------------


@rule(
    "thinking-shape", "own fireworks", "kimi-api.md A1, A7; openclaw#52419, models.dev#3777", recorded=False
)
def thinking_shape(ask: Ask) -> str | None:
    """`thinking` that is no object, or without a type that is `enabled` or `disabled`."""
    if "thinking" not in ask.body or ask.body["thinking"] is None:
        return None
    if not is_object(ask.body["thinking"]):
        return "invalid thinking: must be an object"
    kind = ask.thinking_field.get("type")
    # Effort alone is how K3's efforts are sent on the coding endpoint (kimi-api.md A2).
    if kind in FALSE_SAID or (kind is None and "effort" in ask.thinking_field):
        return None
    return "invalid thinking: type must be one of enabled, disabled"


@rule("thinking-fields", "own", "kimi-api.md A1", only_strictest=True, recorded=False)
def thinking_fields(ask: Ask) -> str | None:
    """Fields inside `thinking` that the document does not allow."""
    known = {"type", "keep", "effort"} if ask.target.efforts else {"type", "keep"}
    unknown = sorted(set(ask.thinking_field) - known)
    return f"invalid thinking: unknown field {unknown[0]}" if unknown else None


@rule("thinking-always", "moonshot", "kimi-api.md A4; kimi-code#797, Kimi-K2#141")
def thinking_always(ask: Ask) -> str | None:
    """`disabled` to a model that always thinks; K3 takes it, whatever its document says."""
    target = ask.target
    if target.thinks != "always" or target.family == "k3":
        return None
    off = ask.thinking_field.get("type") == "disabled"
    return "invalid thinking: only type=enabled is allowed for this model" if off else None


@rule("keep", "own", "kimi-api.md A5; vercel/ai#18449")
def keep(ask: Ask) -> str | None:
    """`thinking.keep` to a model that does not keep reasoning."""
    target = ask.target
    # What Chat Completions calls so is no field of the other surfaces: nobody saw it refused there.
    if target.keep != "never" or target.thinks == "never" or target.dialect != "chat":
        return None
    if ask.thinking_field.get("keep") is None:
        return None
    return f"thinking.keep is not supported by model {target.model}"


@rule("keep-value", "own", "verification.md 1.4", recorded=False)
def keep_value(ask: Ask) -> str | None:
    """`thinking.keep` that is neither `all` nor null."""
    value = ask.thinking_field.get("keep")
    return None if value in ("all", None) else "invalid thinking.keep: only all is allowed"


@rule(
    "effort-launch",
    "own",
    "kimi-api.md A2; lobehub#17272",
    until="2026-08",
    strictest="max-only effort at launch",
    verifier=False,
    recorded=False,
)
def effort_launch(ask: Ask) -> str | None:
    """Any effort but `max`, at the launch of K3."""
    said = _effort_said(ask)
    if not ask.target.efforts or said in ("", "max"):
        return None
    return "invalid reasoning_effort: only max is allowed for this model"


@rule("effort", "own", "raw-text.md 2.2; models.dev#4721", recorded=False, verifier=False)
def effort(ask: Ask) -> str | None:
    """Effort `medium` to K3; `strictest`: any that its catalogue does not list."""
    said = _effort_said(ask)
    if not ask.target.efforts or not said or said in ask.target.efforts:
        return None
    if said == "medium" or ask.edition.kind == "strictest":
        known = ", ".join(ask.target.efforts)
        return f"invalid reasoning_effort: must be one of {known}, got {said}"
    return None


def _effort_said(ask: Ask) -> str:
    said = ask.thinking_field.get("effort") or ask.body.get("reasoning_effort")
    return said if isinstance(said, str) else ""


@rule("effort-while-off", "own", "kimi-api.md F; openclaw#47261", recorded=False)
def effort_while_off(ask: Ask) -> str | None:
    """An effort beside thinking that is turned off, on K2.5 and K2.6."""
    if ask.target.efforts or ask.target.thinks != "switch" or ask.thinking:
        return None
    if not ask.body.get("reasoning_effort"):
        return None
    return "invalid reasoning_effort: thinking is disabled"


@rule("reasoning-off", "openrouter", "kimi-api.md A3; big-AGI#1161", recorded=False)
def reasoning_off(ask: Ask) -> str | None:
    """`reasoning.enabled: false` to K3 behind OpenRouter."""
    off = an_object(ask.body.get("reasoning")).get("enabled") is False
    if ask.target.family == "k3" and off:
        return invalid("reasoning is mandatory for this model and cannot be disabled")
    return None


# -- sampling ------------------------------------------------------------------------------------

NONE_SET: Final = ("n", "presence_penalty", "frequency_penalty")


def _pinned(ask: Ask, field: str) -> float:
    if field == "temperature":
        target = ask.target
        # The coding endpoint said `only 0.6` in April 2026, whatever it was that served its model then.
        if ask.edition.kind == "month" and ask.edition.month < "2026-05" and is_coding_alias(ask):
            return 0.6
        return 1 if ask.thinking or target.family == "k3" else 0.6
    return {"top_p": 0.95, "n": 1}.get(field, 0)


@rule("sampling", "moonshot", "kimi-api.md E; verification.md 1.1")
def sampling(ask: Ask) -> str | None:
    """A sampling field of another value than the one that the model is held at."""
    for field in ask.target.fixed:
        value = ask.body.get(field)
        if value is None:
            continue
        pinned = _pinned(ask, field)
        if ask.edition.kind == "verifier" and field == "temperature":
            # Its newer suite takes 0 to 1, which the live service does not (kimi-api.md E).
            if _is_number(value) and 0 <= value <= 1:
                continue
        elif _is_number(value) and value == pinned:
            continue
        return f"invalid {field}: only {pinned:g} is allowed for this model"
    return None


@rule("sampling-flapping", "coding", "kimi-api.md E; Kimi-K2#124", only_strictest=True)
def sampling_flapping(ask: Ask) -> str | None:
    """Any temperature: at times only 0.6 was taken, at others only 1, so that only leaving it out is safe."""
    if ask.body.get("temperature") is None or "temperature" not in ask.target.fixed:
        return None
    return f"invalid temperature: only {0.6 if ask.body['temperature'] == 1 else 1} is allowed for this model"


@rule("sampling-range", "moonshot nvidia", "kimi-api.md 1.2, E; modelparams.dev#355", recorded=False)
def sampling_range(ask: Ask) -> str | None:
    """A free sampling field out of its range: on moonshot-v1 and K2, and the temperature on NVIDIA's K3."""
    for field, (low, high) in ask.target.ranges.items():
        value = ask.body.get(field)
        if value is not None and not (_is_number(value) and low <= value <= high):
            return f"invalid {field}: must be between {low:g} and {high:g}"
    temperature: Any = ask.body.get("temperature")
    if (
        "n" in ask.target.ranges
        and _is_number(temperature)
        and temperature < 0.01
        and ask.body.get("n", 1) != 1
    ):
        return "invalid n: only 1 is allowed when temperature is close to 0"
    return None


@rule("sampling-immutable", "nvidia", "kimi-api.md E; modelparams.dev#355")
def sampling_immutable(ask: Ask) -> str | None:
    """NVIDIA's words for another top_p."""
    value = ask.body.get("top_p")
    if ask.target.family != "k3" or value is None or value == 0.95:
        return None
    got = f"{value:g}" if _is_number(value) else str(value)
    return f"top_p is immutable for this model and must be 0.95, got {got}"


@rule("stop", "own", "kimi-api.md E", recorded=False)
def stop(ask: Ask) -> str | None:
    """More than five stop strings, or one of more than 32 bytes."""
    value = ask.body.get("stop")
    given = [value] if isinstance(value, str) else a_list(value)
    most, longest = ask.target.stop_max, ask.target.stop_bytes
    if most and len(given) > most:
        return f"invalid stop: at most {most} strings are allowed"
    if longest and any(len(str(text).encode("utf-8", "surrogatepass")) > longest for text in given):
        return f"invalid stop: each string may have at most {longest} bytes"
    return None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- the rest ------------------------------------------------------------------------------------


@rule("cap", "any", "kimi-api.md D1", recorded=False)
def cap(ask: Ask) -> str | None:
    """An output cap that is no positive whole number."""
    for field in CAPS:
        value = ask.body.get(field)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            return f"invalid {field}: must be a positive integer"
    return None


@rule("store", "own", "kimi-api.md D1, E; oh-my-pi#2289", only_strictest=True, recorded=False)
def store(ask: Ask) -> str | None:
    """`store`, which a report suspects."""
    return "Extra inputs are not permitted, field: 'store'" if "store" in ask.body else None


@rule("refused-field", "groq", "kimi-api.md P; console.groq.com/docs/openai", recorded=False)
def refused_field(ask: Ask) -> str | None:
    """A top-level field that the endpoint says it does not take."""
    found = next((name for name in ask.target.refused_fields if ask.body.get(name) is not None), "")
    return f"property '{found}' is unsupported" if found else None


@rule("response-format", "moonshot", "kimi-api.md G7; verification.md 1.4", recorded=False)
def response_format(ask: Ask) -> str | None:
    """An answer form of an unknown type, or a json_schema without name or schema."""
    value = ask.body.get("response_format")
    if value is None:
        return None
    kind = an_object(value).get("type")
    if kind not in ("text", "json_object", "json_schema"):
        return invalid(f"response_format.type {kind!r} is not supported")
    if kind != "json_schema":
        return None
    said = an_object(value).get("json_schema")
    if not is_object(said):
        return invalid("response_format.json_schema is required")
    name, strict = said.get("name"), said.get("strict")
    if not isinstance(name, str) or not name:
        return invalid("response_format.json_schema.name is required")
    if not is_object(said.get("schema")):
        return invalid("response_format.json_schema.schema must be an object")
    if strict is not None and not isinstance(strict, bool):
        return invalid("response_format.json_schema.strict must be a boolean")
    return None


@rule("partial-with-format", "own", "kimi-api.md H5; vercel/ai#19545", only_strictest=True, recorded=False)
def partial_with_format(ask: Ask) -> str | None:
    """A begun answer together with a JSON answer form."""
    begun = bool(ask.messages) and ask.messages[-1].get("partial") is True
    kind = an_object(ask.body.get("response_format")).get("type")
    if begun and kind in ("json_object", "json_schema"):
        return invalid("partial mode is not supported with response_format")
    return None


@rule("stream-options", "any", "kimi-api.md I1", recorded=False)
def stream_options(ask: Ask) -> str | None:
    """`stream` or `stream_options.include_usage` that is no boolean."""
    flags = (ask.body.get("stream"), an_object(ask.body.get("stream_options")).get("include_usage"))
    if any(flag is not None and not isinstance(flag, bool) for flag in flags):
        return invalid("stream and stream_options.include_usage must be booleans")
    return None


@rule("previous-response", "own", "kimi-api.md N; sub2api#6463", recorded=False)
def previous_response(ask: Ask) -> Refused | None:
    """An earlier response named in a chat request: nothing is stored."""
    if ask.target.dialect == "responses" and ask.body.get("previous_response_id"):
        return Refused(invalid("previous_response_id is not supported"))
    return None


RULES: Final = (
    thinking_shape,
    thinking_fields,
    thinking_always,
    keep,
    keep_value,
    effort_launch,
    effort,
    effort_while_off,
    reasoning_off,
    sampling,
    sampling_flapping,
    sampling_range,
    sampling_immutable,
    stop,
    cap,
    store,
    refused_field,
    response_format,
    partial_with_format,
    stream_options,
    previous_response,
)
