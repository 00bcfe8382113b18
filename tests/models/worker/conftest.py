"""Workers that end with their test, and a way to wait for what another process does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from codeassistd.models.completer_selection import CompleterRequest
from codeassistd.models.completion import CompleterIdentity
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.selection import EmbedderRequest
from codeassistd.models.worker.completer import WorkerCompleter
from codeassistd.models.worker.embedder import WorkerEmbedder
from codeassistd.models.worker.limits import WorkerLimits

PROGRAM = Path(__file__).parent / "faulty_worker.py"
IDENTITY = ModelIdentity("test-vectors", "0" * 64, "mean", "", "", 8, 64, "float")
_PATIENCE_SECONDS = 30.0


class MakeWorker(Protocol):
    def __call__(
        self, *arguments: str, limits: WorkerLimits | None = None, command: tuple[str, ...] | None = None
    ) -> WorkerEmbedder: ...


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something is so; a test fails when it never is."""

    def wait(condition: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)

    return wait


@pytest.fixture
def log() -> list[str]:
    """What the workers of a test wrote to standard error."""
    return []


@pytest.fixture
def program() -> Path:
    """The worker program that shows the faults it is told to show."""
    return PROGRAM


@pytest.fixture
def identity() -> ModelIdentity:
    """The vectors of that program."""
    return IDENTITY


@pytest.fixture
def make_worker(log: list[str]) -> Iterator[MakeWorker]:
    """Makes embedders whose worker is `faulty_worker.py` with arguments, and leaves no process behind."""
    before = set(psutil.Process().children(recursive=True))
    made: list[WorkerEmbedder] = []

    def make(
        *arguments: str, limits: WorkerLimits | None = None, command: tuple[str, ...] | None = None
    ) -> WorkerEmbedder:
        command = command or (sys.executable, str(PROGRAM), *arguments)
        made.append(WorkerEmbedder(IDENTITY, EmbedderRequest(), limits, command=command, on_log=log.append))
        return made[-1]

    yield make
    for embedder in made:
        embedder.close()
    assert set(psutil.Process().children(recursive=True)) <= before


class MakeCompleter(Protocol):
    def __call__(self, *arguments: str, limits: WorkerLimits | None = None) -> WorkerCompleter: ...


@pytest.fixture
def make_completer(log: list[str]) -> Iterator[MakeCompleter]:
    """Makes completers whose worker is `faulty_completer.py` with arguments, and leaves no process behind."""
    before = set(psutil.Process().children(recursive=True))
    made: list[WorkerCompleter] = []
    program = str(Path(__file__).parent / "faulty_completer.py")

    def make(*arguments: str, limits: WorkerLimits | None = None) -> WorkerCompleter:
        identity, request = CompleterIdentity("test-writer"), CompleterRequest("a file")
        command = (sys.executable, program, *arguments)
        made.append(WorkerCompleter(identity, request, limits, command=command, on_log=log.append))
        return made[-1]

    yield make
    for completer in made:
        completer.close()
    assert set(psutil.Process().children(recursive=True)) <= before
