"""Where the parts of one index lie on disk."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_VERSION = 1
"""Raised when the chunk table or the manifest changes its shape; another version is rebuilt."""


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """The files of one workspace's index and of the vector cache it shares.

    Attributes:
        folder: `indexes/<workspace id>` of the data directory.
        vectors: `vectors` of the data directory; one folder a model identity below it.
    """

    folder: Path
    vectors: Path

    @classmethod
    def of(cls, data_dir: Path, workspace_id: str) -> IndexLayout:
        """The layout of a workspace's index inside a data directory."""
        return cls(data_dir / "indexes" / workspace_id, data_dir / "vectors")

    @property
    def database(self) -> Path:
        """The LanceDB database that holds the chunk table."""
        return self.folder / "lance"

    def has_table(self) -> bool:
        """Whether the chunk table is there at all; looks at file names only."""
        return any(self.database.glob("*.lance/_versions/*.manifest"))

    def disk_bytes(self) -> int:
        """Size of everything in the index's folder; files that a writer deletes meanwhile don't count."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - thousands
        return total

    @property
    def manifest(self) -> Path:
        """The SQLite file whose transactions are the index's commits."""
        return self.folder / "manifest.sqlite"

    @property
    def write_lock(self) -> Path:
        """Locked by the one process that may change the index."""
        return self.folder / "writer.lock"

    @property
    def writer(self) -> Path:
        """Says in words who holds the write lock."""
        return self.folder / "writer.json"

    @property
    def reader_lock(self) -> Path:
        """Locked shared by readers, exclusively while old versions are deleted."""
        return self.folder / "readers.lock"

    def vector_cache(self, model_id: str) -> Path:
        """The content-addressed vectors of one model identity."""
        return self.vectors / model_id / "vectors.sqlite"
