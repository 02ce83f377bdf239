"""Every key of `moonwire.toml`, with its default and its meaning. A struct is a table, a field is a key.

What is said here is what `moonwire init` writes and what docs/gateway-config.md prints. The tables that are
values of other layers (`timeouts`, `tls`, `options`, `settings`) have their meanings in `meanings.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from moonwire import memory as memories
from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides
from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden, Hop, Mode, Options
from moonwire.exchange.keys import Region
from moonwire.transport import TLS, Timeouts

__all__ = [
    "AUTO",
    "NONE",
    "PROCESS",
    "ClientConfig",
    "Config",
    "ImagesConfig",
    "LimitsConfig",
    "LoggingConfig",
    "MemoryConfig",
    "RouteConfig",
    "ServerConfig",
    "ServerTLS",
    "UpstreamConfig",
]

AUTO: Final = "auto"
NONE: Final = "none"
PROCESS: Final = "process"

_MIB: Final = 1 << 20


def _is(meaning: str, **bounds: Any) -> msgspec.Meta:
    return msgspec.Meta(description=meaning, **bounds)


class ServerTLS(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that callers see; without one the gateway speaks plain HTTP."""

    cert: Annotated[str, _is("a file with the certificate and those that lead to its authority, in PEM")] = ""
    key: Annotated[str, _is("the file with its private key, in PEM")] = ""


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where callers reach the gateway, and how it treats their connections."""

    host: Annotated[str, _is("the address to listen on; one that others reach needs clients")] = "127.0.0.1"
    port: Annotated[int, _is("the port to listen on; 0: any free one", ge=0, le=65535)] = 8370
    workers: Annotated[int, _is("processes; more than one need a memory that they share", ge=1)] = 1
    base_path: Annotated[str, _is("what stands before /v1 in every path, as in /kimi")] = ""
    allowed_hosts: Annotated[
        tuple[str, ...],
        _is("names that requests may have in Host, beside loopback's and the address that is listened on"),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        _is("web pages that may call the gateway, as their Origin has it; any other is refused"),
    ] = ()
    drain: Annotated[
        float, _is("seconds that open requests have to end once the gateway is to stop", ge=0)
    ] = 30.0
    commit_after: Annotated[
        float,
        _is("seconds after which the status of a stream is sent although nothing has come yet", gt=0),
    ] = 15.0
    keepalive: Annotated[
        float, _is("seconds between two comments in a stream in which nothing comes; 0: none", ge=0)
    ] = 10.0
    write: Annotated[
        float, _is("seconds that a caller may leave an answer unread before it is cut off", gt=0)
    ] = 60.0
    tls: ServerTLS = ServerTLS()


class UpstreamConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A server of Kimi weights. The table's name is what routes call it."""

    base_url: Annotated[
        str, _is("where it is, up to and with /v1; empty: where the catalogue has the endpoint")
    ] = ""
    endpoint: Annotated[
        str,
        _is("what it is: platform, coding, vllm, …; empty: as the table's name or the URL tells"),
    ] = ""
    key: Annotated[
        Hidden | None,
        _is("its key: env:NAME, file:PATH, cmd:PROGRAM …, or the key itself; none: the caller's own"),
    ] = None
    keys: Annotated[tuple[Hidden, ...], _is("several keys, which take turns")] = ()
    headers: Annotated[
        Mapping[str, Hidden], _is("more headers for each request; the values may come from where keys do")
    ] = {}
    proxy: Annotated[Hidden | None, _is("the HTTP proxy to it, http://[user:password@]host:port")] = None
    trust_env: Annotated[bool, _is("whether HTTPS_PROXY, NO_PROXY and their like count")] = True
    concurrency: Annotated[int, _is("requests at once and key; 0: no limit", ge=0)] = 0
    rpm: Annotated[int, _is("requests a minute and key; 0: no limit", ge=0)] = 0
    tokenizer: Annotated[str, _is("the path of Kimi's tiktoken.model, for exact counts")] = ""
    timeouts: Timeouts = Timeouts()
    tls: TLS = TLS()


class RouteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for some models go. The first route that takes a model is its route."""

    models: Annotated[tuple[str, ...], _is("names of models, or beginnings of names with * behind")] = ("*",)
    hops: Annotated[
        tuple[Hop, ...],
        _is('upstreams in order, each "NAME", "NAME:MODEL THERE" or a table { upstream, model }'),
    ]
    mode: Annotated[Mode | None, _is("as the key mode, for this route")] = None
    settings: Settings = Settings()


class ClientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call. The table's name is the client's, and whose memory it is."""

    key: Annotated[
        Hidden | None,
        _is("what it sends as its key: sha256:HEX of it, env:NAME, file:PATH, cmd:…, or the key itself"),
    ] = None
    keys: Annotated[tuple[Hidden, ...], _is("several keys, any of which will do")] = ()


class MemoryConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reasoning of earlier turns is kept for clients that drop it."""

    path: Annotated[
        str,
        _is(
            "a file; auto: memory.db in the user's data directory; process: gone at the end; none: no memory"
        ),
    ] = AUTO
    secret: Annotated[
        str, _is("the file with the secret that seals it; auto: secret in the same data directory")
    ] = AUTO
    bytes: Annotated[int, _is("how large the file may grow", ge=_MIB)] = memories.Limits().bytes
    age: Annotated[float, _is("seconds after its last use for which a conversation is kept", gt=0)] = (
        memories.Limits().age
    )
    value: Annotated[int, _is("the longest reasoning of one turn in bytes", ge=0)] = memories.Limits().value
    held: Annotated[int, _is("bytes that each process holds", ge=0)] = memories.Limits().held

    def limits(self) -> memories.Limits:
        """The same as the memory takes it."""
        return memories.Limits(bytes=self.bytes, age=self.age, value=self.value, held=self.held)


class ImagesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures that callers name by URL, for servers that do not load them themselves."""

    fetch: Annotated[bool, _is("whether the gateway loads them, from public addresses only")] = False
    bytes: Annotated[int, _is("the largest picture", ge=1)] = 20 * _MIB
    total: Annotated[int, _is("bytes of pictures that one request may have loaded", ge=1)] = 50 * _MIB
    count: Annotated[int, _is("pictures that one request may have loaded", ge=1)] = 32
    seconds: Annotated[float, _is("how long loading those of one request may take", gt=0)] = 20.0


class LimitsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may send, and how much may come back."""

    body_bytes: Annotated[int, _is("the largest request", ge=1024)] = 100 * 1000 * 1000
    header_bytes: Annotated[int, _is("the largest headers of a request", ge=1024)] = 65536
    messages: Annotated[int, _is("messages in a request", ge=1)] = 20_000
    depth: Annotated[int, _is("how deep the JSON of a request may be nested", ge=8, le=900)] = 200
    stream_bytes: Annotated[int, _is("the longest answer in bytes", ge=1024)] = Options().stream_bytes
    images: ImagesConfig = ImagesConfig()


class LoggingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says on stderr."""

    format: Annotated[
        Literal["auto", "console", "json"],
        _is("lines for people or for machines; auto: as stderr is a terminal"),
    ] = "auto"
    level: Annotated[Literal["debug", "info", "warning", "error"], _is("what is too small to be said")] = (
        "info"
    )
    content: Annotated[bool, _is("whether what callers and models say is logged; keys never are")] = False


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All that the operator decided, in effect. Keys are not resolved: they are as they were written."""

    mode: Annotated[
        Mode,
        _is(
            "heal; observe: pass on as it is and say what would be done; strict: refuse what would be healed"
        ),
    ] = "heal"
    region: Annotated[
        Region | None,
        _is('"ai" or "cn": which of the two platforms is meant by a key of Moonshot\'s without a URL'),
    ] = None
    aliases: Annotated[
        Mapping[str, str], _is('what a model is called by callers, and its name: "gpt-4o" = "kimi-k3"')
    ] = {}
    server: ServerConfig = ServerConfig()
    upstreams: Mapping[str, UpstreamConfig] = {}
    routes: tuple[RouteConfig, ...] = ()
    clients: Mapping[str, ClientConfig] = {}
    memory: MemoryConfig = MemoryConfig()
    limits: LimitsConfig = LimitsConfig()
    logging: LoggingConfig = LoggingConfig()
    options: Options = Options()
    settings: Settings = Settings()
    overrides: Overrides = NO_OVERRIDES
    """The tables `models`, `endpoints` and `targets`."""
    simulated: bool = False
    """No upstream is configured and no key is there: the built-in simulator is the upstream."""
