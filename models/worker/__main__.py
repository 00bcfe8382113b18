"""A worker process: ``python -m codeassistd.models.worker``, started by `process.WorkerProcess`."""

from __future__ import annotations

import sys

from ..selection import load_embedder
from .serving import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(load_embedder))
