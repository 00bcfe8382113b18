"""The daemon's end of an index worker: starts it when there is work, ends it when there was none for long."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

from ...indexer.pipeline.report import Progress, UpdateReport
from ...models.errors import CodeassistdError
from .index_messages import CANCEL, Committed, WorkerSaidError, decode_answer, encode_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .index_messages import UpdateJob

_LOG = logging.getLogger(__name__)
_END_SECONDS = 5.0


class WorkerDiedError(CodeassistdError):
    """The index worker ended in the midst of an update."""


class IndexProcess:
    """An index worker and the pipes to it. Updates are asked for by one thread, `cancel` and `end` by any.

    Args:
        root: The workspace.
        data_dir: Where indexes are kept.
    """

    def __init__(self, root: Path, data_dir: Path) -> None:
        self._command = [
            sys.executable, "-P", "-m", "codeassistd.daemon.host.index_worker", str(root), str(data_dir)
        ]  # fmt: skip
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._used = time.monotonic()
        self._busy = False

    @property
    def pid(self) -> int | None:
        """The worker's process, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def update(
        self,
        job: UpdateJob,
        progress: Callable[[Progress], None],
        committed: Callable[[Committed], None],
    ) -> UpdateReport:
        """Have an update carried out.

        Args:
            job: Which.
            progress: Told where it is.
            committed: Told each state that can be searched.

        Returns:
            What was done.

        Raises:
            CodeassistdError: The update failed, or the worker died; the index is consistent in any case.
        """
        with self._lock:
            self._busy = True
            process = self._started()
            self._send(process, encode_job(job))
        try:
            for line in _lines(process):
                answer = decode_answer(line)
                match answer:
                    case Progress():
                        progress(answer)
                    case Committed():
                        committed(answer)
                    case UpdateReport():
                        return answer
                    case WorkerSaidError():
                        raise answer
            raise WorkerDiedError(
                f"the index worker ended in the midst of its work (exit status {process.wait()})",
                "it is started again by itself; `codeassistd logs` may tell why",
            )
        finally:
            self._used = time.monotonic()
            self._busy = False

    def cancel(self) -> None:
        """Ask the update in hand, if any, to end at the next consistent state."""
        with self._lock:
            if self._busy and self._process is not None:
                self._send(self._process, CANCEL)

    def end_if_idle(self, seconds: float) -> bool:
        """End the worker, which then holds no memory, unless there was work within some seconds.

        Returns:
            Whether there was one and it has ended.
        """
        with self._lock:
            if self._process is None or self._busy or time.monotonic() - self._used <= seconds:
                return False
            self._end()
            return True

    def end(self) -> None:
        """End the worker: after the write in hand, or by force when that takes seconds."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
        except OSError:
            pass
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[str]:
        process = self._process
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="surrogateescape",
            )
            self._process = process
            threading.Thread(
                target=_log, args=(process.stderr,), name="index worker log", daemon=True
            ).start()
        return process

    @staticmethod
    def _send(process: subprocess.Popen[str], line: str) -> None:
        try:
            if process.stdin is not None:
                process.stdin.write(line + "\n")
                process.stdin.flush()
        except (OSError, ValueError):  # it died, which whoever reads its answers finds out
            pass


def _lines(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise AssertionError("an index worker's output is a pipe")
    return process.stdout


def _log(stderr: IO[str]) -> None:
    for line in stderr:
        _LOG.info("index worker: %s", line.rstrip())
