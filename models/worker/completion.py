"""A worker process that writes text: ``python -m codeassistd.models.worker.completion``."""

from __future__ import annotations

import sys

from ..completer_selection import load_completer
from .completion_service import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(load_completer))
