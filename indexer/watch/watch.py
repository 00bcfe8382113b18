"""Watching one workspace for as long as somebody wants to know."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ...models.errors import CodeassistdError
from ..walk.entry import Selection
from ..walk.root_identity import root_identity
from .changes import Changes, PendingChanges, Timing, WatchHealth
from .inotify_source import InotifySource
from .mounts import remote_file_system
from .poll_source import PollSource
from .source import ChangeSource, RootLostError, WatchLimitError

How = Literal["auto", "native", "poll"]

_log = logging.getLogger(__name__)


def watch(
    root: Path,
    selection: Selection,
    on_changes: Callable[[Changes], None],
    how: How = "auto",
    *,
    timing: Timing | None = None,
) -> Watch:
    """Watch a workspace. Every change that is made after this returns is reported.

    When watching itself fails, the workspace is polled instead; when its root goes, it is watched again once
    it is back. Either way a rescan is asked for, so that nothing is missed.

    Args:
        root: The workspace root.
        selection: What the user wants; nothing is reported of folders that it or an ignore rule hides.
        on_changes: Called in a thread of the watch's own, once for changes that come close together. It
            should be quick: meanwhile nothing is read, and the system's queue of notifications is finite.
            What it raises is logged, and the changes count as reported.
        how: "native" relies on the system's notifications, "poll" looks at all files every few seconds.
            "auto" is native but for file systems that others can change without this system knowing.
        timing: How fast; the defaults when None.

    Raises:
        CodeassistdError: The root is no folder, or may not be read.
    """
    return Watch(root, selection, on_changes, how, timing or Timing())


class Watch:
    """A running watch, see `watch`."""

    def __init__(
        self,
        root: Path,
        selection: Selection,
        on_changes: Callable[[Changes], None],
        how: How,
        timing: Timing,
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._selection = selection
        self._on_changes = on_changes
        self._how = how
        self._timing = timing
        self._pending = PendingChanges(timing)
        self._closing = threading.Event()
        self._next_check = 0.0
        self._is_down = False
        self._polls_because = ""
        self._identity = root_identity(self._root)
        try:
            self._source, self._health = self._open()
        except RootLostError as error:
            raise CodeassistdError(
                f"cannot watch the folder {self._root}",
                hint="name a folder that exists and that you may read",
            ) from error
        self._thread = threading.Thread(target=self._run, name=f"watch {self._root.name}", daemon=True)
        self._thread.start()

    @property
    def health(self) -> WatchHealth:
        """How changes are noticed at present."""
        return self._health

    def close(self) -> None:
        """Stop watching, after the report that is under way if there is one; a report may call this too."""
        self._closing.set()
        self._source.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                try:
                    if self._is_down:
                        self._reopen()
                    else:
                        self._turn()
                except RootLostError:
                    self._polls_because = ""
                    self._go_down(f"{self._root} is gone or closed; it is watched again once it is back")
                except Exception as error:  # noqa: BLE001 - a watch that has died silently is worse
                    self._fail(error)
        finally:
            self._source.close()

    def _turn(self) -> None:
        left = self._pending.seconds_left()
        if left == 0:
            self._source.prepare(self._pending)
            self._report()
            return
        self._source.read(self._timing.check if left is None else left, self._pending)
        if time.monotonic() >= self._next_check:
            self._next_check = time.monotonic() + self._timing.check
            if root_identity(self._root) != self._identity:
                raise RootLostError

    def _report(self) -> None:
        changes = self._pending.take()
        if changes is None or self._closing.is_set():
            return
        try:
            self._on_changes(changes)
        except Exception:  # noqa: BLE001 - whatever the listener does wrong, the watch goes on
            _log.exception("changes in %s could not be handled", self._root)

    def _fail(self, error: Exception) -> None:
        """Go on by polling after an error; where polling fails too, it is tried again and again."""
        problem = str(error)
        if not isinstance(error, WatchLimitError):
            problem = f"changes can't be noticed ({type(error).__name__}: {error})"
            _log.error("watching %s failed", self._root, exc_info=error)
        if self._source.kind == "native":
            self._polls_because = problem
        self._go_down(problem)

    def _go_down(self, problem: str) -> None:
        """Give up the source. A new one is made at once, and if that fails every so often."""
        self._source.close()
        if self._is_down:
            if self._health.problem != problem:
                self._health = WatchHealth(self._health.kind, problem)
                self._pending.ask_rescan(problem)
                self._report()
            self._closing.wait(self._timing.check)
        self._is_down = True

    def _reopen(self) -> None:
        self._identity = root_identity(self._root)
        if self._identity is None:
            raise RootLostError
        because = self._polls_because
        self._source, self._health = self._open_poll(because) if because else self._open()
        self._is_down = False
        self._pending.ask_rescan(because or f"changes in {self._root} may have been missed")
        if self._closing.is_set():  # whoever closes may have woken the source before
            self._source.wake()

    def _open(self) -> tuple[ChangeSource, WatchHealth]:
        """A source as wished for, or polling where that can't be had."""
        if self._how == "poll":
            return self._open_poll("")
        if self._how == "auto" and (kind := remote_file_system(self._root)):
            return self._open_poll(f"changes made elsewhere on its file system ({kind}) send no notification")
        try:
            return _native(self._root, self._selection), WatchHealth("native")
        except (WatchLimitError, OSError) as error:
            return self._open_poll(str(error))

    def _open_poll(self, problem: str) -> tuple[ChangeSource, WatchHealth]:
        seconds = self._timing.poll
        if problem:
            problem += f"; so changes are looked for every {seconds:g} s or so"
        return PollSource(self._root, self._selection, seconds), WatchHealth("poll", problem)


def _native(root: Path, selection: Selection) -> ChangeSource:
    if sys.platform == "linux":
        return InotifySource(root, selection)
    from .watchdog_source import WatchdogSource  # noqa: PLC0415 - not needed on Linux

    return WatchdogSource(root, selection)
