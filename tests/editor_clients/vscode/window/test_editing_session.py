"""Each thing that somebody does in half an hour of editing, done once, leaves no fault behind."""

from __future__ import annotations

import json
import subprocess
import sys

from ..installation import ROOT, Installation

SCRIPT = ROOT / "benchmarks" / "editing_session.py"


def test_everything_once(installed: Installation) -> None:
    options = ("--editor", "vscode", "--things", "14", "--pace", "0.05", "--json")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], check=False, capture_output=True, text=True, timeout=1500
    )

    assert done.stdout, done.stderr
    session = json.loads(done.stdout)
    assert session["faults"] == []
    assert set(session["done"].values()) == {1}
    assert (session["completions_accepted"], session["docstrings_written"]) == (1, 1)
