"""What an update has to look at: the scan of a workspace against what the index remembers. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..walk.entry import FileEntry, Skip, SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..store.manifest import FileRecord


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """The files of a scan, sorted by what must be done with them.

    Attributes:
        to_read: New files, and those whose size or times differ from what was remembered.
        unchanged: How many files are as they were; their contents are not read.
        removed: Remembered files that the scan no longer lists.
        seen: All files that the scan listed, the skipped ones included.
        skipped: Skipped files by reason; those known by their content included.
        unreadable: What could not be read, as "path: why".
    """

    to_read: tuple[FileEntry, ...]
    unchanged: int
    removed: tuple[str, ...]
    seen: int
    skipped: Mapping[str, int]
    unreadable: tuple[str, ...]


def same_file(entry: FileEntry, record: FileRecord) -> bool:
    """Whether a file is certainly what it was when it was read."""
    return (
        record.settled
        and entry.size == record.size
        and entry.mtime_ns == record.mtime_ns
        and entry.ctime_ns == record.ctime_ns
        and entry.inode == record.inode
    )


def plan_update(scan: Iterable[FileEntry | Skip], known: Mapping[str, FileRecord]) -> UpdatePlan:
    """Compare a scan with the manifest.

    Args:
        scan: Every file the walk yields, in any order.
        known: The manifest's files by path.

    Returns:
        What to read, forget and leave alone.
    """
    to_read: list[FileEntry] = []
    listed: set[str] = set()
    skipped: Counter[str] = Counter()
    unreadable: list[str] = []
    unchanged = seen = 0
    for item in scan:
        seen += 1
        if isinstance(item, Skip):
            skipped[item.reason.value] += 1
            if item.reason is SkipReason.UNREADABLE:
                unreadable.append(f"{item.path}: {item.detail}" if item.detail else item.path)
            continue
        listed.add(item.path)
        record = known.get(item.path)
        if record is None or not same_file(item, record):
            to_read.append(item)
        elif record.skipped:
            skipped[record.skipped] += 1
        else:
            unchanged += 1
    removed = tuple(sorted(known.keys() - listed))
    return UpdatePlan(tuple(to_read), unchanged, removed, seen, skipped, tuple(unreadable))
