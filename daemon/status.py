"""What there is to know about a workspace's index without changing it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..models.errors import CodeassistdError

if TYPE_CHECKING:
    from ..indexer.workspace_index import Drift, IndexDescription
    from .composition import Composition

IndexState = Literal["missing", "unreadable", "damaged", "stale", "embedding", "ready"]


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """One workspace.

    Attributes:
        root: Its folder.
        description: Its index; None when that can't be read.
        drift: How the files on disk differ from it; None when that is unknown.
        writer: Who is writing the index right now; "" when nobody is.
        errors: What could not be found out, and why.
        damaged: Whether the index is to be made anew; false too when it can't be looked at.
    """

    root: Path
    description: IndexDescription | None
    drift: Drift | None
    writer: str
    errors: tuple[str, ...]
    damaged: bool = False

    @property
    def state(self) -> IndexState:
        """The index's state in one word."""
        if self.description is None:
            return "damaged" if self.damaged else "unreadable"
        if self.description.revision is None:
            return "missing"
        if self.drift is None or self.drift.changed or self.drift.removed or not self.description.complete:
            return "stale"
        return "ready" if self.description.embedded >= self.description.chunks else "embedding"


def workspace_status(composition: Composition) -> WorkspaceStatus:
    """Look at a workspace and its index.

    Args:
        composition: The workspace's objects.

    Returns:
        What was found; what could not be is among the errors.
    """
    from ..indexer.store.errors import DamagedIndexError
    from ..indexer.store.locking import IndexBusyError, writing

    index = composition.open_index()
    root = composition.workspace.root
    errors: list[str] = []
    description: IndexDescription | None = None
    drift: Drift | None = None
    writer = ""
    damaged = False
    try:
        description = index.describe()
        if description.revision is not None:
            drift = index.drift()
    except CodeassistdError as error:
        damaged = isinstance(error, DamagedIndexError)
        errors.append(error.message)
    if index.layout.writer.exists():
        try:
            with writing(index.layout, 0.0):
                pass
        except IndexBusyError as busy:
            writer = busy.message
        except CodeassistdError as error:
            errors.append(error.message)
    return WorkspaceStatus(root, description, drift, writer, tuple(errors), damaged)


def resident_bytes() -> int:
    """Most memory this process has held at once, in bytes; 0 where the system doesn't tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
