"""Small sources, one a language, and what every list of chunks must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from codeassistd.indexer.chunk import KINDS, Chunk

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """File name to text; the files carry a .txt at the end so that no tool takes them for ours."""
    names = sorted(path for path in DATA.glob("*.txt") if path.name != "outlines.txt")
    return {path.name.removesuffix(".txt"): path.read_text(encoding="utf-8") for path in names}


@pytest.fixture(scope="session")
def outlines() -> dict[str, list[str]]:
    """File name to its expected chunks, as lines of "first-last kind symbol"."""
    expected: dict[str, list[str]] = {}
    for line in (DATA / "outlines.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            current = expected.setdefault(line[2:], [])
        elif line:
            current.append(line)
    return expected


@pytest.fixture(scope="session")
def check_cover() -> Callable[[str, Sequence[Chunk]], None]:
    """Every line that is not blank is in exactly one chunk, and chunks hold exactly their lines."""

    def check(text: str, chunks: Sequence[Chunk]) -> None:
        rows = [row.removesuffix("\r") for row in text.split("\n")]
        covered = 0
        for chunk in chunks:
            assert chunk.kind in KINDS
            assert covered < chunk.start_line <= chunk.end_line
            assert not any(row.strip() for row in rows[covered : chunk.start_line - 1])
            assert chunk.text == "\n".join(rows[chunk.start_line - 1 : chunk.end_line])
            assert rows[chunk.start_line - 1].strip()
            assert rows[chunk.end_line - 1].strip()
            covered = chunk.end_line
        assert not any(row.strip() for row in rows[covered:])

    return check
