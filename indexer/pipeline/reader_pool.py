"""Reading and chunking many files: in this process when they are few, else in worker processes.

Parsing runs foreign grammars over untrusted text. A worker that dies takes the batches in hand with
it; they are then read again one at a time, the one that kills its process file by file, and the file
that does it is left out.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from .file_reader import ReadFile, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..store.manifest import FileRecord
    from ..walk.entry import ContentLimits, FileEntry

_POOL_ABOVE_BYTES = 3_000_000
_POOL_ABOVE_FILES = 400
_BATCH_BYTES = 400_000
_BATCH_FILES = 48

_Batch = list["FileEntry"]


def read_files(
    root: Path,
    entries: Sequence[FileEntry],
    known: Mapping[str, FileRecord],
    limits: ContentLimits,
    workers: int,
    until: float = math.inf,
) -> Iterator[list[ReadFile] | None]:
    """Read, judge and chunk files.

    Args:
        root: The workspace.
        entries: The files.
        known: The manifest's files by path, where their rows can stay; empty to chunk all anew.
        limits: What contents are worth indexing.
        workers: Processes to use at most.
        until: `time.monotonic()` after which no further batch is begun; the first one always is.

    Yields:
        Batches of results in any order, every file once unless the time is over; None now and then while
        there is nothing yet, so that the caller can do other work. At most a few batches are in memory.
    """
    batches = deque(_batches(entries))
    total = len(batches)
    few = len(entries) <= _POOL_ABOVE_FILES and sum(entry.size for entry in entries) <= _POOL_ABOVE_BYTES
    if few or workers < 1:
        for number, batch in enumerate(batches):
            if number and time.monotonic() > until:
                return
            yield [read_file(root, entry, known.get(entry.path), limits) for entry in batch]
        return
    suspects: list[_Batch] = []
    while batches and (time.monotonic() <= until or len(batches) == total):
        yield from _read_in_pool(root, batches, known, limits, workers, suspects, until)
    if suspects:
        yield from _read_one_by_one(root, suspects, known, limits)


def _batches(entries: Sequence[FileEntry]) -> Iterator[_Batch]:
    batch: _Batch = []
    size = 0
    for entry in entries:
        if batch and (size + entry.size > _BATCH_BYTES or len(batch) >= _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


def _executor(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: LanceDB's threads don't survive a fork.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _read_in_pool(
    root: Path,
    batches: deque[_Batch],
    known: Mapping[str, FileRecord],
    limits: ContentLimits,
    workers: int,
    broken: list[_Batch],
    until: float,
) -> Iterator[list[ReadFile] | None]:
    """Read until batches or time are used up, or the pool breaks; what was in hand then is in `broken`."""
    executor = _executor(workers)
    running: dict[Future[list[ReadFile]], _Batch] = {}
    begun = over = False
    try:
        while (batches and not (over := begun and time.monotonic() > until)) or running:
            while batches and not over and len(running) < workers + 2:
                begun = True
                batch = batches.popleft()
                running[executor.submit(_read_batch, root, batch, _known_of(batch, known), limits)] = batch
            done, _ = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
            for future in done:
                results = future.result()
                del running[future]
                yield results
            if not done:
                yield None
    except BrokenProcessPool:
        broken.extend(running.values())
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _known_of(batch: _Batch, known: Mapping[str, FileRecord]) -> list[FileRecord | None]:
    return [known.get(entry.path) for entry in batch]


def _read_batch(
    root: Path, batch: _Batch, known: list[FileRecord | None], limits: ContentLimits
) -> list[ReadFile]:
    return [read_file(root, entry, record, limits) for entry, record in zip(batch, known, strict=True)]


def _read_one_by_one(
    root: Path, batches: list[_Batch], known: Mapping[str, FileRecord], limits: ContentLimits
) -> Iterator[list[ReadFile]]:
    """Read batches of which one broke a pool, narrowing it down to the file that does."""
    executor = _executor(1)
    try:
        waiting = deque(batches)
        while waiting:
            batch = waiting.popleft()
            try:
                yield executor.submit(_read_batch, root, batch, _known_of(batch, known), limits).result()
            except BrokenProcessPool:
                executor.shutdown()
                executor = _executor(1)
                if len(batch) == 1:
                    yield [ReadFile(batch[0].path, None, error="its parser crashed")]
                else:
                    waiting.extendleft([entry] for entry in reversed(batch))
    finally:
        executor.shutdown()


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with, args=(parent,), daemon=True).start()


def _exit_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
