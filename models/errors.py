"""The one class of error that a user is meant to read."""

from __future__ import annotations


class CodeassistdError(Exception):
    """A failure the user can act on.

    Args:
        message: One line: what is wrong and where.
        hint: One line: what to do about it; empty when there is nothing to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CodeassistdError):
    """The request itself is wrong (exit status 2), as opposed to a failure in carrying it out."""


class DeviceUnavailableError(CodeassistdError):
    """An engine cannot use the device it was chosen for."""
