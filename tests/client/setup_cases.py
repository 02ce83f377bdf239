"""Rows for where a client asks, and with which key."""

from typing import Any

from moonwire.exchange.config import Hidden

__all__ = ["AI", "CN", "FOUND", "KIMI", "MOONSHOT", "NAMED", "NOT_FOUND", "NOT_NAMED", "RACK"]

AI, CN = "https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1"
CODING, RACK = "https://api.kimi.com/coding/v1", "http://rack:8000/v1"
MOONSHOT, KIMI = "MOONSHOT_API_KEY", "KIMI_API_KEY"

# the environment, what is given, the URL, the key as it is to be resolved
FOUND: dict[str, tuple[dict[str, str], dict[str, Any], str, str | None]] = {
    "the platform's key": ({MOONSHOT: "sk-1"}, {}, AI, f"env:{MOONSHOT}"),
    "kimi-cli's key": ({KIMI: "sk-1"}, {}, AI, f"env:{KIMI}"),
    "both": ({MOONSHOT: "sk-1", KIMI: "sk-2"}, {}, AI, f"env:{MOONSHOT}"),
    "both, and kimi-cli's URL": ({MOONSHOT: "sk-1", KIMI: "sk-2", "KIMI_BASE_URL": RACK}, {}, RACK, f"env:{KIMI}"),
    "China": ({MOONSHOT: "sk-1"}, {"region": "cn"}, CN, f"env:{MOONSHOT}"),
    "elsewhere": ({MOONSHOT: "sk-1"}, {"region": "ai"}, AI, f"env:{MOONSHOT}"),
    "a key of the coding endpoint": ({KIMI: "sk-kimi-1"}, {}, CODING, f"env:{KIMI}"),
    "a URL and no key": ({"KIMI_BASE_URL": RACK}, {}, RACK, None),
    "the other URL": ({"MOONSHOT_BASE_URL": CN, MOONSHOT: "sk-1"}, {}, CN, f"env:{MOONSHOT}"),
    "both URLs": ({"MOONSHOT_BASE_URL": CN, "KIMI_BASE_URL": RACK}, {}, RACK, None),
    "a key that is given": ({MOONSHOT: "sk-1"}, {"api_key": "sk-2"}, AI, "sk-2"),
    "a hidden one": ({}, {"api_key": Hidden("sk-2")}, AI, "sk-2"),
    "one of the coding endpoint": ({}, {"api_key": "sk-kimi-2"}, CODING, "sk-kimi-2"),
    "a key that is given, to the environment's URL": ({"KIMI_BASE_URL": RACK}, {"api_key": "sk-2"}, RACK, "sk-2"),
    "a key that is given, in China": ({}, {"api_key": "sk-2", "region": "cn"}, CN, "sk-2"),
    "a function": ({}, {"api_key": lambda: "sk-3"}, AI, "given by a function"),
    "a URL that is given": ({MOONSHOT: "sk-1"}, {"base_url": CN}, CN, f"env:{MOONSHOT}"),
    "a URL that is given, stronger than the environment's": ({MOONSHOT: "sk-1", "KIMI_BASE_URL": RACK}, {"base_url": CN}, CN, f"env:{MOONSHOT}"),
    "the coding endpoint takes its own key": ({MOONSHOT: "sk-1", KIMI: "sk-kimi-1"}, {"base_url": CODING}, CODING, f"env:{KIMI}"),
    "the platform takes its own": ({KIMI: "sk-kimi-1", MOONSHOT: "sk-1"}, {"base_url": AI}, AI, f"env:{MOONSHOT}"),
    "somebody else's server gets nobody's key": ({MOONSHOT: "sk-1", KIMI: "sk-2"}, {"base_url": RACK}, RACK, None),
    "nor does one that is called the platform": ({MOONSHOT: "sk-1"}, {"base_url": RACK, "endpoint": "platform"}, RACK, None),
    "a key and a URL": ({MOONSHOT: "sk-1"}, {"base_url": RACK, "api_key": "sk-2"}, RACK, None),
}

# the environment, what is given, the error
NOT_FOUND: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "nothing": ({}, {}, r"^api_key: there is no key and no endpoint \(export MOONSHOT_API_KEY, or give"),
    "a region alone": ({}, {"region": "cn"}, r"^api_key: there is no key"),
    "no URL": ({}, {"base_url": "rack:8000"}, r"^base_url: not a base URL \(https://host/path"),
    "a password": ({}, {"base_url": "https://me:secret@rack/v1"}, r"^base_url: not a base URL"),
    "a password in the environment": ({"KIMI_BASE_URL": "https://me:secret@rack/v1"}, {}, r"^env KIMI_BASE_URL: not a base URL \(https:"),
    "a URL and a region": ({}, {"base_url": CN, "region": "cn"}, r"^region: a URL says the region itself \(leave"),
}

# the URL, the environment, what is given, the endpoint's name
NAMED: dict[str, tuple[str, dict[str, str], dict[str, Any], str]] = {
    "nobody says": (RACK, {}, {}, ""),
    "the caller says": (RACK, {}, {"endpoint": "vllm"}, "vllm"),
    "the environment says": (RACK, {"MOONWIRE_ENDPOINT": " vllm "}, {}, "vllm"),
    "the caller is stronger": (RACK, {"MOONWIRE_ENDPOINT": "vllm"}, {"endpoint": "sglang"}, "sglang"),
    "the URL is stronger than the environment": (AI, {"MOONWIRE_ENDPOINT": "vllm"}, {}, ""),
    "the caller is stronger than the URL": (AI, {}, {"endpoint": "vllm"}, "vllm"),
    "none in particular": (RACK, {"MOONWIRE_ENDPOINT": "generic"}, {}, "generic"),
}

# the environment, what is given, the error
NOT_NAMED: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "a slip": ({}, {"endpoint": "vlm"}, r"^endpoint: no endpoint is called vlm \(did you mean vllm\?\)"),
    "a slip in the environment": ({"MOONWIRE_ENDPOINT": "vlm"}, {}, r"^MOONWIRE_ENDPOINT: no endpoint is called vlm"),
    "nothing like it": ({}, {"endpoint": "xxxxxxxx"}, r"\(`moonwire models` lists them\)"),
}
