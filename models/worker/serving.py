"""The worker's own side: load a model, then answer on two lanes until the input ends."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from ..reranker_selection import load_reranker
from . import guard
from .frames import FrameError, read
from .lanes import Lanes, Portion, Work
from .messages import (
    Cancel,
    Embed,
    EmbedFailed,
    Failure,
    FromWorker,
    Load,
    LoadFailed,
    Ready,
    Rerank,
    Vectors,
    Working,
    decode,
    encode,
)
from .portion_size import PortionSize
from .rerank_lane import RerankLane

if TYPE_CHECKING:
    from ..roles import Embedder
    from ..selection import EmbedderRequest, LoadedEmbedder

# The second thread's portion keeps the engine busy where the first one's ends.
_BULK_THREADS = 2
_END_SECONDS = 2.0
_INPUT, _OUTPUT, _ERRORS = 0, 1, 2
_log = logging.getLogger(__name__)


def run_worker(load: Callable[[EmbedderRequest], LoadedEmbedder], *, stuck_seconds: float = 120.0) -> int:
    """Be a worker, with the standard streams as pipes to the parent.

    Args:
        load: Loads the model.
        stuck_seconds: See `guard.follow_parent`.

    Returns:
        The exit status: 0 when the input ended, 1 when the model could not be loaded or the input was wrong.
    """
    requests, answers = take_over_pipes()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    guard.leave_signals_to_the_parent()
    parent = guard.ParentGuard(stuck_seconds)
    parent.start()
    return Worker(requests, answers, parent).run(load)


def take_over_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Move the pipes away from where libraries read and print.

    Returns:
        (input, output). Afterwards the standard input is empty, and what is printed goes to standard error.
    """
    requests, answers = os.dup(_INPUT), os.dup(_OUTPUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _INPUT)
    os.close(nothing)
    os.dup2(_ERRORS, _OUTPUT)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


class Worker:
    """Answers the messages of one parent.

    Args:
        requests: Frames from the parent.
        answers: Frames to the parent.
        parent: Sees to it that the process ends with its input.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes], parent: guard.ParentGuard) -> None:
        self._requests = requests
        self._answers = answers
        self._parent = parent
        self._answering = threading.Lock()
        self._lanes = Lanes()
        self._reranking = RerankLane(load_reranker, self._send)
        self._ended = threading.Event()
        self._status = 0

    def run(self, load: Callable[[EmbedderRequest], LoadedEmbedder]) -> int:
        """Load the model and answer until the input ends.

        Args:
            load: Loads the model that the first message names.

        Returns:
            The exit status; see `run_worker`.
        """
        try:
            first = self._next_message()
        except FrameError as error:
            _log.error("The first message is wrong: %s.", error)
            return 1
        if first is None:
            return 0
        if not isinstance(first, Load):
            _log.error("The first message is %s, not Load.", type(first).__name__)
            return 1
        # Reading begins before loading does, as that is how the parent's end is noticed.
        threading.Thread(target=self._read, name="read", daemon=True).start()
        guard.be_nice(first.niceness)
        try:
            loaded = load(first.request)
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            _log.exception("The model can't be loaded.")
            self._send(LoadFailed(Failure.of(error)))
            return 1
        self._send(Ready(loaded.embedder.identity.id, loaded.reason))
        threads = self._start_lanes(loaded.embedder)
        self._reranking.start()
        self._ended.wait()
        for thread in threads:
            thread.join(_END_SECONDS / 2)
        return self._status

    def _start_lanes(self, embedder: Embedder) -> list[threading.Thread]:
        takes = [self._lanes.take_interactive, *[self._lanes.take_bulk] * _BULK_THREADS]
        threads = [
            threading.Thread(target=self._run_lane, args=(embedder, take), daemon=True) for take in takes
        ]
        for thread in threads:
            thread.start()
        return threads

    def _read(self) -> None:
        try:
            while (message := self._next_message()) is not None:
                match message:
                    case Embed(id=id, lane=lane, kind=kind, texts=texts) if texts:
                        self._lanes.put(Work(id, lane, kind, texts))
                    case Rerank(texts=texts) if texts:
                        self._reranking.put(message)
                    case Cancel(id=id):
                        self._lanes.cancel(id)
                        self._reranking.cancel(id)
                    case _:
                        _log.error("%s came unexpectedly.", type(message).__name__)
        except FrameError as error:
            _log.error("A message is wrong: %s.", error)
            self._status = 1
        finally:
            self._parent.end_within(_END_SECONDS)
            self._lanes.close()
            self._reranking.close()
            self._ended.set()

    def _next_message(self) -> object:
        frame = read(self._requests)
        return None if frame is None else decode(*frame)

    def _run_lane(self, embedder: Embedder, take: Callable[[int], list[Portion]]) -> None:
        size = PortionSize()
        while portions := take(size.texts):
            begun = time.perf_counter()
            self._compute(embedder, portions)
            size.took(sum(len(portion.positions) for portion in portions), time.perf_counter() - begun)

    def _compute(self, embedder: Embedder, portions: list[Portion]) -> None:
        self._send(Working([portion.work.id for portion in portions]))
        rows = [(portion.work, at) for portion in portions for at in portion.positions]
        try:
            vectors = embedder.embed([work.texts[at] for work, at in rows], portions[0].work.kind)
            for (work, at), vector in zip(rows, vectors.astype("<f4"), strict=True):
                work.results[at] = vector.tobytes()
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            _log.exception("Embedding %d texts failed.", len(rows))
            for work in self._lanes.failed(portions):
                self._send(EmbedFailed(work.id, Failure.of(error)))
        else:
            for work in self._lanes.finished(portions):
                self._send(Vectors(work.id, b"".join(work.results)))

    def _send(self, message: FromWorker) -> None:
        frame = encode(message)
        with self._answering:
            try:
                self._answers.write(frame)
                self._answers.flush()
            except OSError:  # the parent is gone, or wants nothing more: the input's end says the rest
                self._ended.set()
