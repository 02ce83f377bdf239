"""Where keys come from, in which order, and that no error ever shows one."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden
from moonwire.exchange.keys import (
    default_key,
    default_upstream,
    resolve_key,
    resolve_secret,
    run_command,
    split_command,
)

MARK = "sk-PLANTED-9f2"


def never(words: Sequence[str]) -> str:
    raise AssertionError(f"ran {words}")


def shown(error: BaseException) -> str:
    """All that an error can show, its causes included."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


def secret_file(folder: Path, data: bytes, mode: int = 0o600) -> str:
    file = folder / "key file"
    file.write_bytes(data)
    file.chmod(mode)
    return f"file:{file}"


# -- what a text stands for ------------------------------------------------------------------------------


def test_a_key_is_itself_a_variable_a_file_or_what_a_command_prints(tmp_path: Path) -> None:
    ran: list[Sequence[str]] = []

    def run(words: Sequence[str]) -> str:
        ran.append(words)
        return f"\n{MARK}\r\n"

    environ = {"MINE": f" {MARK} "}
    assert resolve_key(MARK, {}, never) == Hidden(MARK)
    assert resolve_key(Hidden(MARK), {}, never) == Hidden(MARK)
    assert resolve_key("env:MINE", environ, never) == Hidden(MARK)
    assert resolve_key(secret_file(tmp_path, f"  {MARK}\n".encode()), {}, never) == Hidden(MARK)
    assert resolve_key("cmd:op read 'op://Team/a key'", {}, run) == Hidden(MARK)
    assert ran == [("op", "read", "op://Team/a key")]


def test_what_begins_otherwise_is_the_key_itself() -> None:
    assert resolve_key("other:thing", {}, never).reveal() == "other:thing"
    assert resolve_key("env", {"env": "x"}, never).reveal() == "env"


def test_a_header_may_have_blanks_and_a_key_may_not() -> None:
    assert resolve_secret("two words", {}, never).reveal() == "two words"
    with pytest.raises(LocalProtocolError, match="cannot stand in a header"):
        resolve_key("two words", {}, never)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_a_file_for_everybody_is_refused(tmp_path: Path, mode: int) -> None:
    spec = secret_file(tmp_path, MARK.encode(), mode)
    with pytest.raises(LocalProtocolError, match=f"the file has mode {mode:04o}") as caught:
        resolve_key(spec, {}, never, path="here")
    assert caught.value.remedy == f"chmod 600 {spec.removeprefix('file:')}"
    assert caught.value.path == "here"
    assert MARK not in shown(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_file_for_oneself_or_a_group_is_read(tmp_path: Path, mode: int) -> None:
    assert resolve_key(secret_file(tmp_path, MARK.encode(), mode), {}, never).reveal() == MARK


def test_a_file_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_file(tmp_path, MARK.encode())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_key("file:~/key file", {}, never).reveal() == MARK


# What a key is written as, what is wrong with it, and what the remedy says.
REFUSED = [
    ("env:NOT_SET", "the variable NOT_SET is not set", "export it"),
    ("env:BLANK", "the key is empty", "leave it out"),
    (f"env:{MARK}", "not the name of a variable", "env:NAME"),
    ("env:", "not the name of a variable", "env:NAME"),
    ("file:/no/such/file", "/no/such/file cannot be read: No such file", "file:PATH"),
    ("file:/", "/ cannot be read: Is a directory", "file:PATH"),
    ("", "the key is empty", "leave it out"),
    (f"{MARK}\nmore", "more than one line", "the key and nothing else"),
    (f"{MARK}\tmore", "not printable ASCII", ""),
    (f"{MARK}ü", "not printable ASCII", ""),
    (f"{MARK} more", "cannot stand in a header", "one word"),
    ("cmd:", "no command", "cmd:PROGRAM"),
    (f"cmd:echo {MARK} | head", "needs a shell", "cmd:sh -c"),
    (f"cmd:echo {MARK} && true", "needs a shell", "cmd:sh -c"),
    (f"cmd:echo $({MARK})", "needs a shell", "cmd:sh -c"),
    (f'cmd:echo "$KEY{MARK}"', "needs a shell", "cmd:sh -c"),
    (f"cmd:echo `{MARK}`", "needs a shell", "cmd:sh -c"),
    (f"cmd:TOKEN={MARK} op read x", "needs a shell", "cmd:sh -c"),
    (f"cmd:echo '{MARK}", "a quote has no end", "cmd:PROGRAM"),
]


@pytest.mark.parametrize(("spec", "message", "remedy"), REFUSED)
def test_what_is_no_key_is_refused_without_being_shown(spec: str, message: str, remedy: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        resolve_key(spec, {"BLANK": " "}, never, path="moonwire.toml:3: upstreams.a.key")
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.path == "moonwire.toml:3: upstreams.a.key"
    assert MARK not in shown(caught.value)


def test_a_file_that_is_no_text_is_refused_without_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match="not a text") as caught:
        resolve_key(secret_file(tmp_path, MARK.encode() + b"\xff"), {}, never)
    assert MARK not in shown(caught.value)


# -- commands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pass show kimi", ("pass", "show", "kimi")),
        ("op read op://a/b?attribute=otp", ("op", "read", "op://a/b?attribute=otp")),
        ("sh -c 'echo $KEY | head -n1'", ("sh", "-c", "echo $KEY | head -n1")),
        ('run "a | b" c\\;d', ("run", "a | b", "c;d")),
        ("run --key=value", ("run", "--key=value")),
    ],
)
def test_a_line_is_taken_apart_as_a_shell_would(line: str, words: tuple[str, ...]) -> None:
    assert split_command(line) == words


def test_a_program_in_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert split_command("~/bin/key now") == ("/home/me/bin/key", "now")


def test_a_command_runs_without_a_shell_and_without_input() -> None:
    code = "import sys; print(sys.stdin.read() + sys.argv[1])"
    assert run_command([sys.executable, "-c", code, "$HOME"]) == "$HOME\n"
    assert resolve_key(f"cmd:{sys.executable} -c 'print(7)'", {}).reveal() == "7"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([f"/no/such/{MARK}"], "cannot be run: No such file"),
        (["\0" + MARK], "cannot be run: a word holds a NUL"),
        ([sys.executable, "-c", f"import sys; print('{MARK}'); sys.exit('{MARK}')"], "ended with status 1"),
        (
            [sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')", MARK],
            "printed no text",
        ),
    ],
)
def test_a_command_that_fails_shows_neither_its_words_nor_its_output(words: list[str], message: str) -> None:
    def run(_: Sequence[str]) -> str:
        return run_command(words)

    with pytest.raises(LocalProtocolError) as caught:
        resolve_key("cmd:x", {}, run, path="here")
    assert message in caught.value.message
    assert "in a terminal" in caught.value.remedy
    assert caught.value.path == "here"
    assert MARK not in str(caught.value) + repr(caught.value) + str(vars(caught.value))


def test_a_command_that_takes_too_long_is_ended() -> None:
    waits = "import threading; threading.Event().wait()"
    with pytest.raises(LocalProtocolError, match=r"took more than 0\.2 s"):
        run_command([sys.executable, "-c", waits], seconds=0.2)


# -- the order of the variables ----------------------------------------------------------------------------

KIMI, MOONSHOT = "KIMI_API_KEY", "MOONSHOT_API_KEY"
AI, CN, CODING = "https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1", "https://api.kimi.com/coding/v1"
RACK = "https://rack.example/v1"

# What is set, where that leads to, what it is there, and whose key is sent.
FOLLOWS = [
    ({MOONSHOT: "a"}, AI, "platform", MOONSHOT),
    ({KIMI: "a"}, AI, "platform", KIMI),
    ({KIMI: "sk-kimi-a"}, CODING, "coding", KIMI),
    ({MOONSHOT: "sk-kimi-a"}, CODING, "coding", MOONSHOT),
    ({MOONSHOT: "a", KIMI: "sk-kimi-a"}, AI, "platform", MOONSHOT),
    ({MOONSHOT: " ", KIMI: "sk-kimi-a"}, CODING, "coding", KIMI),
    ({MOONSHOT: "a", KIMI: "b", "KIMI_BASE_URL": RACK}, RACK, "generic", KIMI),
    ({MOONSHOT: "a", "KIMI_BASE_URL": CN}, CN, "platform-cn", MOONSHOT),
    ({MOONSHOT: "a", KIMI: "b", "MOONSHOT_BASE_URL": CN}, CN, "platform-cn", MOONSHOT),
    ({KIMI: "b", "MOONSHOT_BASE_URL": CN}, CN, "platform-cn", KIMI),
    ({KIMI: "b", "KIMI_BASE_URL": RACK, "MOONSHOT_BASE_URL": CN}, RACK, "generic", KIMI),
    ({"KIMI_BASE_URL": RACK}, RACK, "generic", ""),
]


@pytest.mark.parametrize(("environ", "url", "endpoint", "variable"), FOLLOWS)
def test_the_server_and_its_key_follow_from_what_is_set(
    environ: dict[str, str], url: str, endpoint: str, variable: str
) -> None:
    found = default_upstream(environ)
    assert found is not None
    assert (found.base_url, found.endpoint) == (url, endpoint)
    assert found.key_origin == (f"env {variable}" if variable else "")
    assert found.key == (Hidden(f"env:{variable}") if variable else None)
    assert found.key is None or resolve_key(found.key, environ).reveal() == environ[variable].strip()


@pytest.mark.parametrize("environ", [{}, {MOONSHOT: ""}, {"KIMI_BASE_URL": " "}])
def test_nothing_follows_from_nothing(environ: dict[str, str]) -> None:
    assert default_upstream(environ) is None
    assert default_key(environ) == ("", "")


def test_the_region_chooses_between_the_two_platforms_and_nothing_else() -> None:
    def url(environ: dict[str, str]) -> str:
        found = default_upstream(environ, "cn")
        assert found is not None
        return found.base_url

    assert url({MOONSHOT: "a"}) == CN
    assert url({KIMI: "sk-kimi-a"}) == CODING
    assert url({KIMI: "a", "KIMI_BASE_URL": AI}) == AI


def test_a_key_that_is_given_is_stronger_than_the_environment() -> None:
    found = default_upstream({MOONSHOT: "a"}, key=("--upstream-key", Hidden("sk-kimi-b")))
    assert found is not None
    assert (found.base_url, found.key, found.key_origin) == (CODING, Hidden("sk-kimi-b"), "--upstream-key")


def test_a_base_url_that_is_none_is_not_shown() -> None:
    with pytest.raises(LocalProtocolError, match="env KIMI_BASE_URL: not a base URL") as caught:
        default_upstream({"KIMI_BASE_URL": f"https://user:{MARK}@rack/v1"})
    assert MARK not in shown(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "variable"),
    [("", MOONSHOT), ("platform", MOONSHOT), ("platform-cn", MOONSHOT), ("coding", KIMI)],
)
def test_of_two_keys_the_one_that_fits_the_endpoint_is_taken(endpoint: str, variable: str) -> None:
    assert default_key({MOONSHOT: "a", KIMI: "sk-kimi-b"}, endpoint)[0] == variable
