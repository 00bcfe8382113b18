"""The program that updates one workspace's index, at a low priority, in a process of its own.

`python -m codeassistd.daemon.host.index_worker ROOT DATA_DIR`: jobs come in as JSON lines, answers go out
likewise. It ends when its input does: between writes, so that nothing is left half done.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ...indexer.freed_memory import give_back
from ...indexer.workspace import Workspace, workspace_id
from ...models.errors import CodeassistdError
from ..composition import Composition
from ..settings import build_settings
from .index_messages import WorkerSaidError, committed, decode_job, encode_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...indexer.pipeline.report import Progress
    from .index_messages import Answer, UpdateJob

NICENESS = 10
_STDOUT, _STDERR = 1, 2
_PROGRESS_SECONDS = 0.1
_PATIENCE_SECONDS = 10.0


class IndexWorker:
    """Carries out jobs, one at a time; a cancelled one ends at the next consistent state.

    Args:
        root: The workspace.
        data_dir: Where indexes are kept.
        out: Takes the answers.
    """

    def __init__(self, root: Path, data_dir: Path, out: TextIO) -> None:
        self._workspace = Workspace(root, workspace_id(root))
        self._data_dir = data_dir
        self._out = out
        self._composition: tuple[Mapping[str, object], Composition] | None = None
        self._jobs: queue.SimpleQueue[UpdateJob | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._told: tuple[str, float] = ("", 0.0)

    def listen(self, lines: TextIO) -> None:
        """Take what comes in until it ends; then the process ends too, at the next consistent state."""
        for line in lines:
            job = decode_job(line)
            if job is None:
                self._cancelled.set()
            else:
                self._cancelled.clear()
                self._jobs.put(job)
        self._cancelled.set()
        self._jobs.put(None)
        time.sleep(_PATIENCE_SECONDS)
        os._exit(1)

    def work(self) -> None:
        """Carry out jobs until there are no more to come."""
        while (job := self._jobs.get()) is not None:
            try:
                self._update(job)
            except CodeassistdError as error:
                self._say(WorkerSaidError(error.message, error.hint))
            except OSError as error:
                self._say(WorkerSaidError(f"cannot update the index: {error}", "see `codeassistd doctor`"))
            give_back()

    def _update(self, job: UpdateJob) -> None:
        until = None if job.embed_seconds is None else time.monotonic() + job.embed_seconds
        report = (
            self._composed(job.settings)
            .open_index()
            .update(
                full=job.full,
                paths=job.paths,
                embed_until=until,
                progress=self._tell,
                committed=lambda head: self._say(committed(head)),
                cancelled=self._cancelled.is_set,
            )
        )
        self._say(report)

    def _composed(self, settings: Mapping[str, object]) -> Composition:
        """The objects for some settings; the model stays loaded while they stay the same."""
        if self._composition is None or self._composition[0] != settings:
            composition = Composition(self._workspace, build_settings(settings, {}), self._data_dir)
            self._composition = (settings, composition)
        return self._composition[1]

    def _tell(self, progress: Progress) -> None:
        phase, at = self._told
        now = time.monotonic()
        if progress.phase != phase or now - at > _PROGRESS_SECONDS:
            self._told = (progress.phase, now)
            self._say(progress)

    def _say(self, answer: Answer) -> None:
        self._out.write(encode_answer(answer) + "\n")
        self._out.flush()


def main() -> None:
    """Run the worker on this process's standard streams."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the daemon
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(_STDOUT), "w", encoding="utf-8")
    os.dup2(_STDERR, _STDOUT)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    worker = IndexWorker(Path(sys.argv[1]), Path(sys.argv[2]), answers)
    threading.Thread(target=worker.listen, args=(sys.stdin,), name="jobs", daemon=True).start()
    try:
        worker.work()
    except BrokenPipeError:  # the daemon is gone
        os._exit(1)


if __name__ == "__main__":
    main()
