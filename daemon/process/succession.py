"""Finds the daemon that comes after one that went away."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .connecting import Connection, connect
from .errors import ConnectionLostError, DaemonAbsentError
from .record import read_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .rendezvous import Rendezvous

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up.

    Attributes:
        losses: So many daemons lost ...
        seconds: ... within this time are too many.
    """

    losses: int = 5
    seconds: float = 60.0


class Editor(Protocol):
    """The one who wants a daemon."""

    def has_gone(self) -> bool:
        """Whether it wants none any more."""

    def wants_something(self, seconds: float) -> bool:
        """Wait so long at most for it to send a message, or to go; whether it did."""


class Succession:
    """The daemons that serve one editor, one after the other.

    Args:
        place: Where they are met.
        start: The command that starts one.
        patience: When to give up on daemons that keep crashing.
    """

    def __init__(self, place: Rendezvous, start: Sequence[str], patience: Patience) -> None:
        self._place = place
        self._start = start
        self._patience = patience
        self._losses: deque[float] = deque(maxlen=patience.losses)

    def first(self) -> Connection:
        """The one that is running, else a new one.

        Raises:
            CodeassistdError: There is none to be had.
        """
        return self._connect(self._start)

    def after(self, lost_pid: int, editor: Editor) -> Connection | None:
        """The one after a daemon that was lost.

        One that crashed is started again at once. One that was stopped on purpose stays so until the editor
        wants something, or somebody starts one.

        Args:
            lost_pid: Its process.
            editor: Who wants the next.

        Returns:
            The next; None when the editor has gone first.

        Raises:
            CodeassistdError: There is none to be had, or they keep crashing.
        """
        if editor.has_gone():
            return None
        if self.has_crashed(lost_pid):
            _LOG.warning("the daemon (process %d) crashed", lost_pid)
            self._count_loss()
            return self._connect(self._start)
        _LOG.info("the daemon (process %d) was stopped", lost_pid)
        while True:
            try:
                return self._connect(None)
            except DaemonAbsentError:
                if editor.wants_something(_LOOK_SECONDS):
                    return None if editor.has_gone() else self._connect(self._start)

    def has_crashed(self, lost_pid: int) -> bool:
        """Whether a daemon that was lost has crashed; else it was stopped on purpose."""
        record = read_record(self._place)
        # Ending in good order takes the record away, and the next daemon writes its own.
        return record is not None and record.pid == lost_pid

    def _connect(self, start: Sequence[str] | None) -> Connection:
        connection = connect(self._place, "lsp", start)
        _LOG.info("connected to the daemon, process %d", connection.daemon.pid)
        return connection

    def _count_loss(self) -> None:
        self._losses.append(time.monotonic())
        passed = self._losses[-1] - self._losses[0]
        if len(self._losses) == self._patience.losses and passed < self._patience.seconds:
            raise ConnectionLostError(
                f"the daemon crashed {len(self._losses)} times within {passed:.0f} s",
                "`codeassistd logs` may say why; then restart the language server",
            )
