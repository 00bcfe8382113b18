"""Ctrl-C, SIGTERM and a second process, with real processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.daemon.cli.interrupts import Stopped, stop_at_once, stop_when_consistent

PROGRAM = [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()"]
FILES = 800


@pytest.fixture
def large(workspace: Path) -> Path:
    """A workspace whose embedding takes longer than a test waits."""
    for number in range(FILES):
        lines = "\n".join(f"    step_{number}_{line} = read(source, {number * line})" for line in range(40))
        (workspace / f"module_{number}.py").write_text(f"def function_{number}(source):\n{lines}\n")
    return workspace


@pytest.fixture
def indexing(large: Path) -> Iterator[subprocess.Popen[str]]:
    """`index` at work, its words committed, most vectors not yet made."""
    process = subprocess.Popen(
        [*PROGRAM, "index", "--set", "model.threads=1"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while _committed_chunks() < FILES:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


def _committed_chunks() -> int:
    from codeassistd.indexer.store.layout import IndexLayout
    from codeassistd.indexer.store.manifest import Manifest
    from codeassistd.indexer.workspace import workspace_id

    layout = IndexLayout.of(Path(os.environ["CODEASSISTD_DATA_DIR"]), workspace_id(Path.cwd()))
    try:
        manifest = Manifest(layout.manifest)
    except FileNotFoundError:
        return 0
    try:
        head = manifest.head()
    except sqlite3.OperationalError:  # the file is there a moment before its tables are
        return 0
    finally:
        manifest.close()
    return head.chunks if head else 0


if sys.platform != "win32":  # which has no signals that can be sent to a process and handled by it

    def test_search_beside_an_indexer_and_then_ctrl_c(indexing: subprocess.Popen[str]) -> None:
        done = _run("search", "function_7", "-k", "1")
        assert indexing.poll() is None, "the indexer ended before the search did"
        assert done.returncode == 0
        assert done.stdout.startswith("module_7.py:1-")
        assert f"being written by process {indexing.pid}" in done.stderr
        assert "answering from the index as it stands" in done.stderr
        status = json.loads(_run("status", "--json").stdout)["workspaces"][0]
        assert f"process {indexing.pid}" in status["writer"]

        # A terminal signals every process of the group, the worker processes too.
        os.killpg(indexing.pid, signal.SIGINT)
        _, err = indexing.communicate(timeout=60)
        assert indexing.returncode == 130, err
        assert "Traceback" not in err
        assert "stopping when the index is consistent" in err
        assert f"indexed {FILES} of {FILES} files" in err
        assert "without vectors yet" in err
        assert "the next run goes on from here" in err
        done = _run("search", "function_7", "--no-refresh", "--mode", "keyword", "-k", "1", "--json")
        assert json.loads(done.stdout)["results"][0]["path"] == "module_7.py"

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_between_writes_a_signal_stops_at_once(number: signal.Signals, status: int) -> None:
        def work() -> None:
            with stop_at_once():
                os.kill(os.getpid(), number)
                time.sleep(10)

        with pytest.raises(Stopped) as caught:
            work()
        assert caught.value.exit_code == status

    def test_the_second_signal_does_not_wait() -> None:
        heard: list[str] = []

        def work() -> None:
            with stop_when_consistent(lambda: heard.append("heard")) as stop:
                assert not stop()
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)
                assert stop()
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(10)

        with pytest.raises(Stopped) as caught:
            work()
        assert heard == ["heard"]
        assert caught.value.exit_code == 130

    def test_handlers_are_put_back() -> None:
        before = signal.getsignal(signal.SIGINT)
        with stop_at_once(), stop_when_consistent(lambda: None) as stop:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        assert signal.getsignal(signal.SIGINT) is before
        with pytest.raises(Stopped):
            stop.raise_if_set()
