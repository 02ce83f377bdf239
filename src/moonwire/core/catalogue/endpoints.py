"""The servers of Kimi weights: where they are, whose rules they keep, and what is their own.

Each row is data. A name or URL that no row has is the endpoint `generic`.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from moonwire.core.catalogue.models import NOTHING, Facts

__all__ = ["ENDPOINTS", "GENERIC", "Endpoint", "find_endpoint", "plain_url"]

Groups = Mapping[str, Facts]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. Later groups of facts overrule earlier ones, and all overrule the model's."""

    name: str
    known: bool = True
    """Whether anything is known of the server; of one that is not, no more than the weights is told."""
    urls: tuple[str, ...] = ()
    """Base URLs, as `plain_url` writes them; `*` is one segment of a path, whatever it says."""
    rules: Literal["", "forwarded", "own"] = ""
    """Moonshot's own host, one that passes requests on to it, or neither."""
    facts: Facts = NOTHING
    by_family: Groups = {}
    """By the target's family, then by its template."""
    by_model: Groups = {}
    """By the model's canonical id."""
    prefixes: tuple[str, ...] = ()
    """What model ids begin with here, in lower case; an id that begins so is sent as it came."""
    ids: Mapping[str, str] = {}
    """The id of a model here, where it is not the canonical one."""
    source: str


# -- Moonshot's own hosts ----------------------------------------------------------------------------

IMAGE_TYPES: Final = ("image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif")
VIDEO_TYPES: Final = (
    "video/mp4",
    "video/mpeg",
    "video/mpg",
    "video/mov",
    "video/quicktime",
    "video/avi",
    "video/x-msvideo",
    "video/x-flv",
    "video/webm",
    "video/wmv",
    "video/x-ms-wmv",
    "video/3gpp",
)
"""platform.kimi.ai/docs/guide/use-kimi-vision-model names the formats; its example makes the type of a file's
ending, so `image/jpg` and `video/mov` stand beside the registered types (kimi-api.md H7)."""

NO_RESULT: Final = "(no output)"
"""A tool result that is blank or left out is refused (kimi-api.md H2, M3)."""

MESSAGES: Final[Facts] = {
    "pairing": True,
    "developer": "system",
    "function": "tool",
    "blank_call_content": "omit",
    "blank_assistant": "drop",
    "blank_parts": "drop",
    "blank_result": NO_RESULT,
    "documents": False,
}
"""What Moonshot refuses in messages, itself and through those that pass requests on (kimi-api.md C5, H)."""

TOOLS: Final[Facts] = {
    "tool_name": "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    "unique_tools": True,
    "schemas": "mfjs",
    "parallel": False,
}
"""kimi-api.md F, G1-G4; mfjs.md 1."""

OWN: Final[Facts] = {
    **MESSAGES,
    **TOOLS,
    "media": ("data", "ms"),
    "image_types": IMAGE_TYPES,
    "video_types": VIDEO_TYPES,
    "partial": "partial",
    "partial_with_format": False,
    "reasoning_field": "reasoning_content",
    "stop_max": 5,
    "stop_bytes": 32,
    "cap_field": "max_completion_tokens",
    "cache_key": "prompt_cache_key",
    "refused_fields": ("store",),
    "stream_usage": True,
    "usage_in": ("choice", "summary"),
}
PLATFORM: Final[Facts] = {**OWN, "tools_max": 128}
CODING: Final[Facts] = {**OWN, "body_bytes": 2_097_152, "gated": True, "price": None}
# More than 128 tools were accepted there (kimi-api.md G2), so no limit is set.

K3_TURNS: Final[Groups] = {"k3": {"blank_assistant": "space"}}
"""K3 may answer with reasoning alone; one space keeps such a turn in the history (tolokaforge#1288)."""

EFFORT_INSIDE: Final[Groups] = {"k3": {**K3_TURNS["k3"], "thinking_dialect": "thinking.effort"}}
"""The coding endpoint takes K3's effort inside `thinking` (kimi-api.md A2, Q)."""

NOT_CHAT: Final[Facts] = {
    "partial": "none",
    "cap_field": "",
    "cache_key": "",
    "stream_usage": None,
    "usage_in": (),
    "refused_fields": (),
    "stop_max": 0,
    "stop_bytes": 0,
}
"""Fields of Chat Completions that the other two surfaces do not have."""

ANTHROPIC: Final[Facts] = {
    **NOT_CHAT,
    "dialect": "anthropic",
    "cap_field": "max_tokens",
    "arguments": "object",
}
ANTHROPIC_FAMILIES: Final[Groups] = {
    "k3": {**K3_TURNS["k3"], "thinking_dialect": "thinking.effort", "off": "disabled", "thinks": "switch"}
}
"""`disabled` is honoured there (openclaw#109335). The effort goes into `output_config`, which is how that
surface spells what Chat Completions has inside `thinking` (kimi-api.md M4)."""

RESPONSES: Final[Facts] = {
    **NOT_CHAT,
    "dialect": "responses",
    "thinking_dialect": "reasoning",
    # A turn of calls has no message item at all; one with nothing in it is refused (kimi-api.md H1).
    "blank_call_content": "omit",
}
RESPONSES_FAMILIES: Final[Groups] = {**K3_TURNS, "k2.5": {"off": ""}}
NO_KEEP: Final[Groups] = {"kimi-k2.6": {"keep": "never"}}
"""`thinking.keep` is a field of Moonshot's Chat Completions; elsewhere nobody has seen it taken."""

CODING_IDS: Final = {"kimi-k3": "k3"}


def _surfaces(base: str, path: str) -> tuple[str, ...]:
    """A base URL, and the address of the one call below it that people paste instead."""
    return (base, f"{base}/{path}")


# -- servers that one runs oneself -------------------------------------------------------------------

SELF_HOSTED: Final[Facts] = {
    "pairing": True,
    "arguments": "object",
    "developer": "system",
    "function": "tool",
    "builtin_tools": False,
    "partial": "none",
    "stream_usage": True,
    "usage_in": ("summary",),
}
"""The templates know neither role; broken arguments end the conversation (kimi-api.md H3, H8)."""

TEMPLATE: Final[Facts] = {"thinking_dialect": "template", "off": "disabled"}
PRESERVED: Final[Facts] = {"keep": "template"}
SELF_HOSTED_FAMILIES: Final[Groups] = {
    "k2.5": TEMPLATE,
    # The template ends in an open `response` where thinking is off (raw-text.md 2.2).
    "k3": {**TEMPLATE, **PRESERVED, "thinks": "switch"},
}
SELF_HOSTED_MODELS: Final[Groups] = {
    "kimi-k2.6": PRESERVED,
    "kimi-k2.7-code": {**PRESERVED, "thinks": "switch"},
    "kimi-k2.7-code-highspeed": {**PRESERVED, "thinks": "switch"},
}
"""kimi-api.md A5, A7; the template closes the think block itself where thinking is off (raw-text.md 1.2)."""

# -- vendors -----------------------------------------------------------------------------------------

VENDOR: Final[Facts] = {"pairing": True, "arguments": "object", "partial": "none", "builtin_tools": False}
STRICT: Final[Facts] = {**VENDOR, "blank_call_content": "null"}
"""What holds of everyone who keeps to the letter of Chat Completions (kimi-api.md C5, H2, H8)."""

UNTOLD: Final[Facts] = {"thinks": ""}
"""How its thinking is switched nobody has said, so the fields that speak of it are left as they come."""

PLAIN_FIELDS: Final = ("role", "content", "tool_calls", "tool_call_id")

HUGGING_FACE: Final = {
    "kimi-k3": "moonshotai/Kimi-K3",
    "kimi-k2.7-code": "moonshotai/Kimi-K2.7-Code",
    "kimi-k2.6": "moonshotai/Kimi-K2.6",
    "kimi-k2.5": "moonshotai/Kimi-K2.5",
    "kimi-k2-thinking": "moonshotai/Kimi-K2-Thinking",
    "kimi-k2-0905-preview": "moonshotai/Kimi-K2-Instruct-0905",
    "kimi-k2-0711-preview": "moonshotai/Kimi-K2-Instruct",
}
LOWER_CASE: Final = {
    "kimi-k3": "moonshotai/kimi-k3",
    "kimi-k2.7-code": "moonshotai/kimi-k2.7-code",
    "kimi-k2.6": "moonshotai/kimi-k2.6",
    "kimi-k2.5": "moonshotai/kimi-k2.5",
    "kimi-k2-thinking": "moonshotai/kimi-k2-thinking",
}

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        name="platform",
        urls=_surfaces("https://api.moonshot.ai/v1", "chat/completions"),
        rules="own",
        facts={**PLATFORM, "other_region": "platform-cn"},
        by_family=K3_TURNS,
        source="kimi-api.md 1.1, A-J",
    ),
    Endpoint(
        name="platform-cn",
        urls=_surfaces("https://api.moonshot.cn/v1", "chat/completions"),
        rules="own",
        facts={**PLATFORM, "other_region": "platform", "price": None},
        by_family=K3_TURNS,
        source="kimi-api.md 1.1, A-J; openclaw#33637 (its prices are in yuan)",
    ),
    Endpoint(
        name="platform-anthropic",
        urls=(
            *_surfaces("https://api.moonshot.ai/anthropic", "v1/messages"),
            "https://api.moonshot.ai/anthropic/v1",
        ),
        rules="own",
        facts={**PLATFORM, **ANTHROPIC, "other_region": "platform-cn-anthropic"},
        by_family=ANTHROPIC_FAMILIES,
        by_model=NO_KEEP,
        source="kimi-api.md 1.1, M",
    ),
    Endpoint(
        name="platform-cn-anthropic",
        urls=(
            *_surfaces("https://api.moonshot.cn/anthropic", "v1/messages"),
            "https://api.moonshot.cn/anthropic/v1",
        ),
        rules="own",
        facts={**PLATFORM, **ANTHROPIC, "other_region": "platform-anthropic", "price": None},
        by_family=ANTHROPIC_FAMILIES,
        by_model=NO_KEEP,
        source="kimi-api.md 1.1, M",
    ),
    Endpoint(
        name="platform-responses",
        urls=("https://api.moonshot.ai/v1/responses",),
        rules="own",
        facts={**PLATFORM, **RESPONSES, "other_region": "platform-cn-responses"},
        by_family=RESPONSES_FAMILIES,
        by_model=NO_KEEP,
        source="kimi-api.md 1.1, N",
    ),
    Endpoint(
        name="platform-cn-responses",
        urls=("https://api.moonshot.cn/v1/responses",),
        rules="own",
        facts={**PLATFORM, **RESPONSES, "other_region": "platform-responses", "price": None},
        by_family=RESPONSES_FAMILIES,
        by_model=NO_KEEP,
        source="kimi-api.md 1.1, N",
    ),
    Endpoint(
        name="coding",
        urls=(
            *_surfaces("https://api.kimi.com/coding/v1", "chat/completions"),
            *_surfaces("https://api.kimi.ai/coding/v1", "chat/completions"),
        ),
        rules="own",
        facts=CODING,
        by_family=EFFORT_INSIDE,
        ids=CODING_IDS,
        source="kimi-api.md 1.1, A2, D5, J, L, Q",
    ),
    Endpoint(
        name="coding-anthropic",
        urls=_surfaces("https://api.kimi.com/coding", "v1/messages"),
        rules="own",
        facts={**CODING, **ANTHROPIC},
        by_family=ANTHROPIC_FAMILIES,
        by_model=NO_KEEP,
        ids=CODING_IDS,
        source="kimi-api.md 1.1, M; hermes-agent#14018",
    ),
    Endpoint(
        name="coding-responses",
        urls=("https://api.kimi.com/coding/v1/responses",),
        rules="own",
        facts={**CODING, **RESPONSES},
        by_family=RESPONSES_FAMILIES,
        by_model=NO_KEEP,
        ids=CODING_IDS,
        source="kimi-api.md 1.1, N",
    ),
    Endpoint(
        name="vllm",
        # Since its 0.17 it reads `reasoning` in messages, and drops `reasoning_content` silently.
        facts={**SELF_HOSTED, "partial": "continue", "reasoning_field": "reasoning"},
        by_family=SELF_HOSTED_FAMILIES,
        by_model=SELF_HOSTED_MODELS,
        source="kimi-api.md A7, B6, H5, H8; vllm#38488",
    ),
    Endpoint(
        name="sglang",
        facts={**SELF_HOSTED, "partial": "continue", "reasoning_field": "reasoning_content"},
        by_family=SELF_HOSTED_FAMILIES,
        by_model=SELF_HOSTED_MODELS,
        source="kimi-api.md A7, C1, H5, H8",
    ),
    Endpoint(
        name="dynamo",
        # A tool's name with a dot in it is a 400 there.
        facts={**SELF_HOSTED, "reasoning_field": "reasoning_content", "tool_name": "^[^.]+$"},
        by_family=SELF_HOSTED_FAMILIES,
        by_model=SELF_HOSTED_MODELS,
        source="kimi-api.md A7, H8; raw-text.md 5.2",
    ),
    Endpoint(
        name="openrouter",
        urls=_surfaces("https://openrouter.ai/api/v1", "chat/completions"),
        rules="forwarded",
        facts={
            **MESSAGES,
            **TOOLS,
            **STRICT,
            "documents": None,  # it reads PDF files itself
            "thinking_dialect": "reasoning",
            "reasoning_field": "reasoning",
            "stream_usage": True,
            "usage_in": ("summary",),
        },
        by_family=K3_TURNS,
        by_model=NO_KEEP,
        prefixes=("moonshotai/",),
        ids={
            **LOWER_CASE,
            "kimi-k2-0905-preview": "moonshotai/kimi-k2-0905",
            "kimi-k2-0711-preview": "moonshotai/kimi-k2",
        },
        source="kimi-api.md A3, B6, E, J, P; opencode#29690, big-AGI#1161",
    ),
    Endpoint(
        name="fireworks",
        urls=_surfaces("https://api.fireworks.ai/inference/v1", "chat/completions"),
        facts={
            **STRICT,
            "thinking_dialect": "reasoning_effort",
            "off": "none",
            # The refusal in llmgateway#3274 is of `reasoning`; `reasoning_content` it takes back.
            "reasoning_field": "reasoning_content",
            "refused_message_fields": ("reasoning", "reasoning_details"),
        },
        by_family={
            "k2-thinking": {"off": ""},
            "k2.5": {"thinks": "switch", "efforts": ("low", "medium", "high")},
            "k3": {"thinks": "switch", "efforts": ("low", "medium", "high", "max")},
        },
        prefixes=("accounts/fireworks/models/",),
        ids={
            "kimi-k3": "accounts/fireworks/models/kimi-k3",
            "kimi-k2.7-code": "accounts/fireworks/models/kimi-k2p7-code",
            "kimi-k2.6": "accounts/fireworks/models/kimi-k2p6",
            "kimi-k2.5": "accounts/fireworks/models/kimi-k2p5",
            "kimi-k2-thinking": "accounts/fireworks/models/kimi-k2-thinking",
            "kimi-k2-0905-preview": "accounts/fireworks/models/kimi-k2-instruct-0905",
            "kimi-k2-0711-preview": "accounts/fireworks/models/kimi-k2-instruct",
        },
        source="kimi-api.md 1.3, A3, A7, C1, P; models.dev#3777, llmgateway#3274",
    ),
    Endpoint(
        name="together",
        urls=(
            *_surfaces("https://api.together.xyz/v1", "chat/completions"),
            *_surfaces("https://api.together.ai/v1", "chat/completions"),
        ),
        facts={**VENDOR, **UNTOLD, "reasoning_field": "reasoning"},
        prefixes=("moonshotai/",),
        ids=HUGGING_FACE,
        source="kimi-api.md B6",
    ),
    Endpoint(
        name="dashscope",
        urls=(
            *_surfaces("https://dashscope.aliyuncs.com/compatible-mode/v1", "chat/completions"),
            *_surfaces("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "chat/completions"),
        ),
        rules="forwarded",
        facts={
            **MESSAGES,
            **TOOLS,
            **VENDOR,
            "reasoning_field": "reasoning_content",
            "usage_in": ("summary",),
        },
        by_family={
            "k2-thinking": {"thinking_dialect": "enable_thinking"},
            "k2.5": {"thinking_dialect": "enable_thinking"},
            **K3_TURNS,
        },
        by_model=NO_KEEP,
        prefixes=("kimi/",),
        ids={"kimi-k2-0711-preview": "Moonshot-Kimi-K2-Instruct"},
        source="kimi-api.md E, P; opencode#39451; help.aliyun.com/en/model-studio/kimi-api-by-moonshot-ai",
    ),
    Endpoint(
        name="ark",
        urls=(
            *_surfaces("https://ark.cn-beijing.volces.com/api/v3", "chat/completions"),
            *_surfaces("https://ark.cn-beijing.volces.com/api/coding/v3", "chat/completions"),
        ),
        facts={
            **STRICT,
            **UNTOLD,
            "blank_parts": "drop",
            "blank_result": NO_RESULT,
            "reasoning_field": "reasoning_content",
        },
        by_family=K3_TURNS,
        source="kimi-api.md H2, P; opencodex#795",
    ),
    Endpoint(
        name="siliconflow",
        urls=(
            *_surfaces("https://api.siliconflow.cn/v1", "chat/completions"),
            *_surfaces("https://api.siliconflow.com/v1", "chat/completions"),
        ),
        # Its copy of the official refusal says that it wants reasoning back on turns with calls.
        facts={**VENDOR, **UNTOLD, "reasoning_field": "reasoning_content"},
        by_family={"k2-thinking": {"filler": " "}, "k2.5": {"filler": " "}},
        prefixes=("moonshotai/", "pro/moonshotai/"),
        ids=HUGGING_FACE,
        source="kimi-api.md B1, P",
    ),
    Endpoint(
        name="nvidia",
        urls=_surfaces("https://integrate.api.nvidia.com/v1", "chat/completions"),
        facts={**VENDOR, **UNTOLD, "reasoning_field": "reasoning_content"},
        # Only top_p is pinned there; a temperature from 0 to 1 passes.
        by_family={"k3": {"fixed": ("top_p",), "ranges": {"temperature": (0.0, 1.0)}}},
        prefixes=("moonshotai/",),
        ids=LOWER_CASE,
        source="kimi-api.md E, P; modelparams.dev#355",
    ),
    Endpoint(
        name="groq",
        urls=_surfaces("https://api.groq.com/openai/v1", "chat/completions"),
        facts={
            **STRICT,
            **UNTOLD,
            "message_fields": PLAIN_FIELDS,
            "names": "strip",
            "reasoning_field": "refused",
            "blank_result": NO_RESULT,
            "refused_fields": ("logprobs", "logit_bias", "top_logprobs"),
            "n_max": 1,
        },
        prefixes=("moonshotai/",),
        ids={
            "kimi-k2-0905-preview": "moonshotai/kimi-k2-instruct-0905",
            "kimi-k2-0711-preview": "moonshotai/kimi-k2-instruct",
        },
        source="kimi-api.md H2, P; console.groq.com/docs/openai",
    ),
    Endpoint(
        name="cerebras",
        urls=_surfaces("https://api.cerebras.ai/v1", "chat/completions"),
        facts={
            **STRICT,
            **UNTOLD,
            "message_fields": (*PLAIN_FIELDS, "name", "reasoning"),
            "reasoning_field": "reasoning",
            "refused_message_fields": ("reasoning_content", "reasoning_details"),
            "blank_result": NO_RESULT,
        },
        source="kimi-api.md B6, P; kilocode#10375, qwen-code#11045 (it takes reasoning)",
    ),
    Endpoint(
        name="cloudflare",
        urls=_surfaces("https://api.cloudflare.com/client/v4/accounts/*/ai/v1", "chat/completions"),
        facts={**VENDOR, **UNTOLD, "reasoning_field": "reasoning_content"},
        # No known switch turns its thinking off: `enable_thinking` is ignored.
        prefixes=("@cf/moonshotai/",),
        ids={name: f"@cf/{slug}" for name, slug in LOWER_CASE.items()},
        source="kimi-api.md 1.3, A7; workers-sdk#13239",
    ),
    Endpoint(name="generic", known=False, source="kimi-api.md 0: never one global rule"),
)

GENERIC: Final = ENDPOINTS[-1]

_BY_NAME: Final = {endpoint.name: endpoint for endpoint in ENDPOINTS}

# Scheme, host, port and path, and nothing else: with user names, queries or fragments it is another place.
_URL: Final = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?((?:/[^/?#\s]+)*)/*", re.IGNORECASE
)
_USUAL_PORT: Final = {"https": ":443", "http": ":80"}


def plain_url(text: str) -> str:
    """A base URL in one spelling: host in lower case, no usual port, no slash at the end. Empty: no URL.

    >>> plain_url("HTTPS://API.moonshot.ai:443/v1/")
    'https://api.moonshot.ai/v1'
    >>> plain_url("https://key@api.moonshot.ai/v1")
    ''
    """
    match = _URL.fullmatch(text.strip())
    if match is None:
        return ""
    scheme, host, port, path = match[1].lower(), match[2].lower(), match[3] or "", match[4]
    return f"{scheme}://{host}{'' if port == _USUAL_PORT[scheme] else port}{path}"


def find_endpoint(endpoint: str, more: tuple[Endpoint, ...] = ()) -> Endpoint:
    """The row of an endpoint by its name or its URL, those of `more` first; `GENERIC` where there is none.

    >>> find_endpoint("https://api.kimi.com/coding/").name
    'coding-anthropic'
    >>> find_endpoint("https://api.moonshot.ai.example.com/v1").name
    'generic'
    """
    for row in more:
        if row.name == endpoint:
            return row
    if endpoint in _BY_NAME:
        return _BY_NAME[endpoint]
    url = plain_url(endpoint)
    return next((row for row in (*more, *ENDPOINTS) if url and _at(row.urls, url)), GENERIC)


def _at(urls: tuple[str, ...], url: str) -> bool:
    return url in urls or any("*" in known and _alike(known.split("/"), url.split("/")) for known in urls)


def _alike(known: list[str], given: list[str]) -> bool:
    if len(known) != len(given):
        return False
    return all(one in ("*", other) for one, other in zip(known, given, strict=True))
