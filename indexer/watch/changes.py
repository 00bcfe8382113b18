"""What a watch reports, and how single changes are gathered into one report. Pure, but for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed in a workspace since the last report.

    Attributes:
        paths: POSIX paths relative to the root, of files and folders that exist or did; a folder stands for
            everything below it. Bytes that are not UTF-8 are surrogates. Empty with `rescan`.
        rescan: Whether only a look at the whole workspace tells what has changed.
        reason: Why `rescan`, in words; else empty.
    """

    paths: frozenset[str]
    rescan: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WatchHealth:
    """How changes are noticed.

    Attributes:
        kind: By the operating system's notifications, or by looking again and again.
        problem: What is wrong, in words with a way out; empty when nothing is.
    """

    kind: Literal["native", "poll"]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast a watch is; all in seconds.

    Attributes:
        settle: Quiet time after which changes are reported.
        longest: Time after the first change when they are reported even though more keep coming.
        poll: From the end of one look at all files to the next, where notifications can't be had. It is
            longer where a look takes long, so that looking takes a tenth of the time at most.
        check: Between two looks at whether the root is still there.
    """

    settle: float = 0.02
    longest: float = 0.15
    poll: float = 2.0
    check: float = 1.0


class PendingChanges:
    """Changes that are not reported yet.

    Args:
        timing: When they are to be reported.
        most_paths: With more than these, a rescan is cheaper than looking at each.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self, timing: Timing, *, most_paths: int = 2_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._timing = timing
        self._most_paths = most_paths
        self._clock = clock
        self._paths: set[str] = set()
        self._reason = ""
        self._first: float | None = None
        self._last = 0.0

    def add(self, path: str) -> None:
        """Something at a path has changed."""
        self.touch()
        if self._reason:
            return
        self._paths.add(path)
        if len(self._paths) > self._most_paths:
            self.ask_rescan(f"more than {self._most_paths:,} paths changed at once")

    def ask_rescan(self, reason: str) -> None:
        """Everything must be looked at; the first reason given counts."""
        self.touch()
        self._reason = self._reason or reason
        self._paths.clear()

    def touch(self) -> None:
        """Something has changed whose meaning will be looked up when it is time for a report."""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def seconds_left(self) -> float | None:
        """Time until the changes are to be reported; None without any."""
        if self._first is None:
            return None
        due = min(self._last + self._timing.settle, self._first + self._timing.longest)
        return max(0.0, due - self._clock())

    def take(self) -> Changes | None:
        """The changes, which are then no longer pending; None without any."""
        self._first = None
        if not self._paths and not self._reason:
            return None
        changes = Changes(frozenset(topmost(self._paths)), bool(self._reason), self._reason)
        self._paths.clear()
        self._reason = ""
        return changes


def topmost(paths: Iterable[str]) -> set[str]:
    """The paths that lie below no other one of them."""
    every = set(paths)
    return {path for path in every if not any(above in every for above in _above(path))}


def _above(path: str) -> Iterable[str]:
    return (path[:end] for end, character in enumerate(path) if character == "/")
