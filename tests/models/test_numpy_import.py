"""NumPy for a process that computes little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_COUNT = """
import os
from codeassistd.models.numpy_import import import_on_one_thread
import_on_one_thread()
import sys
assert "numpy" in sys.modules or "OPENBLAS_NUM_THREADS" in os.environ
import numpy as np
square = np.ones((600, 600), np.float32)
for _ in range(5):
    square @ square
print(len(os.listdir("/proc/self/task")), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


def threads(**environment: str) -> tuple[int, str]:
    """How many threads a process has that has multiplied matrices, and the setting that it leaves."""
    inherited = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", _COUNT],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    count, setting = done.stdout.split()
    return int(count), setting


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where Linux lists them")
def test_products_run_in_the_thread_that_asks() -> None:
    assert threads() == (1, "None")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where Linux lists them")
def test_what_the_user_has_set_counts() -> None:
    count, setting = threads(OPENBLAS_NUM_THREADS="2")
    assert (count, setting) == (min(2, os.cpu_count() or 1), "2")
