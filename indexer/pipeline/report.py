"""What an update says while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Phase = Literal["wait", "scan", "chunk", "embed", "optimize"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an update is.

    Attributes:
        phase: What is being done.
        done: How much of it, in `unit`.
        total: Out of how much; None while unknown.
        unit: "files" or "chunks".
        detail: Something to show beside it, such as who is being waited for.
    """

    phase: Phase
    done: int
    total: int | None
    unit: str = "files"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did.

    Attributes:
        workspace: The folder.
        revision: The revision that is now current; 0 when there is none.
        model: Model identity of the vectors.
        files_seen: Files that the walk listed, skipped ones included.
        files_indexed: Files whose content was chunked in this update.
        files_unchanged: Files that were left as they were.
        files_pending: Files that were left for another update, because a search waits for this one.
        files_removed: Files that are gone.
        skipped: Files that are not indexed, by reason.
        unreadable: Files that could not be read, as "path: why".
        chunks_total: Chunks in the index.
        chunks_embedded: Chunks that the model was asked for in this update.
        chunks_reused: Chunks of this update whose vector was known already.
        chunks_pending: Chunks that have no vector yet.
        seconds: Time by phase; phases overlap, "total" is the clock's.
        cancelled: Whether it was stopped before it was done.
        rebuilt: Why the index was built anew; "" when it was continued.
    """

    workspace: Path
    revision: int
    model: str
    files_seen: int
    files_indexed: int
    files_unchanged: int
    files_pending: int
    files_removed: int
    skipped: Mapping[str, int]
    unreadable: tuple[str, ...]
    chunks_total: int
    chunks_embedded: int
    chunks_reused: int
    chunks_pending: int
    seconds: Mapping[str, float]
    cancelled: bool
    rebuilt: str
