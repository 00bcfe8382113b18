"""The writing worker's own side: those who type, and instructions beside them; each stopped at once."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..completion import FillIn
from .completion_messages import (
    Complete,
    Completed,
    CompletionText,
    LoadCompleter,
    Render,
    Rendered,
    decode,
    encode,
)
from .messages import Cancel, Failure, Ready, RequestFailed, Working
from .process import Dialect
from .program import run_program

if TYPE_CHECKING:
    from ..completer_selection import CompleterRequest
    from ..roles import Completer
    from .program import Send

Lane = queue.SimpleQueue[Complete | Render | None]

_SIGN_SECONDS = 0.5
_GATHERING_SECONDS = 0.03
_log = logging.getLogger(__name__)


class Loaded(Protocol):
    """A model ready for use."""

    @property
    def completer(self) -> Completer:
        """The model."""

    @property
    def reason(self) -> str:
        """One line: how it runs, and why so."""


def run_worker(load: Callable[[CompleterRequest], Loaded], *, stuck_seconds: float = 120.0) -> int:
    """Be a worker that writes text; see `run_program`.

    Args:
        load: Loads the model.
        stuck_seconds: See `guard.ParentGuard`.

    Returns:
        The exit status.
    """
    return run_program(lambda send: CompletionService(load, send), Dialect(encode, decode), stuck_seconds)


class CompletionService:
    """Writes texts: what fills in, one after the other, and instructions likewise beside that.

    Args:
        load: Loads the model.
        send: Sends a message to the parent.
    """

    first_message = LoadCompleter

    def __init__(self, load: Callable[[CompleterRequest], Loaded], send: Send) -> None:
        self._load = load
        self._send = send
        self._typing: Lane = queue.SimpleQueue()
        self._instructions: Lane = queue.SimpleQueue()
        self._wanted: set[int] = set()
        self._completer: Completer

    def load(self, first: LoadCompleter) -> Ready:
        """Load the model."""
        loaded = self._load(first.request)
        self._completer = loaded.completer
        return Ready(loaded.completer.identity.name, loaded.reason)

    def start(self) -> list[threading.Thread]:
        """Begin to write."""
        lanes = (("typing", self._typing), ("instructions", self._instructions))
        threads = [
            threading.Thread(target=self._run, args=(lane,), name=name, daemon=True) for name, lane in lanes
        ]
        for thread in threads:
            thread.start()
        return threads

    def put(self, message: object) -> bool:
        """Queue a request, or forget one; False for other messages."""
        match message:
            case Complete(id=id, prompt=prompt) | Render(id=id, prompt=prompt):
                self._wanted.add(id)
                lane = self._typing if isinstance(prompt, FillIn) else self._instructions
                lane.put(message)
            case Cancel(id=id):
                self._wanted.discard(id)
            case _:
                return False
        return True

    def close(self) -> None:
        """Stop writing."""
        self._wanted.clear()
        for lane in (self._typing, self._instructions):
            lane.put(None)

    def _run(self, lane: Lane) -> None:
        while (request := lane.get()) is not None:
            if request.id in self._wanted:
                self._answer(request)
                self._wanted.discard(request.id)

    def _answer(self, request: Complete | Render) -> None:
        self._send(Working([request.id]))
        try:
            if isinstance(request, Render):
                self._send(Rendered(request.id, self._completer.render(request.prompt, request.sampling)))
            else:
                self._complete(request)
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            # Of a request that was cancelled nobody wants to know.
            if request.id in self._wanted:
                _log.exception("Writing failed.")
                self._send(RequestFailed(request.id, Failure.of(error)))

    def _complete(self, request: Complete) -> None:
        signs = Signs(lambda: self._send(Working([request.id])))

        def cancelled() -> bool:
            signs.give()
            return request.id not in self._wanted

        def send_piece(text: str) -> None:
            if request.id in self._wanted:
                self._send(CompletionText(request.id, text))

        pieces = Pieces(send_piece)
        on_text = pieces.add if request.is_streamed else None
        completion = self._completer.complete(request.prompt, request.sampling, on_text, cancelled)
        pieces.flush()
        self._send(Completed(request.id, completion))


class Pieces:
    """Hands on a text that is being written: its beginning at once, then what has gathered for a moment.

    Each message wakes up processes that take the processor from the model.

    Args:
        send: Gets each further part of the text.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._held: list[str] = []
        self._last = float("-inf")

    def add(self, text: str) -> None:
        """Take a piece."""
        if text:
            self._held.append(text)
        if time.monotonic() - self._last >= _GATHERING_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand on what is held back."""
        if self._held:
            text = "".join(self._held)
            self._held.clear()
            self._last = time.monotonic()
            self._send(text)


class Signs:
    """Tells the parent now and then that the engine goes on, also when it has no text to show for it.

    Args:
        send: Sends one sign.
    """

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._last = time.monotonic()

    def give(self) -> None:
        """Send a sign unless the last one was sent a moment ago."""
        now = time.monotonic()
        if now - self._last >= _SIGN_SECONDS:
            self._last = now
            self._send()
