"""Memory goes back to the system where it can be asked for that, and nothing breaks there or elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from codeassistd.indexer import freed_memory
from codeassistd.indexer.freed_memory import give_back, large_code, page_out_libraries

MAPS = """\
55d0c0000000-55d0c0001000 r--p 00000000 fe:00 1                          /usr/bin/python3
7f0000000000-7f0010000000 r-xp 00001000 fe:00 2                          /opt/site packages/_lancedb.abi3.so
7f0010000000-7f0011000000 rw-p 10000000 fe:00 2                          /opt/site packages/_lancedb.abi3.so
7f0011000000-7f0012000000 r--s 00000000 fe:00 3                          /data/index.lance
7f0012000000-7f0013000000 r--p 00000000 00:00 0
7f0013000000-7f0014000000 r--p 00000000 00:00 0                          [vvar]
7f0014000000-7f0015000000 r--p 00000000 fe:00 4                          /usr/lib/libarrow.so.2600
""".splitlines()


def test_only_code_and_constants_of_large_files_are_let_go() -> None:
    assert list(large_code(MAPS)) == [
        (0x7F0000000000, 0x7F0010000000),
        (0x7F0014000000, 0x7F0015000000),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems page code out by themselves")
def test_code_that_was_let_go_runs_again() -> None:
    values = pa.array(range(1000))
    assert pc.sum(values).as_py() == 499_500
    before = resident_file_pages()
    give_back()
    page_out_libraries()
    assert resident_file_pages() <= before
    assert pc.sum(values).as_py() == 499_500


def resident_file_pages() -> int:
    """Resident pages of files; see proc_pid_statm(5)."""
    return int(Path("/proc/self/statm").read_text().split()[2])


def test_giving_back_asks_the_c_library_on_linux_only(monkeypatch: pytest.MonkeyPatch) -> None:
    freed_memory._glibc.cache_clear()
    give_back()
    assert (freed_memory._glibc() is None) is (sys.platform != "linux")
    freed_memory._glibc.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    give_back()
    page_out_libraries()
    assert freed_memory._glibc() is None
    freed_memory._glibc.cache_clear()
