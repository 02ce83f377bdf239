"""The fixtures, in a test session of their own: as another project uses them."""

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = 'pytest_plugins = ["moonwire.simulator.pytest_plugin"]\n'
TESTS = """\
import json
import urllib.error
import urllib.request

import pytest


def post(server, **fields):
    body = {"messages": [{"role": "user", "content": "Say 'OK'."}], **fields}
    headers = {"authorization": "Bearer any"}
    asked = urllib.request.Request(f"{server.base_url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)


def test_kimi(kimi):
    assert post(kimi, model="kimi-k3")["choices"][0]["message"]["content"] == "OK"
    assert kimi.app.settings.rules == "strictest"
    assert not kimi.refused
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(kimi, model="kimi-k3", temperature=0.3)
    refused.value.close()
    assert [one.rule for one in kimi.refused] == ["sampling"]


def test_others(kimi_endpoint):
    one = kimi_endpoint(endpoint="vllm", models=("kimi-k2.6",))
    other = kimi_endpoint(endpoint="platform")
    assert one.base_url != other.base_url
    assert post(one, model="kimi-k2.6") and post(other, model="kimi-k3")


def test_both(kimi, kimi_endpoint):
    assert kimi.base_url != kimi_endpoint().base_url
"""


def test_the_fixtures_serve_another_project(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_agent.py").write_text(TESTS)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout
