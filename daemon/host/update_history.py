"""What the last updates of an index did, and what several of them did together."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...indexer.pipeline.report import UpdateReport

_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class PastUpdate:
    """One update that is over.

    Attributes:
        report: What it did.
        everything: Whether it looked at every file.
    """

    report: UpdateReport
    everything: bool


class UpdateHistory:
    """The last thousand updates. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._past: deque[PastUpdate] = deque(maxlen=_KEPT)

    @property
    def count(self) -> int:
        """Updates so far; names a moment for `since`."""
        return self._count

    def add(self, past: PastUpdate) -> None:
        """Remember one more."""
        self._count += 1
        self._past.append(past)

    def since(self, moment: int) -> UpdateReport | None:
        """What was done since there were so many updates; None when nothing was."""
        newer = min(self._count - moment, len(self._past))
        return joined(list(self._past)[len(self._past) - newer :])


def joined(updates: Sequence[PastUpdate]) -> UpdateReport | None:
    """Make one report of several updates, as if one had done what they did.

    What is there to be found is as the last update found it that looked at every file; what was done is
    the sum. A file that an earlier one of them has indexed isn't unchanged.

    Args:
        updates: In the order in which they were carried out.

    Returns:
        The report; None when there are none. The index is as after the last.
    """
    if not updates:
        return None
    reports = [update.report for update in updates]
    last = reports[-1]
    looked = _last_look(updates)
    found = reports[looked]
    before = sum(report.files_indexed for report in reports[:looked])
    seconds: Counter[str] = Counter()
    for report in reports:
        for phase, spent in report.seconds.items():
            seconds[phase] += spent  # type: ignore[assignment]
    return replace(
        last,
        files_seen=found.files_seen,
        files_indexed=sum(report.files_indexed for report in reports),
        files_unchanged=max(0, found.files_unchanged - before),
        files_pending=found.files_pending,
        files_removed=sum(report.files_removed for report in reports),
        skipped=found.skipped,
        unreadable=found.unreadable,
        chunks_embedded=sum(report.chunks_embedded for report in reports),
        chunks_reused=sum(report.chunks_reused for report in reports),
        seconds=dict(seconds),
        cancelled=False,
        rebuilt="; ".join(dict.fromkeys(report.rebuilt for report in reports if report.rebuilt)),
    )


def _last_look(updates: Sequence[PastUpdate]) -> int:
    """The last update whose list of files is whole; the last of all when none is."""
    for place in range(len(updates) - 1, -1, -1):
        report = updates[place].report
        # One that was broken off while it listed the files has counted none.
        if updates[place].everything and (report.files_seen or not report.cancelled):
            return place
    return len(updates) - 1
