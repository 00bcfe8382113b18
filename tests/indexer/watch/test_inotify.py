"""The binding: what the kernel writes, and ending a wait."""

from __future__ import annotations

import struct
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.watch.inotify import IN_CREATE, IN_ISDIR, Inotify, InotifyEvent, parse

_names = st.binary(max_size=30).map(lambda name: name.replace(b"\0", b"").replace(b"/", b""))
_events = st.builds(InotifyEvent, st.integers(-1, 2**31 - 1), st.integers(0, 2**32 - 1), _names)

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@given(st.lists(_events, max_size=5), st.integers(0, 9))
def test_events_are_read_as_the_kernel_pads_them(events: list[InotifyEvent], padding: int) -> None:
    data = b""
    for event in events:
        name = event.name + b"\0" * padding
        data += struct.pack("iIII", event.descriptor, event.mask, 7, len(name)) + name
    assert parse(data) == events


@linux
def test_a_watch_tells_of_one_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    inotify = Inotify()
    try:
        descriptor = inotify.add(bytes(tmp_path))
        assert inotify.add(bytes(tmp_path)) == descriptor
        (tmp_path / "inner" / "unseen").mkdir()
        (tmp_path / "new").mkdir()
        assert inotify.read(10) == [InotifyEvent(descriptor, IN_CREATE | IN_ISDIR, b"new")]
        assert inotify.read(0) == []
        with pytest.raises(FileNotFoundError):
            inotify.add(bytes(tmp_path / "gone"))
    finally:
        inotify.close()


@linux
def test_waiting_can_be_ended_from_another_thread() -> None:
    inotify = Inotify()
    waker = threading.Timer(0.05, inotify.wake)
    waker.start()
    assert inotify.read(60) == []
    waker.join()
    inotify.close()
    inotify.close()
    inotify.wake()
