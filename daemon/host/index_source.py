"""Where the daemon gets a workspace's index from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ...indexer.workspace_index import WorkspaceIndex


@dataclass(frozen=True, slots=True)
class IndexSource:
    """Where an index comes from.

    Attributes:
        root: The workspace.
        data_dir: Where indexes are kept.
        index: Gives the index as the settings in force want it.
        settings: Gives these settings by dotted key, those at their default left out.
    """

    root: Path
    data_dir: Path
    index: Callable[[], WorkspaceIndex]
    settings: Callable[[], Mapping[str, object]]
