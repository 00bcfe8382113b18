"""Processes with a model killed at random while a daemon indexes; the full form is in the benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def test_kills_cost_time_only(tmp_path: Path) -> None:
    script = REPOSITORY / "benchmarks" / "models.py"
    run = subprocess.run(
        [sys.executable, str(script), "--parts", "kills", "--short", "--json"],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)["kills"]
    assert found["kills"] == 8
    assert found["equal"]
    assert found["rows"] > 20
    assert found["asked"] == found["answered"] + found["refused"]
    # Whoever waits for a process that is killed is answered by the next one, or told what happened.
    assert found["answered"] >= 4
    assert all("model" in reason for reason in found["reasons"])
