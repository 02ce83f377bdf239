"""Which file counts, and that the environment is stronger than it, and flags are stronger than both."""

import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from moonwire.gateway.config.schema import keys
from moonwire.gateway.config.sources import ENV_NAMES, FLAGS, QUICK, find_file, gather
from tests.gateway.config.samples import MARK, around, loaded, refused

# -- the file --------------------------------------------------------------------------------------------


def test_the_file_that_is_named_goes_before_those_that_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    users = tmp_path / "home" / ".config" / "moonwire"
    users.mkdir(parents=True)
    flagged, told, here = tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "moonwire.toml"
    there = users / "moonwire.toml"
    for file in (flagged, told, here, there):
        file.touch()
    environ = around(tmp_path)
    named = {**environ, "MOONWIRE_CONFIG": str(told)}
    assert find_file({"config": "a.toml"}, named, tmp_path) == (flagged, True)
    assert find_file({"config": None}, named, tmp_path) == (told, True)
    assert find_file({}, environ, tmp_path) == (here, False)
    here.unlink()
    assert find_file({}, environ, tmp_path) == (there, False)
    there.unlink()
    assert find_file({}, environ, tmp_path) == (None, False)


@pytest.mark.parametrize(
    ("platform", "xdg", "folder"),
    [
        ("linux", "", "home/.config/moonwire"),
        ("linux", "xdg", "xdg/moonwire"),
        ("darwin", "xdg", "home/Library/Application Support/moonwire"),
    ],
)
def test_where_the_user_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, xdg: str, folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    (tmp_path / folder).mkdir(parents=True)
    file = tmp_path / folder / "moonwire.toml"
    file.touch()
    environ = around(tmp_path, XDG_CONFIG_HOME=str(tmp_path / xdg) if xdg else "not/absolute")
    assert find_file({}, environ, tmp_path) == (file, False)


def test_a_file_that_is_named_and_not_there_is_an_error(tmp_path: Path) -> None:
    assert str(refused(tmp_path, config="gone.toml")).startswith("--config: there is no file")
    error = refused(tmp_path, environ={"MOONWIRE_CONFIG": "gone.toml"})
    assert str(error).startswith("env MOONWIRE_CONFIG: there is no file")
    assert error.remedy == "moonwire init PATH writes one"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "moonwire.toml").mkdir()
    assert str(refused(tmp_path)).startswith("moonwire.toml: cannot be read: Is a directory")


def test_a_file_that_is_no_utf8_is_an_error_without_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "moonwire.toml").write_bytes(f'a = 1\nkey = "{MARK}'.encode() + b'\xff"')
    assert refused(tmp_path).path == "moonwire.toml:2"


def test_a_file_of_another_system_is_read(tmp_path: Path) -> None:
    (tmp_path / "moonwire.toml").write_bytes(b"\xef\xbb\xbf[server]\r\nport = 1\r\n")
    made = loaded(tmp_path)
    assert (made.config.server.port, made.origin("server.port")) == (1, "moonwire.toml:2")


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_a_file_that_anybody_could_have_written_is_taken_only_by_name(tmp_path: Path) -> None:
    file = tmp_path / "moonwire.toml"
    file.write_text("server.port = 1")
    file.chmod(0o666)
    assert "everybody can change the file" in str(refused(tmp_path))
    assert loaded(tmp_path, config="moonwire.toml").config.server.port == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_a_file_of_another_user_is_taken_only_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moonwire.toml").write_text("server.port = 1")
    real = os.fstat

    def foreign(descriptor: int) -> os.stat_result:
        found = list(real(descriptor))
        found[4] = os.geteuid() + 1
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", foreign)
    error = refused(tmp_path)
    assert error.message == "the file belongs to another user"
    assert error.remedy == "name it with --config if you trust it"
    assert loaded(tmp_path, config="moonwire.toml").config.server.port == 1


def test_where_modes_say_nothing_they_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "moonwire.toml"
    file.write_text(f'[clients.a]\nkey = "{MARK}"')
    file.chmod(0o666)
    monkeypatch.setattr(sys, "platform", "win32")
    assert loaded(tmp_path).warnings == ()


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f'[upstreams.platform]\nkey = "{MARK}"', "moonwire.toml:2: upstreams.platform.key"),
        (f'[upstreams.platform]\nkeys = ["env:A", "{MARK}"]', "moonwire.toml:2: upstreams.platform.keys[1]"),
        (f'[clients.a]\nkey = "{MARK}"', "moonwire.toml:2: clients.a.key"),
        ('[upstreams.platform]\nkey = "env:A"', ""),
        ("[server]\nport = 1", ""),
    ],
)
def test_a_key_in_a_file_that_others_read_is_worth_a_warning(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "moonwire.toml"
    file.write_text(text)
    file.chmod(0o644)
    warnings = loaded(tmp_path).warnings
    assert bool(warnings) is bool(key)
    assert all(one.startswith(f"{key}: a key is written out") and MARK not in one for one in warnings)
    file.chmod(0o600)
    assert loaded(tmp_path).warnings == ()


# -- the environment -------------------------------------------------------------------------------------


def test_the_environment_is_stronger_than_the_file_and_flags_are_stronger_than_both(tmp_path: Path) -> None:
    text = 'mode = "strict"\n[server]\nport = 1\nhost = "::1"\nworkers = 2\n'
    environ = {"MOONWIRE_PORT": "2", "MOONWIRE_HOST": "localhost"}
    made = loaded(tmp_path, text, environ, port=3)
    server = made.config.server
    assert (server.workers, server.host, server.port, server.drain) == (2, "localhost", 3, 30.0)
    origins = [made.origin(f"server.{key}") for key in ("workers", "host", "port", "drain")]
    assert origins == ["moonwire.toml:5", "env MOONWIRE_HOST", "--port", "default"]
    assert made.files == ("moonwire.toml",)


def test_every_variable_reaches_its_key(tmp_path: Path) -> None:
    defaults: dict[tuple[str | int, ...], Any] = {key.path: key.field.default for key in keys()}
    assert len(ENV_NAMES) > 50
    for name, path in ENV_NAMES.items():
        # Its own default, written as text.
        default = defaults[path]
        text = (
            ",".join(cast("tuple[str, ...]", default))
            if isinstance(default, tuple)
            else str(7 if default is None else default)
        )
        sources = gather({}, around(tmp_path, **{name: text or "x"}), tmp_path)
        assert sources.origins == {path: f"env {name}"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MOONWIRE_DRAIN", "5", 5.0),
        ("MOONWIRE_DRAIN", " 2.5 ", 2.5),
        ("MOONWIRE_WORKERS", "3", 3),
        ("MOONWIRE_ALLOWED_HOSTS", " a, b ,", ("a", "b")),
        ("MOONWIRE_BASE_PATH", "/kimi", "/kimi"),
    ],
)
def test_a_text_becomes_what_the_key_takes(tmp_path: Path, name: str, text: str, value: object) -> None:
    made = loaded(tmp_path, environ={name: text})
    assert getattr(made.config.server, str(ENV_NAMES[name][-1])) == value


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("FALSE", False), ("0", False)])
def test_yes_and_no_in_a_variable(tmp_path: Path, text: str, value: bool) -> None:
    assert loaded(tmp_path, environ={"MOONWIRE_OPTIONS_RESUME": text}).config.options.resume is value


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MOONWIRE_PORT": MARK}, "env MOONWIRE_PORT: server.port: must be a whole number (such as 8370)"),
        ({"MOONWIRE_SETTINGS_CAP": "x"}, "settings.cap: must be a whole number (such as 65536)"),
        ({"MOONWIRE_PORT": "-1"}, "env MOONWIRE_PORT: server.port: a negative number"),
        ({"MOONWIRE_MODE": MARK}, "env MOONWIRE_MODE: mode: not one of its values"),
        ({"MOONWIRE_PROT": "1"}, "env MOONWIRE_PROT: no such variable (did you mean MOONWIRE_PORT?)"),
        ({"MOONWIRE_QQQQQQQQQQ": "1"}, "no such variable (moonwire config lists the keys"),
        ({"MOONWIRE_UPSTREAMS_RACK_RPM": "1"}, "env MOONWIRE_UPSTREAMS_RACK_RPM: no such variable"),
    ],
)
def test_a_variable_that_is_wrong_is_an_error(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    assert said in str(refused(tmp_path, environ=environ))


def test_an_empty_variable_is_none_and_what_kubernetes_or_tests_set_is_no_setting(tmp_path: Path) -> None:
    environ = {
        "MOONWIRE_PORT": "tcp://10.0.0.1:8370",
        "MOONWIRE_SERVICE_HOST": "10.0.0.1",
        "MOONWIRE_SERVICE_PORT_HTTP": "8370",
        "MOONWIRE_PORT_8370_TCP_ADDR": "10.0.0.1",
        "MOONWIRE_GATEWAY_PORT": "tcp://10.0.0.2:80",
        "MOONWIRE_HOST": "",
        "MOONWIRE_ANYTHING": "",
        "MOONWIRE_CLIENTS": "/var/agents",
        "MOONWIRE_CLIENT_MODELS": "kimi-k3",
        "MOONWIRE_CONFORMANCE_DATA": "../data",
        "MOONWIRE_REQUIRE_SERVICES": "1",
    }
    assert loaded(tmp_path, environ=environ).config == loaded(tmp_path).config


def test_the_tables_of_the_file_are_reached_by_their_names(tmp_path: Path) -> None:
    text = '[upstreams.my-rack]\nbase_url = "http://rack/v1"\nrpm = 1\n[clients.a]\nkey = "env:A"\n'
    environ = {"MOONWIRE_UPSTREAMS_MY_RACK_RPM": "7", "MOONWIRE_CLIENTS_A_KEY": MARK}
    made = loaded(tmp_path, text, {**environ, "MOONWIRE_UPSTREAMS_MY_RACK_TIMEOUTS_IDLE": "inf"})
    rack = made.config.upstreams["my-rack"]
    assert (rack.rpm, rack.timeouts.idle) == (7, float("inf"))
    assert made.origin("upstreams.my-rack.rpm") == "env MOONWIRE_UPSTREAMS_MY_RACK_RPM"
    key = made.config.clients["a"].key
    assert key is not None and key.reveal() == MARK


def test_two_names_with_one_variable_are_an_error(tmp_path: Path) -> None:
    text = '[upstreams.a-b]\nbase_url = "http://x/v1"\n[upstreams.a_b]\nbase_url = "http://y/v1"\n'
    assert "have one variable" in str(refused(tmp_path, text))


def test_a_variable_does_not_mend_a_file_that_is_wrong(tmp_path: Path) -> None:
    error = refused(tmp_path, "server = 3", {"MOONWIRE_PORT": "1"})
    assert str(error) == "moonwire.toml:1: server: must be a table (begin it with [server])"


# -- flags -----------------------------------------------------------------------------------------------


def test_every_flag_is_a_key(tmp_path: Path) -> None:
    paths = {key.path for key in keys()}
    assert set(FLAGS.values()) <= paths
    sources = gather(dict.fromkeys((*FLAGS, *QUICK, "config")), around(tmp_path), tmp_path)
    assert (sources.tree, sources.quick) == ({}, {})


def test_a_flag_that_is_none_or_empty_is_an_error(tmp_path: Path) -> None:
    assert str(refused(tmp_path, prot=1)) == "--prot: no such flag (did you mean port?)"
    assert str(refused(tmp_path, upstream_key="")).startswith("--upstream-key: is empty")
    assert str(refused(tmp_path, port="x")).startswith("--port: server.port: must be a whole number")


def test_what_other_commands_are_told_is_no_key(tmp_path: Path) -> None:
    assert loaded(tmp_path, environ={"MOONWIRE_HISTORY": "none"}).warnings == ()
