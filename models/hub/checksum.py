"""Checksums of files, in the two kinds that hubs publish."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a file's content must hash to.

    Attributes:
        kind: "sha256" of the content (large files), or "git": SHA-1 of git's blob object (small files).
        hex: Lower-case hexadecimal digits.
    """

    kind: Literal["sha256", "git"]
    hex: str


@dataclass(frozen=True, slots=True)
class FileHashes:
    """Both checksums of a file that was read once."""

    size: int
    sha256: str
    git: str

    def match(self, checksum: Checksum) -> bool:
        """Whether the file is the one with this checksum."""
        return (self.sha256 if checksum.kind == "sha256" else self.git) == checksum.hex


def hash_file(path: Path, progress: Callable[[int], None] = lambda _bytes: None) -> FileHashes:
    """Read a file and hash it.

    Args:
        path: The file.
        progress: Called with the number of bytes of every block read.

    Returns:
        Its size and checksums.

    Raises:
        OSError: It can't be read.
    """
    size = path.stat().st_size
    sha256 = hashlib.sha256()
    # Git names blobs by SHA-1; it guards small text files against accidents, over TLS, and nothing else.
    git = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    # Weights have a SHA-256 of their own, so only small files need the second pass through a hash.
    is_small = size <= _BLOCK_BYTES * 64
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            sha256.update(block)
            if is_small:
                git.update(block)
            progress(len(block))
    return FileHashes(size, sha256.hexdigest(), git.hexdigest() if is_small else "")
