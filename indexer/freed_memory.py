"""Giving freed memory back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def give_back() -> None:
    """Return what was freed. The C library of Linux keeps it: after many writes, a gigabyte."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def share_one_arena() -> None:
    """Have all threads allocate from one heap, which can be given back; to be called before they start.

    The C library of Linux gives each thread its own, where what it has freed stays. LanceDB has dozens.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_ARENA_MAX, 1)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc; None elsewhere."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(None)
        library.malloc_trim, library.mallopt  # noqa: B018 - a look-up, which fails elsewhere
    except (OSError, AttributeError):
        return None
    return library
