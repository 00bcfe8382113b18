"""Killed at any moment, or out of disk space: nothing is lost, nothing is wrong, and it says what to do."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()"]


def test_fifty_kills_lose_nothing(model_cache: Path, tmp_path: Path) -> None:
    script = REPOSITORY / "benchmarks" / "crash_safety.py"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, str(script), "--short", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["kills"] == 50
    assert set(result["by_moment"]) == {"time", "version", "maintenance"}
    assert result["results_checked"] > 100
    assert result["equal_to_fresh"]


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A file system with little space at a folder; yields False where mounting one is not permitted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def small_files() -> None:
    """In a child process: no file may grow beyond 200 kB, which fails like a full disk does."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def run_index(
    root: Path, data: Path, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "index", "--no-daemon", "--json", str(root)],
        env={**os.environ, "CODEASSISTD_DATA_DIR": str(data)},
        preexec_fn=before, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no way to make a small disk or a size limit there")
def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    noise = random.Random(1)
    for number in range(150):
        lines = "".join(f"    # {noise.randbytes(40).hex()}\n" for _ in range(12))
        (root / f"module_{number}.py").write_text(f"def function_{number}():\n{lines}    return {number}\n")
    data = tmp_path / "data"
    with small_disk(data, 600) as mounted:
        failed = run_index(root, data, None if mounted else small_files)
        assert failed.returncode == 1
        assert "Traceback" not in failed.stderr
        assert "disk is full" in failed.stderr
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=500m", str(data)], check=True)
        (root / "module_0.py").write_text("def function_0(values):\n    return sum(values)\n")
        again = run_index(root, data)
        assert again.returncode == 0, again.stderr
        survived = json.loads(again.stdout)
    fresh = json.loads(run_index(root, tmp_path / "fresh").stdout)
    assert survived["files"]["seen"] == fresh["files"]["seen"] == 150
    assert survived["chunks"]["total"] == fresh["chunks"]["total"] >= 150
