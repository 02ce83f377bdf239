"""Every path, every method, and who is let in."""

import time
from typing import Any

import pytest

from moonwire.simulator import App, Settings
from moonwire.simulator.routes import Asked, plain_path
from tests.simulator.asking import Answer, ask, body

PATHS: list[tuple[str, str]] = [
    ("/v1/chat/completions", "/chat/completions"),
    ("/coding/v1/chat/completions", "/chat/completions"),
    ("/anthropic/v1/messages", "/messages"),
    ("/v1/models/", "/models"),
    ("/v1/", "/"),
    ("/v1", "/v1"),
    ("/", "/"),
    ("", ""),
    ("/v1/a\nb", "/a\nb"),
]


@pytest.mark.parametrize(("path", "plain"), PATHS)
def test_plain_paths(path: str, plain: str) -> None:
    assert plain_path(path) == plain


def test_a_long_path_takes_no_time() -> None:
    begun = time.process_time()
    assert plain_path("/v1" * 50_000 + "\n")
    assert time.process_time() - begun < 0.2


KEYS: list[tuple[dict[str, str], str]] = [
    ({"authorization": "Bearer sk-1"}, "sk-1"),
    ({"authorization": "bearer  sk-1 "}, "sk-1"),
    ({"x-api-key": "sk-1"}, "sk-1"),
    ({"authorization": "Basic abc", "x-api-key": "sk-1"}, "sk-1"),
    ({"authorization": "Bearer "}, ""),
    ({"authorization": "sk-1"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("headers", "key"), KEYS)
def test_the_credential(headers: dict[str, str], key: str) -> None:
    assert Asked(method="GET", path="/", headers=headers, body=b"").key == key


AUTH: list[tuple[str, dict[str, str], int, str]] = [
    ("platform", {}, 401, "Invalid Authentication"),
    ("platform", {"authorization": "Bearer wrong"}, 401, "Incorrect API key provided"),
    ("platform", {"authorization": "Bearer good"}, 200, ""),
    (
        "coding",
        {"authorization": "Bearer wrong"},
        401,
        "The API Key appears to be invalid or may have expired",
    ),
]


@pytest.mark.parametrize(("endpoint", "headers", "status", "words"), AUTH)
def test_who_is_let_in(endpoint: str, headers: dict[str, str], status: int, words: str) -> None:
    answer = ask(App(Settings(endpoint=endpoint, keys=("good",))), body(), headers=headers)
    assert answer.status == status
    assert status == 200 or answer.error["message"] == words


def get(path: str, endpoint: str = "platform", method: str = "GET", data: bytes = b"", **more: Any) -> Answer:
    return ask(App(Settings(endpoint=endpoint, **more)), data, method=method, path=path)


ROUTES: list[tuple[str, str, str, int]] = [
    ("platform", "GET", "/v1/models", 200),
    ("platform", "GET", "/v1/models/kimi-k3", 200),
    ("platform", "GET", "/v1/models/nobody", 404),
    ("platform", "GET", "/v1/users/me/balance", 200),
    ("coding", "GET", "/coding/v1/users/me/balance", 404),
    ("coding", "GET", "/coding/v1/usages", 200),
    ("platform", "GET", "/v1/usages", 404),
    ("platform", "GET", "/v1/files", 200),
    ("platform", "GET", "/v1/files/none", 404),
    ("platform", "GET", "/v1/files/none/content", 404),
    ("platform", "DELETE", "/v1/files/none", 404),
    ("platform", "GET", "/v1/chat/completions", 405),
    ("platform", "POST", "/v1/models", 405),
    ("platform", "PUT", "/v1/files/x", 405),
    ("platform", "GET", "/v1/nothing", 404),
    ("platform", "GET", "/", 404),
    ("platform", "GET", "", 404),
    ("platform", "POST", "/v1/chat/completions", 400),
    ("platform", "POST", "/v1/tokenizers/estimate-token-count", 400),
    ("platform", "POST", "/v1/files", 400),
]


@pytest.mark.parametrize(("endpoint", "method", "path", "status"), ROUTES)
def test_routes(endpoint: str, method: str, path: str, status: int) -> None:
    answer = get(path, endpoint, method)
    assert answer.status == status
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-trace-id")
    assert answer.json()


BODIES: list[tuple[bytes, str]] = [
    (b"", "the body is not JSON"),
    (b"{", "the body is not JSON"),
    (b"[]", "the body must be an object"),
    (b"3", "the body must be an object"),
    (b"\xff", "the body is not JSON"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 300 + b"1" + b"}" * 300, "nested too deeply"),
    (b'{"model": "\\ud800"}', "the body is not JSON"),
    (b'{"model": NaN}', "the body is not JSON"),
]


@pytest.mark.parametrize(("data", "words"), BODIES)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
def test_bodies_that_are_none(data: bytes, words: str, path: str) -> None:
    answer = get(path, method="POST", data=data)
    assert answer.status in (400, 404)
    assert answer.status == 404 or words in answer.error["message"]


def test_the_token_counter() -> None:
    path = "/v1/tokenizers/estimate-token-count"
    counted = get(path, method="POST", data=body("Hi there."))
    said = ask(App(), body("Hi there.")).json()["usage"]["prompt_tokens"]
    assert counted.json() == {"data": {"total_tokens": said}}
    for data in (body("Hi.", model="nobody"), body([]), body([{"role": "tool", "tool_call_id": "x"}])):
        refused = get(path, method="POST", data=data)
        assert refused.status in (400, 404)
        assert (refused.json()["code"], refused.json()["status"]) == (3, False)
    orphan = get(path, method="POST", data=body([{"role": "tool", "tool_call_id": "x", "content": "y"}]))
    assert orphan.json()["error"].startswith("messages[0]: ")


def test_files_are_kept() -> None:
    app = App(Settings(fixed=True))
    form = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfile-extract\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello\r\n--b--\r\n'
    )
    headers = {"authorization": "Bearer any", "content-type": "multipart/form-data; boundary=b"}
    item = ask(app, form, path="/v1/files", headers=headers).json()
    assert (item["filename"], item["bytes"]) == ("a.txt", 5)
    one = f"/v1/files/{item['id']}"
    assert ask(app, method="GET", path=one).json() == item
    assert ask(app, method="GET", path="/v1/files").json()["data"] == [item]
    assert ask(app, method="GET", path=f"{one}/content").json()["content"] == "Hello"
    assert ask(app, method="DELETE", path=one).json()["deleted"] is True
    assert ask(app, method="GET", path=one).status == 404


@pytest.mark.parametrize(
    ("endpoint", "names"),
    [("platform", ["x-trace-id", "msh-request-id", "x-msh-trace-id", "msh-gid"]), ("vllm", ["x-request-id"])],
)
def test_requests_have_names(endpoint: str, names: list[str]) -> None:
    headers = [name for name, _ in get("/v1/models", endpoint).headers]
    assert headers == ["content-type", *names]


def test_usage_stands_in_the_headers() -> None:
    answer = ask(App(), body())
    assert answer.header("x-msh-usage-prompt-tokens") == str(answer.json()["usage"]["prompt_tokens"])
    assert answer.header("x-msh-usage-cached-tokens") == "0"


@pytest.mark.parametrize(("top", "count"), [(None, 0), (3, 3), (True, 1), (99, 0), ("x", 0), (-1, 0)])
def test_logprobs_on_request(top: Any, count: int) -> None:
    choice = ask(App(), body(logprobs=True, top_logprobs=top)).json()["choices"][0]
    assert {len(one["top_logprobs"]) for one in choice["logprobs"]["content"]} == {count}
    assert "logprobs" not in ask(App(), body(top_logprobs=3)).json()["choices"][0]
