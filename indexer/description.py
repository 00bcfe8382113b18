"""What can be said of an index without opening its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """The committed state of an index, for people.

    Attributes:
        root: The workspace.
        folder: Where the index lies.
        revision: Current revision; None when there is no index.
        model: Model identity of the vectors; "" when there is no index.
        format: Layout version; 0 when there is no index.
        complete: Whether it holds every file of its last scan.
        files: Files that are indexed.
        skipped: Files left out because of their content, by reason.
        chunks: Chunks.
        embedded: Chunks that have a vector.
        updated_at: Unix time of the last commit, seconds; None when there is no index.
        disk_bytes: Size on disk, the shared vector cache not counted.
    """

    root: Path
    folder: Path
    revision: int | None
    model: str
    format: int
    complete: bool
    files: int
    skipped: Mapping[str, int]
    chunks: int
    embedded: int
    updated_at: float | None
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the workspace has moved on since its index was made.

    Attributes:
        changed: Files that are new or look different.
        removed: Files that are gone.
    """

    changed: int
    removed: int
