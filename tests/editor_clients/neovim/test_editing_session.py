"""Each thing that somebody does in half an hour of editing, done once, leaves no fault behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "editing_session.py"

# Named outright: the session takes turns with every release, so that once is enough.
NEWEST = pytest.mark.parametrize("nvim_binary", ["0.12-dev"], indirect=True)


@NEWEST
def test_everything_once(nvim_binary: Path) -> None:
    folder = next(parent for parent in nvim_binary.parents if parent.name == "0.12-dev").parent
    command = [sys.executable, str(SCRIPT), "--things", "14", "--pace", "0.05", "--json"]
    done = subprocess.run(
        command,
        env={**os.environ, "NEOVIM_TESTS_DIR": str(folder)},
        check=False,
        capture_output=True,
        text=True,
        timeout=1500,
    )

    assert done.stdout, done.stderr
    session = json.loads(done.stdout)
    assert session["faults"] == []
    assert set(session["done"].values()) == {1}
    assert session["completions_accepted"] == 1
