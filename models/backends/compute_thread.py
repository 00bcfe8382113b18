"""One thread in which everything is computed, whoever asks for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

_MEANWHILE_SECONDS = 0.02


class ComputeThread:
    """Runs calls one at a time; ended with `close`.

    OpenMP gives each thread that computes helpers of its own, and once all of them are more than there are
    processors it sends them to sleep at every barrier, which makes each of them half as quick.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], int] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self._thread.start()

    def run(self, call: Callable[[], int], meanwhile: Callable[[], None] | None = None) -> int:
        """What a call gives; waits for it, and for those of other threads.

        Args:
            call: What is run.
            meanwhile: Called now and then, in the thread that waits.
        """
        with self._turn:
            self._calls.put(call)
            result = self._result(meanwhile)
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        """End the thread; nothing may be run afterwards."""
        self._calls.put(None)
        self._thread.join()

    def _result(self, meanwhile: Callable[[], None] | None) -> int | BaseException:
        while True:
            try:
                return self._results.get(timeout=None if meanwhile is None else _MEANWHILE_SECONDS)
            except queue.Empty:
                if meanwhile is not None:
                    meanwhile()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                self._results.put(call())
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
                self._results.put(error)
