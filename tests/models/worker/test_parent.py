"""No worker outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

PROGRAM = Path(__file__).parent / "faulty_worker.py"
_PARENT = """
import sys
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.selection import EmbedderRequest
from codeassistd.models.worker.embedder import WorkerEmbedder

identity = ModelIdentity("test-vectors", "0" * 64, "mean", "", "", 8, 64, "float")
def log(line):
    print(line, flush=True)
embedder = WorkerEmbedder(identity, EmbedderRequest(), command=sys.argv[2:], on_log=log)
embedder.start()
answer = embedder.submit([sys.argv[1]], "query")
while embedder.usage().state != "loaded":
    pass
print("pid", embedder.usage().pid, flush=True)
{end}
"""


@pytest.fixture
def parent() -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Starts a parent of a worker; gives it and the worker's number."""
    started: list[tuple[subprocess.Popen[str], psutil.Process]] = []

    def start(text: str, mode: str, end: str = "answer.result()") -> tuple[subprocess.Popen[str], int]:
        program = _PARENT.format(end=end)
        command = [sys.executable, "-c", program, text, sys.executable, str(PROGRAM), mode]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("pid"):
            lines.append(process.stdout.readline())
            assert lines[-1], "the parent ended"
        pid = int(lines[-1].split()[1])
        started.append((process, psutil.Process(pid)))
        return process, pid

    yield start
    for process, worker in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        worker.kill() if worker.is_running() else None


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("mode", ["", "soon-stuck"])
def test_a_busy_worker_ends_when_its_parent_is_killed(
    parent: Callable[..., tuple[subprocess.Popen[str], int]],
    until: Callable[[Callable[[], object]], None],
    tmp_path: Path,
    mode: str,
) -> None:
    process, pid = parent(f"wait {tmp_path / 'never'}", mode)
    process.kill()
    until(lambda: gone(pid))


def test_a_worker_that_does_not_run_python_any_longer_ends_too(
    parent: Callable[..., tuple[subprocess.Popen[str], int]], until: Callable[[Callable[[], object]], None]
) -> None:
    process, pid = parent("hold", "soon-stuck")
    process.kill()
    until(lambda: gone(pid))


def test_a_worker_ends_with_a_parent_that_forgot_to_close(
    parent: Callable[..., tuple[subprocess.Popen[str], int]], until: Callable[[Callable[[], object]], None]
) -> None:
    process, pid = parent("a", "", end="answer.result()\nsys.exit(0)")
    assert process.wait() == 0
    until(lambda: gone(pid))


def test_a_worker_ends_though_another_process_holds_its_pipe(
    parent: Callable[..., tuple[subprocess.Popen[str], int]],
    until: Callable[[Callable[[], object]], None],
    tmp_path: Path,
) -> None:
    # A forked child of the parent inherits everything, the pipe's end included.
    end = """
import os, time
child = os.fork()
if not child: time.sleep(60)
print(child, flush=True)
os.kill(os.getpid(), 9)
"""
    process, pid = parent(f"wait {tmp_path / 'never'}", "", end=end)
    process.wait()
    assert process.stdout is not None
    holder = int(process.stdout.readline())
    try:
        until(lambda: gone(pid))
    finally:
        os.kill(holder, signal.SIGKILL)
