"""Progress on standard error: a bar with rate and time left on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .sizes import byte_count
from .streams import Streams

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_BEFORE_BARS = 0.5
_BAR_WIDTH = 24
_BEFORE_OTHERS = frozenset({"wait", "scan"})
_VERBS = {
    "wait": "waiting",
    "scan": "scanning",
    "chunk": "reading",
    "embed": "embedding",
    "optimize": "tidying up",
    "check": "checking",
    "download": "downloading",
    "measure": "measuring",
}


class Progress(Protocol):
    """How far some work is: the reports of an update, for one."""

    @property
    def phase(self) -> str:
        """What is being done; a word of _VERBS."""

    @property
    def done(self) -> int:
        """How much of it, in `unit`."""

    @property
    def total(self) -> int | None:
        """Out of how much; None while unknown."""

    @property
    def unit(self) -> str:
        """What is counted; "bytes" are shown as sizes."""

    @property
    def detail(self) -> str:
        """Something to show beside it."""


@contextmanager
def show_progress(streams: Streams) -> Iterator[Callable[[Progress], None]]:
    """Show the progress reported while the block runs.

    Args:
        streams: Decides between bar, lines and silence.

    Yields:
        What to call with each report.
    """
    if streams.quiet:
        yield lambda _report: None
    elif streams.err_terminal and streams.err_color:
        bars = ProgressBars()
        try:
            yield bars
        finally:
            bars.close()
    else:
        yield ProgressLines(streams.remark)


class ProgressLines:
    """Says how far the work is, at most once every few seconds.

    Args:
        write: Takes a line.
        clock: Seconds, monotonic.
        interval: Seconds between lines.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        interval: float = _SECONDS_BETWEEN_LINES,
    ) -> None:
        self._write = write
        self._clock = clock
        self._interval = interval
        self._last = clock()
        self._phase = ""
        self._phase_start = self._last
        self._phase_done = 0

    def __call__(self, report: Progress) -> None:
        """Take a report."""
        now = self._clock()
        begins = report.phase != self._phase
        if begins:
            self._phase, self._phase_start, self._phase_done = report.phase, now, report.done
        # A wait is told when it begins, however short the work before it.
        if (begins and report.phase == "wait") or now - self._last >= self._interval:
            self._last = now
            elapsed = now - self._phase_start
            self._write(progress_line(report, report.done - self._phase_done, elapsed))


def progress_line(report: Progress, done_since: int, elapsed: float) -> str:
    """One line of progress.

    Args:
        report: The latest report.
        done_since: Units done in `elapsed`.
        elapsed: Seconds.

    Returns:
        For instance "embedding: 1,200 of 3,000 chunks, 240/s, 8 s left".
    """
    verb = _VERBS.get(report.phase, report.phase)
    if report.phase == "wait":
        return f"{verb} for {report.detail or 'another process'}"
    is_bytes = report.unit == "bytes"
    count = byte_count if is_bytes else "{:,}".format
    total = f" of {count(report.total)}" if report.total is not None else ""
    parts = [f"{verb}: {count(report.done)}{total}{'' if is_bytes else f' {report.unit}'}"]
    if done_since > 0 and elapsed > 0:
        rate = done_since / elapsed
        parts.append(f"{byte_count(rate) if is_bytes else f'{rate:,.0f}' if rate >= 1 else f'{rate:.2f}'}/s")
        if report.total is not None and report.total > report.done:
            parts.append(f"{duration((report.total - report.done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A length of time as people say it: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class ProgressBars:
    """A bar for each phase at the bottom of the terminal, gone when the work is done.

    Args:
        patience: Seconds of work after which bars appear; what is done sooner needs none.
    """

    def __init__(self, patience: float = _SECONDS_BEFORE_BARS) -> None:
        self._appear = time.monotonic() + patience
        self._bars: Bar | None = None
        self._tasks: dict[str, TaskID] = {}
        self._starts: dict[str, tuple[float, int]] = {}

    def __call__(self, report: Progress) -> None:
        """Take a report."""
        now = time.monotonic()
        began, done = self._starts.setdefault(report.phase, (now, report.done))
        if now < self._appear:
            return
        bars = self._shown()
        if report.phase not in self._tasks:
            # The list of files is complete before anything else begins.
            for phase in _BEFORE_OTHERS & self._tasks.keys() - {report.phase}:
                bars.update(self._tasks[phase], visible=False)
            verb = _VERBS.get(report.phase, report.phase)
            self._tasks[report.phase] = bars.add_task(verb, total=report.total, line="")
        line = progress_line(report, report.done - done, now - began)
        bars.update(
            self._tasks[report.phase],
            completed=report.done,
            total=report.total,
            line=line.partition(": ")[2] or report.detail,
        )

    def close(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()

    def _shown(self) -> Bar:
        if self._bars is None:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description:<10}"),
                BarColumn(_BAR_WIDTH),
                TextColumn("{task.fields[line]}"),
            )
            self._bars = Bar(*columns, console=Console(file=sys.stderr), transient=True, refresh_per_second=5)
            self._bars.start()
        return self._bars
