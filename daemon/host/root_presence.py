"""Whether a workspace's folder is there: one that is not mounted must not pass for one that was emptied."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...indexer.walk.root_identity import root_identity
from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from pathlib import Path


class RootAwayError(CodeassistdError):
    """A workspace's folder isn't there; its index is kept."""


class RootPresence:
    """Knows the folder of a workspace from one that took its place.

    Args:
        root: The workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: tuple[int, int] | None = None

    def check(self, *, has_files: bool) -> None:
        """See that the folder is there.

        An empty folder is believed when it is the one that had files before. Another one in its place, or one
        that was empty from the start, is where something isn't mounted.

        Args:
            has_files: Whether the index has any.

        Raises:
            RootAwayError: It isn't.
        """
        identity = root_identity(self._root)
        try:
            with os.scandir(self._root) as entries:
                is_empty = next(entries, None) is None
        except OSError as error:
            raise RootAwayError(
                f"the folder {self._root} can't be read ({error.strerror}); its index is kept",
                "the index is brought up to date once the folder is back",
            ) from error
        if has_files and is_empty and identity != self._known:
            raise RootAwayError(
                f"the folder {self._root} is empty and not the one that was indexed; its index is kept",
                "mount what belongs there, or let `codeassistd index --no-daemon` take it as it is",
            )
        self._known = identity
