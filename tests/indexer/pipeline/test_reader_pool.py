"""Many files through worker processes, also when a worker dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from codeassistd.indexer.pipeline.reader_pool import read_files
from codeassistd.indexer.walk.entry import ContentLimits, FileEntry
from codeassistd.indexer.walk.scan import scan

LIMITS = ContentLimits()
COUNT = 600


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for number in range(COUNT):
        (folder / f"f{number}.py").write_text(f"def function_{number}():\n    return {number}\n")
    return folder


def entries(root: Path) -> list[FileEntry]:
    return [item for item in scan(root) if isinstance(item, FileEntry)]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_file_is_read_once(root: Path, workers: int) -> None:
    read = Counter(
        result.path
        for results in read_files(root, entries(root), {}, LIMITS, workers)
        for result in results or ()
        if result.rows
    )
    assert len(read) == COUNT
    assert set(read.values()) == {1}


def test_a_worker_that_dies_loses_no_file(root: Path) -> None:
    read: Counter[str] = Counter()
    killed = False
    for results in read_files(root, entries(root), {}, LIMITS, 2):
        read.update(result.path for result in results or () if result.rows)
        workers = multiprocessing.active_children()
        if results and workers and not killed:
            assert workers[0].pid is not None
            os.kill(workers[0].pid, signal.SIGTERM)
            killed = True
    assert killed
    assert len(read) == COUNT
    assert set(read.values()) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="processes are listed through /proc or ps")
def test_workers_end_when_their_parent_is_killed(root: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from codeassistd.indexer.pipeline.reader_pool import read_files\n"
        "from codeassistd.indexer.walk.entry import ContentLimits\n"
        "from codeassistd.indexer.walk.scan import scan\n"
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    root = Path(sys.argv[1])\n"
        "    for results in read_files(root, list(scan(root)), {}, ContentLimits(), 2):\n"
        "        if results:\n"
        "            print(*[child.pid for child in multiprocessing.active_children()], flush=True)\n"
        "            time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(root)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert workers
    parent.kill()
    parent.wait()
    until = time.monotonic() + 20
    while any(_alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in workers)


def _alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
