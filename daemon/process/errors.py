"""The ways in which a daemon can't be used."""

from __future__ import annotations

from ...models.errors import CodeassistdError


class DaemonAbsentError(CodeassistdError):
    """No daemon is running, or the one that is about to go takes nobody any more."""


class DaemonUnresponsiveError(CodeassistdError):
    """A daemon is running and doesn't answer."""


class DaemonRefusedError(CodeassistdError):
    """A daemon is running and doesn't take this client."""


class DaemonStartError(CodeassistdError):
    """The daemon was started and didn't come up."""


class AlreadyRunningError(CodeassistdError):
    """Another process is the daemon."""


class ConnectionLostError(CodeassistdError):
    """The daemon went away in the midst of a conversation."""


def absent(reason: str = "the daemon is not running") -> DaemonAbsentError:
    """The error for a daemon that isn't there."""
    return DaemonAbsentError(reason, "start it with `codeassistd start`")
