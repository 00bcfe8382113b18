"""The frame of every worker program: load a model, then answer until the input ends."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any, Protocol

from . import guard
from .frames import FrameError, read
from .messages import Failure, LoadFailed, Ready
from .process import Dialect

_END_SECONDS = 2.0
_INPUT, _OUTPUT, _ERRORS = 0, 1, 2
_log = logging.getLogger(__name__)

Send = Callable[[object], None]
"""Sends a message to the parent; from any thread."""


class FirstMessage(Protocol):
    """Names the model that is to be loaded."""

    @property
    def niceness(self) -> int:
        """Added to the niceness of the process."""


class Service(Protocol):
    """What a worker does for its parent."""

    @property
    def first_message(self) -> type[FirstMessage]:
        """The message that names the model."""

    def load(self, first: Any) -> Ready:
        """Load the model that the first message names."""

    def start(self) -> Sequence[threading.Thread]:
        """Begin to answer, in threads that end after `close`."""

    def put(self, message: object) -> bool:
        """Take a message from the parent, also while the model is loading; False if it is out of place."""

    def close(self) -> None:
        """Forget what waits, and let the threads end."""


def run_program(make: Callable[[Send], Service], dialect: Dialect, stuck_seconds: float) -> int:
    """Be a worker, with the standard streams as pipes to the parent.

    Args:
        make: Makes what answers.
        dialect: What is said and understood.
        stuck_seconds: See `guard.ParentGuard`.

    Returns:
        The exit status: 0 when the input ended, 1 when the model could not be loaded or the input was wrong.
    """
    requests, answers = take_over_pipes()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    guard.leave_signals_to_the_parent()
    parent = guard.ParentGuard(stuck_seconds)
    parent.start()
    return Worker(requests, answers, parent, dialect).run(make)


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
        dialect: What is said and understood.
    """

    def __init__(
        self, requests: IO[bytes], answers: IO[bytes], parent: guard.ParentGuard, dialect: Dialect
    ) -> None:
        self._requests = requests
        self._answers = answers
        self._parent = parent
        self._dialect = dialect
        self._answering = threading.Lock()
        self._ended = threading.Event()
        self._status = 0

    def run(self, make: Callable[[Send], Service]) -> int:
        """Load the model and answer until the input ends.

        Args:
            make: Makes what answers.

        Returns:
            The exit status; see `run_program`.
        """
        service = make(self._send)
        try:
            first = self._next_message()
        except FrameError as error:
            _log.error("The first message is wrong: %s.", error)
            return 1
        if first is None:
            return 0
        expected = service.first_message
        if not isinstance(first, expected):
            _log.error("The first message is %s, not %s.", type(first).__name__, expected.__name__)
            return 1
        # Reading begins before loading does, as that is how the parent's end is noticed.
        threading.Thread(target=self._read, args=(service,), name="read", daemon=True).start()
        guard.be_nice(first.niceness)
        try:
            ready = service.load(first)
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            _log.exception("The model can't be loaded.")
            self._send(LoadFailed(Failure.of(error)))
            return 1
        self._send(ready)
        threads = service.start()
        self._ended.wait()
        for thread in threads:
            thread.join(_END_SECONDS / 2)
        return self._status

    def _read(self, service: Service) -> None:
        try:
            while (message := self._next_message()) is not None:
                if not service.put(message):
                    _log.error("%s came unexpectedly.", type(message).__name__)
        except FrameError as error:
            _log.error("A message is wrong: %s.", error)
            self._status = 1
        finally:
            self._parent.end_within(_END_SECONDS)
            service.close()
            self._ended.set()

    def _next_message(self) -> Any:
        frame = read(self._requests)
        return None if frame is None else self._dialect.decode(*frame)

    def _send(self, message: object) -> None:
        frame = self._dialect.encode(message)
        with self._answering:
            try:
                self._answers.write(frame)
                self._answers.flush()
            except OSError:  # the parent is gone, or wants nothing more: the input's end says the rest
                self._ended.set()
