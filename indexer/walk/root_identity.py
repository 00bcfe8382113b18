"""What tells a workspace's root from another folder in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ...models.errors import CodeassistdError

_T = TypeVar("_T")


def root_identity(root: Path) -> tuple[int, int] | None:
    """Device and inode of a folder; None when there is none."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def same_root_throughout(root: Path, found: Iterable[_T]) -> Iterator[_T]:
    """Pass on what a walk finds, and see at its end that it was one folder all the time.

    The folders of a workspace that is unmounted or moved away in the midst of a walk look as if they had been
    deleted.

    Args:
        root: The workspace root.
        found: The walk.

    Yields:
        What it finds.

    Raises:
        CodeassistdError: The root went away, or another folder took its place; what was found is no good.
    """
    before = root_identity(root)
    yield from found
    if root_identity(root) != before:
        raise CodeassistdError(
            f"the folder {root} went away while its files were listed", "its index is as it was; try again"
        )
