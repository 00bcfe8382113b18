"""Where a watch learns of changes: the role, and the ways in which it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from .changes import PendingChanges


class RootLostError(Exception):
    """The watched folder is no longer where it was."""


class WatchLimitError(Exception):
    """The operating system has no more notifications to give; the message says what to do."""


class ChangeSource(Protocol):
    """Notices changes in one workspace. Used by one thread, but for `wake`.

    From the moment it is made, every change is reported by a later `read`.
    """

    kind: Literal["native", "poll"]

    def read(self, timeout: float, pending: PendingChanges) -> None:
        """Wait for changes and add them.

        Args:
            timeout: Seconds to wait at most.
            pending: Takes the changes.

        Raises:
            RootLostError: The folder is no longer where it was.
            WatchLimitError: Not all of the workspace can be watched any more.
        """

    def prepare(self, pending: PendingChanges) -> None:
        """Get ready for a report: what changed the rules must be in force before somebody looks.

        Raises:
            RootLostError: As `read`.
            WatchLimitError: As `read`.
        """

    def wake(self) -> None:
        """End a `read` that waits, from any thread, also after `close`."""

    def close(self) -> None:
        """Notice nothing any more and free everything; may be called again."""
