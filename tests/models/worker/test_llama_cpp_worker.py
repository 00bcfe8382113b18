"""llama.cpp in a worker process: killed, cancelled, asked again and again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import psutil
import pytest

from codeassistd.models.completer_selection import CompleterRequest, identity_of
from codeassistd.models.completion import FillIn, Sampling
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.worker.completer import WorkerCompleter, completer_limits
from codeassistd.models.worker.errors import WorkerError

from ..tiny_gguf import write_tiny

Until = Callable[[Callable[[], object]], None]
FILL_IN = FillIn("a.py", "python", "def add(a, b):\n    return ", "\n")
SHORT, LONG = Sampling(max_tokens=8), Sampling(max_tokens=6_000, temperature=0.9)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, and a context in which a text takes seconds."""
    return write_tiny(tmp_path_factory.mktemp("gguf") / "long.gguf", context=8_192)


@pytest.fixture
def completer(model: Path) -> Iterator[WorkerCompleter]:
    before = set(psutil.Process().children(recursive=True))
    request = CompleterRequest(str(model), threads=2)
    made = WorkerCompleter(identity_of(request), request, completer_limits(model.stat().st_size, 10**8))
    yield made
    made.close()
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_hundred_requests(completer: WorkerCompleter) -> None:
    texts = set()
    for number in range(100):
        pieces: list[str] = []
        found = completer.complete(FILL_IN, SHORT, pieces.append if number % 2 else None)
        assert not pieces or "".join(pieces) == found.text
        texts.add(found.text)
    assert len(texts) == 1
    usage = completer.usage()
    assert (usage.counts.completions, usage.failures, usage.state) == (100, 0, "loaded")
    assert usage.counts.cached_tokens > usage.counts.prompt_tokens / 2
    assert usage.engine.startswith(("CPU", "GPU"))
    assert completer.render(FILL_IN, SHORT).tokens * 100 == usage.counts.prompt_tokens


def test_a_worker_killed_while_it_writes(completer: WorkerCompleter) -> None:
    expected = completer.complete(FILL_IN, SHORT).text
    pieces: list[str] = []

    def kill(piece: str) -> None:
        if not pieces:
            pid = completer.usage().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        pieces.append(piece)

    with pytest.raises(WorkerError, match="SIGKILL"):
        completer.complete(FILL_IN, LONG, kill)
    assert pieces
    assert completer.complete(FILL_IN, SHORT).text == expected
    assert completer.usage().failures == 1


def test_giving_up_makes_the_worker_free(completer: WorkerCompleter, until: Until) -> None:
    pieces: list[str] = []
    for _ in range(5):
        pieces.clear()
        with pytest.raises(CancelledError):
            completer.complete(FILL_IN, LONG, pieces.append, lambda: bool(pieces))
    pid = completer.usage().pid
    assert pid is not None
    worker = psutil.Process(pid)

    def is_quiet() -> bool:
        before = worker.cpu_times()
        worker.cpu_percent(0.2)
        after = worker.cpu_times()
        return after.user - before.user < 0.1

    until(is_quiet)
    assert completer.complete(FILL_IN, SHORT).usage.completion_tokens == 8
    assert (completer.usage().failures, completer.usage().pid) == (0, pid)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + b"\xff" * 100)
    request = CompleterRequest(str(path))
    completer = WorkerCompleter(identity_of(request), request)
    try:
        with pytest.raises(CodeassistdError) as caught:
            completer.complete(FILL_IN, SHORT)
        assert str(path) in caught.value.message
        assert "Traceback" not in caught.value.message
    finally:
        completer.close()
