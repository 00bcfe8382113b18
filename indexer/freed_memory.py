"""Giving memory back to the system: what was freed, and code that isn't used for now."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_MADV_PAGEOUT = 21
"""<linux/mman.h>, since Linux 5.4: write back what is changed, which code isn't, and let go of the page."""

_MAPPINGS = Path("/proc/self/maps")
_LARGE_BYTES = 1 << 20


def give_back() -> None:
    """Return what was freed. The C library of Linux keeps it: after many writes, a gigabyte."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def page_out_libraries() -> None:
    """Let go of the code of large libraries until it runs again.

    A hundred megabytes of LanceDB and Arrow lie in memory after a search, and are read from the disk again
    within a tenth of a second by the next one. Where the system doesn't offer that, nothing happens.
    """
    library = _glibc()
    if library is None:
        return
    try:
        lines = _MAPPINGS.read_text().splitlines()
    except OSError:
        return
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for begin, end in large_code(lines):
        library.madvise(begin, end - begin, _MADV_PAGEOUT)


def large_code(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Find read-only mappings of large files.

    Args:
        lines: Of /proc/self/maps; see proc_pid_maps(5).

    Yields:
        The addresses where one begins and ends.
    """
    for line in lines:
        fields = line.split(maxsplit=5)
        if len(fields) < 6 or not fields[5].startswith("/") or fields[1][1:] not in {"--p", "-xp"}:
            continue
        begin, _, end = fields[0].partition("-")
        if int(end, 16) - int(begin, 16) >= _LARGE_BYTES:
            yield int(begin, 16), int(end, 16)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc; None elsewhere."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(None)
        library.malloc_trim  # noqa: B018 - a look-up, which fails elsewhere
    except (OSError, AttributeError):
        return None
    return library
