"""codeassist/waitForIndex and codeassist/reindex."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .methods import REINDEX, WAIT_FOR_INDEX
from .protocol import ReindexAnswer, ReindexParams, WaitForIndexAnswer, WaitForIndexParams
from .registration import serve

if TYPE_CHECKING:
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

    async def reindex(params: ReindexParams) -> ReindexAnswer:
        folders = await session.folders.named(params.workspace)

        def begin(_cancelled: Cancelled) -> None:
            for folder in folders:
                folder.workspace.reindex(full=params.full)

        await session.run(begin)
        return ReindexAnswer(tuple(str(folder.workspace.root) for folder in folders))

    serve(server, WAIT_FOR_INDEX, WaitForIndexParams, wait_for_index)
    serve(server, REINDEX, ReindexParams, reindex)


async def _current(session: Session, folder: Folder, params: WaitForIndexParams) -> int:
    def wait(cancelled: Cancelled) -> int:
        return folder.workspace.wait_until_current(cancelled, vectors=params.vectors)

    # Waiting takes a thread for as long as it takes; searches must find some left.
    async with session.waiting:
        return await session.run(wait)
