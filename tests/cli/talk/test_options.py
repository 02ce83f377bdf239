"""The flags of both commands: a key in clear is refused unseen, and words become values."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from moonwire.cli.talk.options import Talk, system_text, talk_options
from moonwire.core.errors import LocalProtocolError

SECRET = "sk-PLANTED-77"


@click.command()
@talk_options
@click.option("--more", is_flag=True)
def command(talk: Talk, more: bool) -> None:
    click.echo(f"{talk!r} {more}")


def test_flags_become_one_value() -> None:
    arguments = ["-m", "kimi-k2.6", "--tools", "a:b", "--tools", "c:", "--key", "env:MINE", "--more"]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0
    assert done.output == f"{Talk(model='kimi-k2.6', tools=('a:b', 'c:'), key='env:MINE')!r} True\n"


def test_a_key_in_clear_is_refused_with_a_reason_and_not_repeated() -> None:
    done = CliRunner().invoke(command, ["--key", SECRET])
    assert done.exit_code == 2
    assert "process list" in done.output and SECRET not in done.output


def test_the_systems_words_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("Be brief.\n")
    assert system_text(f"@{tmp_path / 'rules.md'}") == "Be brief."
    assert (system_text("Be brief."), system_text(None), system_text("")) == ("Be brief.", "", "")
    (tmp_path / "rules.bin").write_bytes(b"\xff\xfe")
    with pytest.raises(LocalProtocolError, match="not UTF-8"):
        system_text(f"@{tmp_path / 'rules.bin'}")
    with pytest.raises(FileNotFoundError):
        system_text(f"@{tmp_path / 'nope'}")
