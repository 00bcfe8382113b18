"""codeassist/index, codeassist/waitForIndex and codeassist/reindex."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from .index_protocol import ChunkCounts, FileCounts, IndexAnswer, IndexParams, IndexReport
from .methods import INDEX, REINDEX, WAIT_FOR_INDEX
from .protocol import ReindexAnswer, ReindexParams, WaitForIndexAnswer, WaitForIndexParams
from .registration import serve
from .request_progress import RequestProgress

if TYPE_CHECKING:
    from ..indexer.pipeline.report import UpdateReport
    from .folders import Folder
    from .service import Cancelled
    from .session import Session
    from .session_server import SessionServer


def register(server: SessionServer, session: Session) -> None:
    """Serve what clients may ask of the index itself."""

    async def wait_for_index(params: WaitForIndexParams) -> WaitForIndexAnswer:
        folders = await session.folders.named(params.workspace)
        revisions = await asyncio.gather(*(_current(session, folder, params) for folder in folders))
        return WaitForIndexAnswer(revisions[0])

    async def index(params: IndexParams) -> IndexAnswer:
        folders = await session.folders.named(params.workspace)
        progress = RequestProgress(session, params.work_done_token)
        try:
            reports = await asyncio.gather(
                *(_indexed(session, folder, params, progress) for folder in folders)
            )
        finally:
            progress.end()
        return IndexAnswer(tuple(map(report_of, reports)))

    async def reindex(params: ReindexParams) -> ReindexAnswer:
        folders = await session.folders.named(params.workspace)

        def begin(_cancelled: Cancelled) -> None:
            for folder in folders:
                folder.workspace.reindex(full=params.full)

        await session.run(begin)
        return ReindexAnswer(tuple(str(folder.workspace.root) for folder in folders))

    serve(server, WAIT_FOR_INDEX, WaitForIndexParams, wait_for_index)
    serve(server, INDEX, IndexParams, index)
    serve(server, REINDEX, ReindexParams, reindex)


async def _current(session: Session, folder: Folder, params: WaitForIndexParams) -> int:
    def wait(cancelled: Cancelled) -> int:
        return folder.workspace.wait_until_current(cancelled, vectors=params.vectors)

    # Waiting takes a thread for as long as it takes; searches must find some left.
    async with session.waiting:
        return await session.run(wait)


async def _indexed(
    session: Session, folder: Folder, params: IndexParams, progress: RequestProgress
) -> UpdateReport:
    workspace = folder.workspace
    tell = partial(progress.tell, workspace.root)
    async with session.waiting:
        return await session.run(
            lambda cancelled: workspace.index(full=params.full, progress=tell, cancelled=cancelled)
        )


def report_of(report: UpdateReport) -> IndexReport:
    """What was done, as the client gets it."""
    return IndexReport(
        workspace=str(report.workspace),
        revision=report.revision,
        model=report.model,
        files=FileCounts(
            seen=report.files_seen,
            indexed=report.files_indexed,
            unchanged=report.files_unchanged,
            pending=report.files_pending,
            removed=report.files_removed,
            skipped={str(reason): count for reason, count in sorted(report.skipped.items())},
            unreadable=report.unreadable,
        ),
        chunks=ChunkCounts(
            total=report.chunks_total,
            embedded=report.chunks_embedded,
            reused=report.chunks_reused,
            pending=report.chunks_pending,
        ),
        seconds=report.seconds,
        rebuilt=report.rebuilt,
    )
