"""What each key allows, and its neighbours do not: contradictions are refused before anything starts."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Final

from moonwire.core.catalogue.endpoints import plain_url
from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden, Route
from moonwire.exchange.keys import split_command
from moonwire.gateway.config.model import PROCESS, ClientConfig, Config, UpstreamConfig
from moonwire.gateway.config.places import Path
from moonwire.gateway.config.reading import Where, suggestion
from moonwire.transport.proxy import Proxy

__all__ = ["NAME", "check", "is_loopback"]

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

_SOURCES: Final = ("env:", "file:", "cmd:")
_DIGEST: Final = re.compile(r"sha256:[0-9a-fA-F]{64}")
_DIGEST_MARK: Final = "sha256:"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_ORIGIN: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://[^/?#@\s]+|null)", re.IGNORECASE)
_BASE_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")

_NOT_HEADERS: Final[Mapping[str, str]] = {
    "user-agent": "the agent's own is passed on, and none is made up",
    "authorization": "the key goes there: key = …",
    **dict.fromkeys(
        ("host", "content-length", "content-type", "transfer-encoding", "connection"), "it is written anew"
    ),
}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("rack")
    (True, True, False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check(config: Config, where: Where) -> None:
    """Raises a `LocalProtocolError` for the first thing that cannot be meant."""
    _check_server(config, where)
    for name, upstream in config.upstreams.items():
        _check_upstream(upstream, ("upstreams", name), where)
    _check_routes(config, where)
    _check_aliases(config, where)
    _check_clients(config.clients, where)
    retries = config.options.retries
    if retries.base > retries.longest:
        path = ("options", "retries", "base")
        remedy = f"at most longest, which is {retries.longest:g}"
        raise LocalProtocolError("the first wait is longer than the longest", path=where(path), remedy=remedy)
    if retries.attempts < 1:
        path = ("options", "retries", "attempts")
        raise LocalProtocolError("nothing would be sent", path=where(path), remedy="1 or more")


def _check_server(config: Config, where: Where) -> None:
    server = config.server
    host = where(("server", "host"))
    if not _is_host(server.host):
        raise LocalProtocolError("not an address", path=host, remedy="127.0.0.1, ::1, 0.0.0.0, a name")
    if not is_loopback(server.host) and not config.clients:
        remedy = 'listen on 127.0.0.1, or name who may call: [clients.NAME] with key = "env:…"'
        raise LocalProtocolError(
            "others reach this address, and anybody could call", path=host, remedy=remedy
        )
    if server.workers > 1 and config.memory.path == PROCESS:
        path = where(("server", "workers"))
        remedy = 'one worker, or memory.path = "auto" or "none"'
        raise LocalProtocolError("workers do not share the memory of a process", path=path, remedy=remedy)
    if server.workers > 1 and server.port == 0:
        path = where(("server", "workers"))
        raise LocalProtocolError("workers need one port", path=path, remedy="name the port")
    for one, other in (("cert", "key"), ("key", "cert")):
        if getattr(server.tls, one) and not getattr(server.tls, other):
            path = where(("server", "tls", one))
            raise LocalProtocolError(f"{one} without {other}", path=path, remedy="name both, or neither")
    if _BASE_PATH.fullmatch(server.base_path) is None:
        path = where(("server", "base_path"))
        raise LocalProtocolError("not a path", path=path, remedy="such as /kimi, without a slash at the end")
    for index, name in enumerate(server.allowed_hosts):
        if name != "*" and not _is_host(name):
            path = where(("server", "allowed_hosts", index))
            remedy = "without scheme and port; * allows any"
            raise LocalProtocolError("not the name of a host", path=path, remedy=remedy)
    for index, origin in enumerate(server.allowed_origins):
        if _ORIGIN.fullmatch(origin.rstrip("/")) is None:
            path = where(("server", "allowed_origins", index))
            raise LocalProtocolError("not an origin", path=path, remedy="such as https://page.example:8443")


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return _HOST_NAME.fullmatch(text) is not None
    return True


def _check_upstream(upstream: UpstreamConfig, path: Path, where: Where) -> None:
    if not plain_url(upstream.base_url):
        # Not quoted: it may hold a password.
        remedy = "https://host:port/v1, without user, query or fragment"
        raise LocalProtocolError("not a base URL", path=where((*path, "base_url")), remedy=remedy)
    listed = _keys(upstream, path, where)
    for at, key in listed:
        if key.reveal().startswith(_DIGEST_MARK):
            remedy = "a client can have a digest; here the key itself is needed"
            raise LocalProtocolError("a digest cannot be sent", path=where(at), remedy=remedy)
    _check_tls(upstream, path, where)
    seen: set[str] = set()
    for name, value in upstream.headers.items():
        at = where((*path, "headers", name))
        if name.lower() in _NOT_HEADERS:
            remedy = _NOT_HEADERS[name.lower()]
            raise LocalProtocolError("not a header to be set", path=at, remedy=remedy)
        if _TOKEN.fullmatch(name) is None:
            raise LocalProtocolError("not the name of a header", path=at, remedy="such as X-Team")
        if name.lower() in seen:
            raise LocalProtocolError("the header is there twice", path=at, remedy="headers know no case")
        seen.add(name.lower())
        _check_text(value, at)
    if upstream.proxy is not None and not upstream.proxy.reveal().startswith(_SOURCES):
        at = where((*path, "proxy"))
        try:
            Proxy.parse(upstream.proxy.reveal())
        except LocalProtocolError as error:
            remedy = "http://[user:password@]host:port"
            raise LocalProtocolError(error.message, path=at, remedy=remedy) from None


def _check_tls(upstream: UpstreamConfig, path: Path, where: Where) -> None:
    tls = upstream.tls
    if tls.key_file and not tls.cert_file:
        at = where((*path, "tls", "key_file"))
        raise LocalProtocolError("key_file without cert_file", path=at, remedy="name both, or neither")
    if tls.ca_file and not tls.verify:
        at = where((*path, "tls", "ca_file"))
        remedy = "keep ca_file, and leave verify away"
        raise LocalProtocolError("an authority, and nothing is verified", path=at, remedy=remedy)


def _keys(table: UpstreamConfig | ClientConfig, path: Path, where: Where) -> list[tuple[Path, Hidden]]:
    """Every key of a table with its path. Their sources are looked at as far as that goes without reading."""
    if table.key is not None and table.keys:
        remedy = "keys = [ … ] takes all of them"
        raise LocalProtocolError("key and keys", path=where((*path, "key")), remedy=remedy)
    listed: list[tuple[Path, Hidden]] = [((*path, "key"), table.key)] if table.key else []
    listed += [((*path, "keys", index), key) for index, key in enumerate(table.keys)]
    for at, key in listed:
        _check_text(key, where(at))
        if not key.reveal().startswith((*_SOURCES, _DIGEST_MARK)) and not _is_word(key.reveal()):
            remedy = "a key is one word of ASCII, without blanks"
            raise LocalProtocolError("the key cannot stand in a header", path=where(at), remedy=remedy)
    return listed


def _is_word(text: str) -> bool:
    return all("!" <= letter <= "~" for letter in text)


def _check_text(value: Hidden, where: str) -> None:
    text = value.reveal()
    if text.startswith("cmd:"):
        split_command(text.removeprefix("cmd:"), where)
    if not text.isprintable():
        raise LocalProtocolError("not printable", path=where, remedy="it stands in a header, on one line")


def _check_routes(config: Config, where: Where) -> None:
    if config.simulated and config.routes:
        remedy = "[upstreams.NAME], or a key in MOONSHOT_API_KEY or KIMI_API_KEY"
        raise LocalProtocolError("routes without an upstream", path=where(("routes",)), remedy=remedy)
    whole: set[str] = set()
    for index, route in enumerate(config.routes):
        path: Path = ("routes", index)
        for number, model in enumerate(route.models):
            if not model or "*" in model[:-1]:
                at = where((*path, "models", number))
                raise LocalProtocolError("not a name", path=at, remedy="* stands at the end or nowhere")
        if not route.models or not route.hops:
            at = where((*path, "hops" if route.models else "models"))
            raise LocalProtocolError("nothing goes here", path=at, remedy="name one or more")
        if "*" in whole or whole.issuperset(route.models):
            remedy = "put the route with fewer models first"
            raise LocalProtocolError("no request gets to this route", path=where(path), remedy=remedy)
        whole.update(route.models)
        for number, hop in enumerate(route.hops):
            at = where((*path, "hops", number))
            if hop.upstream not in config.upstreams:
                remedy = suggestion(hop.upstream, config.upstreams)
                raise LocalProtocolError(f"no upstream is called {hop.upstream}", path=at, remedy=remedy)
            if hop in route.hops[:number]:
                raise LocalProtocolError("the same hop twice", path=at, remedy="retries need no second hop")


def _check_aliases(config: Config, where: Where) -> None:
    aliases = config.aliases
    for name in aliases:
        if not name or not aliases[name]:
            said = "an alias and its model have names"
            raise LocalProtocolError(said, path=where(("aliases", name)), remedy='"gpt-4o" = "kimi-k3"')
        seen = [name]
        while seen[-1] in aliases:
            if (following := aliases[seen[-1]]) in seen:
                remedy = " → ".join((*seen, following))
                raise LocalProtocolError("it leads to itself", path=where(("aliases", name)), remedy=remedy)
            seen.append(following)
        model = seen[-1]
        if config.routes and not any(Route(models=one.models, hops=()).takes(model) for one in config.routes):
            said = f"no route takes {model}"
            remedy = 'add it to the models of a route, or a last route for "*"'
            raise LocalProtocolError(said, path=where(("aliases", name)), remedy=remedy)


def _check_clients(clients: Mapping[str, ClientConfig], where: Where) -> None:
    seen: dict[Hidden, str] = {}
    for name, client in clients.items():
        listed = _keys(client, ("clients", name), where)
        if not listed:
            remedy = 'key = "env:…", or "sha256:" and the digest of the key in hex'
            raise LocalProtocolError("a client without a key", path=where(("clients", name)), remedy=remedy)
        for path, key in listed:
            text = key.reveal()
            if text.startswith(_DIGEST_MARK) and _DIGEST.fullmatch(text) is None:
                remedy = "sha256: and 64 hexadecimal digits"
                raise LocalProtocolError("not a digest", path=where(path), remedy=remedy)
            if seen.setdefault(key, name) != name:
                said = f"{name} and {seen[key]} have one key"
                raise LocalProtocolError(said, path=where(path), remedy="a key says who calls")
