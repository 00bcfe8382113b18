"""codeassist/search and codeassist/similar."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..indexer.search.request import SearchFilter, SearchMode, SearchRequest, SearchResponse
from .decoding import encode
from .errors import ParamsError
from .locations import path_of_uri
from .methods import SEARCH, SIMILAR
from .positions import lines_of_range
from .protocol import SearchAnswer, SearchParams, SearchPartialResult, SimilarParams
from .registration import serve
from .results import answer_of

if TYPE_CHECKING:
    from .folders import Folder
    from .session import Session
    from .session_server import SessionServer

_RESULTS_AT_ONCE = 10


def register(server: SessionServer, session: Session) -> None:
    """Serve searches."""

    async def search(params: SearchParams) -> SearchAnswer:
        start = time.perf_counter()
        folders = await session.folders.named(params.workspace)
        defaults = folders[0].workspace.search_defaults
        limit = params.limit or defaults.limit
        mode = SearchMode(params.mode or defaults.mode)
        request = SearchRequest(params.query, limit, mode, _where(params), params.rerank)
        found = await asyncio.gather(*(_search(session, folder, request) for folder in folders))
        answer = answer_of(
            session, list(zip(folders, found, strict=True)), limit, time.perf_counter() - start
        )
        return _in_parts(session, params.partial_result_token, answer)

    async def similar(params: SimilarParams) -> SearchAnswer:
        start = time.perf_counter()
        path = path_of_uri(params.text_document.uri)
        if path is None:
            raise ParamsError("params.textDocument has no file", "save the document, then ask again")
        document = session.documents.of_uri(params.text_document.uri)
        lines = lines_of_range(
            (params.range.start.line, params.range.start.character),
            (params.range.end.line, params.range.end.character),
            document.buffer.lines if document else None,
        )
        folder, relative = await session.folders.holding(path)
        unsaved = session.unsaved(folder)
        found = await session.run(
            lambda cancelled: folder.workspace.similar(
                relative, lines, params.limit, _where(params), unsaved, cancelled
            )
        )
        return answer_of(session, [(folder, found)], params.limit, time.perf_counter() - start)

    serve(server, SEARCH, SearchParams, search, shorthand="query")
    serve(server, SIMILAR, SimilarParams, similar)


def _where(params: SearchParams | SimilarParams) -> SearchFilter:
    return SearchFilter(params.languages, params.paths, params.kinds)


async def _search(session: Session, folder: Folder, request: SearchRequest) -> SearchResponse:
    unsaved = session.unsaved(folder)
    return await session.run(lambda cancelled: folder.workspace.search(request, unsaved, cancelled))


def _in_parts(session: Session, token: int | str | None, answer: SearchAnswer) -> SearchAnswer:
    """Send the results ahead if the client asked for that; gives what is left to say."""
    if token is None:
        return answer
    for first in range(0, len(answer.results), _RESULTS_AT_ONCE):
        part = SearchPartialResult(answer.results[first : first + _RESULTS_AT_ONCE])
        session.client.tell("$/progress", {"token": token, "value": encode(part)})
    return replace(answer, results=())
