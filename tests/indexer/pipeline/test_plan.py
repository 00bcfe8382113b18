"""What has to be read again, decided from times alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.pipeline.plan import plan_update
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.walk.entry import FileEntry, Skip, SkipReason

ENTRY = FileEntry("a.py", 10, 20, 30, 40)
RECORD = FileRecord("a.py", 10, 20, 30, 40, settled=True, content_hash="h", skipped="", chunks=2)


@pytest.mark.parametrize(
    ("entry", "record", "read"),
    [
        (ENTRY, RECORD, False),
        (replace(ENTRY, size=11), RECORD, True),
        (replace(ENTRY, mtime_ns=21), RECORD, True),
        (replace(ENTRY, mtime_ns=19), RECORD, True),
        (replace(ENTRY, ctime_ns=31), RECORD, True),
        (replace(ENTRY, inode=41), RECORD, True),
        (ENTRY, replace(RECORD, settled=False), True),
        (ENTRY, replace(RECORD, skipped="binary"), False),
    ],
)
def test_a_file_is_read_when_it_might_have_changed(
    entry: FileEntry, record: FileRecord, *, read: bool
) -> None:
    plan = plan_update([entry], {"a.py": record})
    assert plan.to_read == ((entry,) if read else ())
    assert plan.removed == ()


def test_skips_are_counted_by_reason_and_forgotten() -> None:
    scan = [
        Skip("secret.pem", SkipReason.SECRET),
        Skip("locked", SkipReason.UNREADABLE, "Permission denied"),
        ENTRY,
    ]
    known = {
        "a.py": replace(RECORD, skipped="minified"),
        "secret.pem": replace(RECORD, path="secret.pem"),
        "gone.py": replace(RECORD, path="gone.py"),
    }
    plan = plan_update(scan, known)
    assert dict(plan.skipped) == {"secret": 1, "unreadable": 1, "minified": 1}
    assert plan.unreadable == ("locked: Permission denied",)
    assert plan.removed == ("gone.py", "secret.pem")
    assert (plan.seen, plan.unchanged, plan.to_read) == (3, 0, ())


_NAMES = st.sampled_from([f"f{number}.py" for number in range(8)])
_ENTRIES = st.dictionaries(_NAMES, st.integers(0, 3))


@given(now=_ENTRIES, before=_ENTRIES)
def test_every_file_has_exactly_one_fate(now: dict[str, int], before: dict[str, int]) -> None:
    scan = [replace(ENTRY, path=path, mtime_ns=time) for path, time in now.items()]
    known = {path: replace(RECORD, path=path, mtime_ns=time) for path, time in before.items()}
    plan = plan_update(scan, known)
    to_read = {entry.path for entry in plan.to_read}
    assert to_read == {path for path in now if before.get(path) != now[path]}
    assert set(plan.removed) == before.keys() - now.keys()
    assert plan.unchanged == len(now) - len(to_read)
    assert plan.seen == len(now)
