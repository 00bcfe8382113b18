"""Giving freed memory back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache


def give_back() -> None:
    """Return what was freed. The C library of Linux keeps it: after many writes, a gigabyte."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


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
