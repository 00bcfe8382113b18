"""The records of codeassist/index; METHODS.md is generated from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from .decoding import Doc
from .protocol import WorkspaceName


@dataclass(frozen=True, slots=True)
class IndexParams:
    """What to bring up to date."""

    workspace: WorkspaceName = None
    full: Annotated[bool, Doc("Whether every file is chunked anew.")] = False
    work_done_token: Annotated[
        int | str | None, Doc("Where the work is then comes in $/progress, as IndexingReport.")
    ] = None


@dataclass(frozen=True, slots=True)
class IndexingReport:
    """The value of $/progress for a workDoneToken: a WorkDoneProgressReport of LSP that says more."""

    kind: Literal["begin", "report", "end"]
    title: Annotated[str, Doc("Of the bar; in the first one.")]
    message: str
    percentage: Annotated[int, Doc("0 to 100.")]
    workspace: Annotated[str, Doc("Path of the folder.")]
    phase: Literal["wait", "scan", "chunk", "embed", "optimize"]
    done: Annotated[int, Doc("How much of the phase, in units.")]
    total: Annotated[int | None, Doc("Out of how much; null while unknown.")]
    unit: Annotated[str, Doc("files or chunks.")]
    detail: Annotated[str, Doc("Who is being waited for.")]


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What an update did with files."""

    seen: Annotated[int, Doc("Files that were listed, those left out included.")]
    indexed: Annotated[int, Doc("Files that were chunked.")]
    unchanged: int
    pending: Annotated[int, Doc("Files left for another update.")]
    removed: Annotated[int, Doc("Files that are gone.")]
    skipped: Annotated[Mapping[str, int], Doc("Files left out, by reason.")]
    unreadable: Annotated[tuple[str, ...], Doc("Path and reason of each.")]


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """What an update did with chunks."""

    total: Annotated[int, Doc("Chunks in the index.")]
    embedded: Annotated[int, Doc("Chunks that the model was asked for.")]
    reused: Annotated[int, Doc("New chunks whose vector was known.")]
    pending: Annotated[int, Doc("Chunks without a vector.")]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What was done since the folder was opened in this session, or since the last report."""

    workspace: Annotated[str, Doc("Path of the folder.")]
    revision: int
    model: Annotated[str, Doc("Of the vectors.")]
    files: FileCounts
    chunks: ChunkCounts
    seconds: Annotated[Mapping[str, float], Doc("By phase; they overlap.")]
    rebuilt: Annotated[str, Doc("Why the index was built anew; empty when it was continued.")]


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """The index has every change made before the request, with vectors."""

    reports: Annotated[tuple[IndexReport, ...], Doc("One a folder.")]
