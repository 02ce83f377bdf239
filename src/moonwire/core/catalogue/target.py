"""What one model behind one endpoint takes: every quirk that a plan has to know, as a named field.

Each field says what it means and where that is known from; its default is the neutral one, under
which nothing is added, renamed, clamped or stripped. `docs/healing.md` prints this list.
"""

from typing import Annotated, Literal

import msgspec

__all__ = ["Target", "quirk"]


def quirk(meaning: str, source: str) -> msgspec.Meta:
    """What a field of the target stands for, and the section of the Kimi facts that tells."""
    return msgspec.Meta(description=meaning, extra={"source": source})


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """Model × endpoint × thinking. A bare `Target()` is the neutral one.

    >>> Target().ids, Target().fixed, Target().window
    ('', (), 0)
    """

    # -- who --------------------------------------------------------------------------------------
    model: Annotated[str, quirk("the id that the endpoint knows the model by", "kimi-api.md 1.3")] = ""
    name: Annotated[
        str, quirk("the model's canonical id in the catalogue; empty: unknown", "kimi-api.md 1.2")
    ] = ""
    known: Annotated[
        bool,
        quirk(
            "whether the catalogue knows the model and the endpoint: if not, nothing is healed",
            "docs/healing.md",
        ),
    ] = False
    endpoint: Annotated[str, quirk("the endpoint's name in the catalogue", "kimi-api.md 1.1")] = "generic"
    dialect: Annotated[
        Literal["chat", "anthropic", "responses"],
        quirk("the wire that the endpoint speaks", "kimi-api.md 1.1, M, N"),
    ] = "chat"
    family: Annotated[
        Literal["", "v1", "k2", "k3"],
        quirk("whose raw-text grammar and ids the weights know", "raw-text.md 1, 2"),
    ] = ""
    template: Annotated[
        Literal["", "k2", "k2-thinking", "k2.5", "k3"],
        quirk("the prompt template, for counting", "raw-text.md 1.2, 2.2"),
    ] = ""
    replaced_by: Annotated[
        str, quirk("the model that took the place of a retired one", "kimi-api.md 1.2")
    ] = ""

    # -- what it can ------------------------------------------------------------------------------
    tools: Annotated[
        bool | None, quirk("whether tools can be offered", "kimi-api.md O supports_tool_use")
    ] = None
    vision: Annotated[bool | None, quirk("whether it takes images", "kimi-api.md O supports_image_in")] = None
    video: Annotated[bool | None, quirk("whether it takes video", "kimi-api.md O supports_video_in")] = None
    documents: Annotated[bool | None, quirk("whether it takes file and document parts", "kimi-api.md H7")] = (
        None
    )
    dynamic_tools: Annotated[
        bool | None, quirk("whether system messages may bring tools of their own", "kimi-api.md G6")
    ] = None
    builtin_tools: Annotated[
        bool | None, quirk("whether `$web_search` and its like exist", "kimi-api.md G5")
    ] = None
    builtin_thinking: Annotated[
        bool, quirk("whether `$web_search` and thinking go together", "kimi-api.md G5, section 5")
    ] = True
    partial: Annotated[
        Literal["", "partial", "continue", "none"],
        quirk(
            "how an answer's beginning is given: `partial: true`, vLLM's two fields, or not at all",
            "kimi-api.md H5",
        ),
    ] = ""

    # -- thinking ---------------------------------------------------------------------------------
    thinks: Annotated[
        Literal["", "never", "switch", "always"],
        quirk("whether it thinks, and may be told not to", "kimi-api.md 1.2"),
    ] = ""
    thinking: Annotated[
        bool | None,
        quirk(
            "whether it thinks where the request says nothing", "kimi-api.md 1.2 T-def, hermes-agent#14018"
        ),
    ] = None
    thinking_dialect: Annotated[
        Literal[
            "", "thinking", "thinking.effort", "reasoning_effort", "template", "reasoning", "enable_thinking"
        ],
        quirk("the field that says how to think", "kimi-api.md A1, A2, A7"),
    ] = ""
    off: Annotated[
        Literal["", "disabled", "none", "lowest"],
        quirk(
            "how thinking is turned off: the type, effort `none`, or only down to the lowest effort",
            "kimi-api.md A3, A4, A7",
        ),
    ] = ""
    efforts: Annotated[
        tuple[str, ...], quirk("the legal efforts, weakest first", "kimi-api.md A2, O valid_efforts")
    ] = ()
    effort: Annotated[
        str, quirk("what the server takes where a request names none; never sent", "kimi-api.md A2")
    ] = ""
    keep: Annotated[
        Literal["", "thinking", "template", "always", "never"],
        quirk("how preserved thinking is asked for, or that it is always or never on", "kimi-api.md A5, A7"),
    ] = ""

    # -- reasoning in the history -----------------------------------------------------------------
    reasoning_field: Annotated[
        Literal["", "reasoning_content", "reasoning", "refused"],
        quirk("the name of a message's reasoning, or that the field is refused", "kimi-api.md B6"),
    ] = ""
    thoughts_in_text: Annotated[
        bool,
        quirk("whether thoughts come as text up to their end; learned from an answer", "vllm#36207"),
    ] = False
    reasoning_required: Annotated[
        Literal["", "calls", "all"],
        quirk("the assistant turns that need reasoning while thinking is on", "kimi-api.md B1, B2"),
    ] = ""
    filler: Annotated[
        str | None,
        quirk("what stands in for reasoning that nobody knows; none: nothing does", "kimi-api.md B3"),
    ] = None

    empty_reasoning: Annotated[
        Literal["counts", "own", "refused"],
        quirk(
            'whether `""` counts as required reasoning: always, if it was the model\'s own, or never',
            "kimi-api.md B3, llmgateway#2093",
        ),
    ] = "counts"

    # -- tool calls in the history ----------------------------------------------------------------
    ids: Annotated[
        Literal["", "canonical", "native", "opaque"],
        quirk("what tool-call ids the server gets", "kimi-api.md C1-C4"),
    ] = ""
    pairing: Annotated[
        bool, quirk("whether calls and results must stand together, each with the other", "kimi-api.md C5")
    ] = False
    arguments: Annotated[
        Literal["", "object", "text"],
        quirk(
            "whether arguments must be a JSON object in text, or any text will do",
            "kimi-api.md H8, raw-text.md 2.2",
        ),
    ] = ""

    # -- messages ---------------------------------------------------------------------------------
    developer: Annotated[
        Literal["", "system"], quirk("what the role `developer` becomes", "kimi-api.md H3")
    ] = ""
    function: Annotated[Literal["", "tool"], quirk("what the role `function` becomes", "kimi-api.md H3")] = ""
    names: Annotated[Literal["", "strip"], quirk("what becomes of a message's `name`", "kimi-api.md H6")] = ""
    blank_call_content: Annotated[
        Literal["", "omit", "null"], quirk("how a turn of calls says that it has no text", "kimi-api.md H2")
    ] = ""
    blank_assistant: Annotated[
        Literal["", "drop", "space"],
        quirk("what becomes of an assistant turn with nothing in it", "kimi-api.md H1"),
    ] = ""
    blank_parts: Annotated[
        Literal["", "drop"], quirk("what becomes of text parts with nothing in them", "kimi-api.md H2")
    ] = ""
    blank_result: Annotated[
        str, quirk("the text of a tool result that has none; empty: left alone", "kimi-api.md H2, M3")
    ] = ""
    alternating: Annotated[
        bool, quirk("whether roles must alternate and begin with the user", "kimi-api.md H4, H10")
    ] = False
    message_fields: Annotated[
        tuple[str, ...], quirk("the only message fields that it takes; empty: any", "kimi-api.md B6, P")
    ] = ()
    refused_message_fields: Annotated[
        tuple[str, ...], quirk("message fields that it refuses", "llmgateway#3274, kilocode#10375")
    ] = ()

    # -- media ------------------------------------------------------------------------------------
    media: Annotated[tuple[str, ...], quirk("URL schemes of media; empty: any", "kimi-api.md H7")] = ()
    image_types: Annotated[tuple[str, ...], quirk("media types of images; empty: any", "kimi-api.md H7")] = ()
    video_types: Annotated[tuple[str, ...], quirk("media types of video; empty: any", "kimi-api.md H7")] = ()
    media_bytes: Annotated[
        int, quirk("largest inlined picture or film, decoded; 0: no limit", "kimi-api.md H7")
    ] = 0

    # -- tools ------------------------------------------------------------------------------------
    tool_name: Annotated[str, quirk("the pattern of a legal tool name; empty: any", "kimi-api.md G1")] = ""
    tools_max: Annotated[int, quirk("how many tools may be offered; 0: any number", "kimi-api.md G2")] = 0
    unique_tools: Annotated[bool, quirk("whether two tools of one name are refused", "kimi-api.md G2")] = (
        False
    )
    schemas: Annotated[Literal["", "mfjs"], quirk("the schema language that it enforces", "mfjs.md 1")] = ""
    choices: Annotated[
        tuple[str, ...], quirk("legal tool choices while it does not think; empty: any", "kimi-api.md F")
    ] = ()
    choices_thinking: Annotated[
        tuple[str, ...], quirk("legal tool choices while it thinks; empty: any", "kimi-api.md F")
    ] = ()
    parallel: Annotated[
        bool | None,
        quirk("whether `parallel_tool_calls` is known; false: kept to by moonwire", "kimi-api.md F"),
    ] = None
    partial_with_format: Annotated[
        bool,
        quirk("whether a beginning and a JSON answer form go together", "kimi-api.md H5, vercel/ai#19545"),
    ] = True

    # -- sampling ---------------------------------------------------------------------------------
    fixed: Annotated[tuple[str, ...], quirk("sampling fields that must be left out", "kimi-api.md E")] = ()
    ranges: Annotated[
        dict[str, tuple[float, float]], quirk("legal values of free sampling fields", "kimi-api.md 1.2")
    ] = {}
    n_max: Annotated[int, quirk("most answers in one request; 0: any number", "kimi-api.md 1.2, E")] = 0
    stop_max: Annotated[int, quirk("most stop strings; 0: any number", "kimi-api.md E")] = 0
    stop_bytes: Annotated[int, quirk("longest stop string in bytes; 0: no limit", "kimi-api.md E")] = 0

    # -- budget -----------------------------------------------------------------------------------
    window: Annotated[
        int, quirk("the context length in tokens; 0: unknown", "kimi-api.md 1.2, O context_length")
    ] = 0
    cap_field: Annotated[
        Literal["", "max_completion_tokens", "max_tokens"],
        quirk("the field of the output cap", "kimi-api.md D1"),
    ] = ""
    cap: Annotated[
        int, quirk("the output cap where the caller sets none; 0: none is set", "kimi-api.md D3, section 5")
    ] = 0
    cap_max: Annotated[int, quirk("the largest output; 0: only the window limits it", "kimi-api.md 1.2")] = 0
    floor: Annotated[
        int, quirk("the cap below which a thinking model may say nothing that is seen", "kimi-api.md D2, D11")
    ] = 0
    body_bytes: Annotated[int, quirk("the largest request body; 0: no limit", "kimi-api.md D5")] = 0

    # -- the rest ---------------------------------------------------------------------------------
    cache_key: Annotated[
        Literal["", "prompt_cache_key"],
        quirk("the field that names the conversation to the cache", "kimi-api.md J"),
    ] = ""
    refused_fields: Annotated[
        tuple[str, ...], quirk("top-level fields that it refuses", "kimi-api.md D1, E; P")
    ] = ()
    stream_usage: Annotated[
        bool | None, quirk("whether `stream_options.include_usage` is understood", "kimi-api.md I1")
    ] = None
    usage_in: Annotated[
        tuple[Literal["choice", "summary"], ...],
        quirk("where a stream's usage stands", "kimi-api.md I1, verification.md 3.3"),
    ] = ()
    gated: Annotated[bool, quirk("whether it serves only clients that it knows", "kimi-api.md L")] = False
    other_region: Annotated[
        str, quirk("the endpoint whose keys are easily taken for this one's", "kimi-api.md 1.1")
    ] = ""
    price: Annotated[
        tuple[float, float, float] | None,
        quirk("dollars per million tokens: in, out, read from cache", "kimi-api.md 1.2"),
    ] = None
