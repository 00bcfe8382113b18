"""Importing NumPy for a process that computes little, beside other work."""

from __future__ import annotations

import importlib
import os
import sys

_THREADS = "OPENBLAS_NUM_THREADS"


def import_on_one_thread() -> None:
    """Import NumPy such that it multiplies matrices in the thread that asks.

    OpenBLAS has a thread on each processor, and they wait for one another without sleeping: where something
    else has one of the processors, one small product after the other takes several times as long. What a
    user has set in the environment counts; nothing changes where NumPy is imported already, or built with
    another library.
    """
    if "numpy" in sys.modules or _THREADS in os.environ:
        return
    os.environ[_THREADS] = "1"
    try:
        importlib.import_module("numpy")
    finally:
        # Other libraries and processes that are started may have more to compute.
        del os.environ[_THREADS]
