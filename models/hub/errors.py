"""What can go wrong between a hub and the disk."""

from __future__ import annotations

from ..errors import CodeassistdError


class HubError(CodeassistdError):
    """A model can't be fetched, and trying again at once would not help."""


class InterruptedTransferError(Exception):
    """The connection failed in a way that trying again may mend.

    Args:
        reason: What happened, to be read after "the connection failed: ".
        retry_after: Seconds that the hub asks to wait; None when it doesn't say.
        from_start: Whether what was received so far can't be continued.
    """

    def __init__(self, reason: str, retry_after: float | None = None, *, from_start: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.from_start = from_start
