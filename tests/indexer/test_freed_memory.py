"""Memory goes back to the system where the C library can be asked for it, and nothing breaks elsewhere."""

import sys

import pytest

from codeassistd.indexer import freed_memory


def test_giving_back_asks_the_c_library_on_linux_only(monkeypatch: pytest.MonkeyPatch) -> None:
    freed_memory._glibc.cache_clear()
    freed_memory.give_back()
    assert (freed_memory._glibc() is None) is (sys.platform != "linux")
    freed_memory._glibc.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    freed_memory.give_back()
    assert freed_memory._glibc() is None
    freed_memory._glibc.cache_clear()
