"""What went over the wire between the gateway and the real endpoint: a relay that writes it down."""

import http.client
import http.server
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

__all__ = ["Recorder", "Seen", "recording"]

WAIT = 600.0
"""Seconds without a byte: K3 may think for minutes."""
HOPS = {"connection", "host", "accept-encoding", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Seen:
    """One request for an answer, and the answer."""

    request: dict[str, Any]
    status: int = 0
    answer: bytes = b""

    @property
    def frames(self) -> list[Any]:
        """The frames of the stream that the gateway asked for."""
        lines = self.answer.decode().splitlines()
        data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        return [json.loads(one) for one in data if one != "[DONE]"]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        """What the frames say."""
        return [choice["delta"] for frame in self.frames for choice in frame["choices"]]

    @property
    def thoughts(self) -> str:
        """What was thought, in all of its pieces."""
        return "".join(delta.get("reasoning_content") or "" for delta in self.deltas)

    @property
    def native_ids(self) -> list[str]:
        """The ids that the endpoint gave its calls."""
        calls = [call for delta in self.deltas for call in delta.get("tool_calls") or ()]
        return [call["id"] for call in calls if call.get("id")]


@dataclass
class Recorder:
    """Where the gateway turns, and what was seen so far."""

    base_url: str
    seen: list[Seen] = field(default_factory=list[Seen])


def _handler(upstream: SplitResult, seen: list[Seen]) -> type[http.server.BaseHTTPRequestHandler]:
    connect = http.client.HTTPSConnection if upstream.scheme == "https" else http.client.HTTPConnection

    class Handler(http.server.BaseHTTPRequestHandler):
        """One request passed on, and its answer passed back as it comes."""

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: what is to be known is in what was seen."""

        def do_GET(self) -> None:
            self._pass_on(b"")

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers["content-length"])))

        def _pass_on(self, body: bytes) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
            connection = connect(upstream.netloc, timeout=WAIT)
            one = Seen(json.loads(body) if body else {})
            try:
                connection.request(self.command, upstream.path + self.path, body or None, headers)
                answer = connection.getresponse()
                one.status = answer.status
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOPS:
                        self.send_header(name, value)
                # HTTP/1.0: the end of the connection is the end of the answer.
                self.end_headers()
                while piece := answer.read1(65536):
                    one.answer += piece
                    self.wfile.write(piece)
            finally:
                connection.close()
                if "messages" in one.request:
                    seen.append(one)

    return Handler


@contextmanager
def recording(base_url: str) -> Generator[Recorder]:
    """A recorder in front of an endpoint, for as long as the block runs."""
    seen: list[Seen] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(urlsplit(base_url), seen))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Recorder(f"http://127.0.0.1:{server.server_address[1]}", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
