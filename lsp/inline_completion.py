"""textDocument/inlineCompletion, and codeassist/inlineCompletion for clients that don't have it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from .decoding import decode, encode
from .errors import ParamsError
from .generation_protocol import InlineCompletionAnswer, InlineCompletionItem, InlineCompletionParams
from .generation_service import InlineRequest, InlineText
from .inline_cache import InlineCache
from .methods import INLINE_COMPLETION
from .protocol import Position, Range
from .registration import serve
from .service import CancelledError

if TYPE_CHECKING:
    from pathlib import Path

    from .documents import Document
    from .folders import Folder
    from .generation_service import Generation, InlineSettings
    from .service import Cancelled
    from .session import Session
    from .session_server import SessionServer

_INVOKED = 1
_IN_SIGHT = 60
"""Lines around the cursor that a completion sees anyway."""

_NOTHING = InlineCompletionAnswer(())


def register(server: SessionServer, session: Session) -> None:
    """Serve completions as lines are typed."""
    completions = InlineCompletions(session)

    # Any, not the types of lsprotocol: both methods give the same JSON.
    async def standard(params: types.InlineCompletionParams) -> Any:
        raw = server.protocol.to_plain(params)
        return encode(await completions.complete(decode(InlineCompletionParams, raw)))

    options = types.InlineCompletionOptions()
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, options)(standard)
    serve(server, INLINE_COMPLETION, InlineCompletionParams, completions.complete)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a completion is wanted, and in what text.

    Attributes:
        document: The document.
        path: Its file.
        version: Its version when the request came.
        text: As it is on screen, or as it would be with the selected item of a completion list.
        offset: The cursor in it, in characters.
        lead: What comes before the completion: the selected item.
        start: Where the lead begins in the document, in characters.
        cursor: Where the replaced text begins in the document, in characters.
    """

    document: Document
    path: Path
    version: int
    text: str
    offset: int
    lead: str
    start: int
    cursor: int


class InlineCompletions:
    """The completions of one session: one at a time, the latest."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cache = InlineCache()
        self._running: asyncio.Task[InlineCompletionAnswer] | None = None
        # One thread: a completion that was given up ends before the next one begins.
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="lsp-inline")
        session.at_end(lambda: self._lane.shutdown(wait=False, cancel_futures=True))

    async def complete(self, params: InlineCompletionParams) -> InlineCompletionAnswer:
        """Answer a request; the one before it, if it has no answer yet, gets an empty one."""
        if self._running is not None:
            self._running.cancel()
        running = self._running = asyncio.ensure_future(self._complete(params))
        try:
            return await running
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                running.cancel()
                raise
            return _NOTHING

    async def _complete(self, params: InlineCompletionParams) -> InlineCompletionAnswer:
        place = self._place(params)
        if place is None:
            return _NOTHING
        try:
            completion = await self._find(place, is_asked_for=params.context.trigger_kind == _INVOKED)
        except CancelledError:
            return _NOTHING
        except Exception as error:  # noqa: BLE001
            self._session.failures.note("inline completion", error)
            return _NOTHING
        return _NOTHING if completion is None or self._is_stale(place) else self._answer(place, completion)

    async def _find(self, place: _Place, *, is_asked_for: bool) -> InlineText | None:
        """What is known of a place, or else what is written there."""
        try:
            folder, relative = await self._session.folders.holding(place.path)
        except ParamsError:
            return None  # it is in no open folder
        generation = folder.workspace.generation
        settings = generation.inline_settings
        if not _is_wanted(settings, place.document.language, place.text):
            return None
        is_known, completion = self._cache.find(place.document.uri, place.text, place.offset)
        if is_known and (completion or not is_asked_for):
            return completion
        request = self._request(folder, relative, place, is_asked_for=is_asked_for)
        if not is_asked_for:
            unsaved = self._session.unsaved(folder)
            # While it waits whether more is typed, what the model should know is looked up.
            self._lane.submit(generation.prepare, request, unsaved)
            await asyncio.sleep(settings.debounce_seconds)
        if self._is_stale(place):
            return None
        completion = await self._write(folder, generation, request)
        self._cache.keep(place.document.uri, place.text, place.offset, completion)
        return completion

    def _place(self, params: InlineCompletionParams) -> _Place | None:
        """Where a completion is wanted; None when none can be made there."""
        document = self._session.documents.of_uri(params.text_document.uri)
        if document is None or document.path is None:
            return None
        if params.text_document.version not in {None, document.version}:
            return None
        text = document.buffer.text
        cursor = self._offset(document, params.position)
        selected = params.context.selected_completion_info
        if selected is None:
            return _Place(document, document.path, document.version, text, cursor, "", cursor, cursor)
        start, end = (self._offset(document, at) for at in (selected.range.start, selected.range.end))
        if not start <= cursor <= end or "\n" in text[start:end]:
            return None
        changed = text[:start] + selected.text + text[end:]
        offset = start + len(selected.text)
        version = document.version
        return _Place(document, document.path, version, changed, offset, selected.text, start, end)

    def _offset(self, document: Document, position: Position) -> int:
        encoding = self._session.client.position_encoding
        return document.buffer.offset((position.line, position.character), encoding)

    def _is_stale(self, place: _Place) -> bool:
        document = self._session.documents.of_uri(place.document.uri)
        return document is not place.document or document.version != place.version

    def _request(self, folder: Folder, relative: str, place: _Place, *, is_asked_for: bool) -> InlineRequest:
        line = place.text.count("\n", 0, place.offset)
        edits = self._session.edits.elsewhere(
            self._session.documents, folder, place.document.uri, (line - _IN_SIGHT, line + _IN_SIGHT)
        )
        language = place.document.language
        return InlineRequest(relative, language, place.text, place.offset, edits, is_asked_for)

    async def _write(
        self, folder: Folder, generation: Generation, request: InlineRequest
    ) -> InlineText | None:
        unsaved = self._session.unsaved(folder)

        def write(cancelled: Cancelled) -> InlineText | None:
            return generation.inline(request, unsaved, cancelled)

        found = await self._session.run(write, self._lane)
        if found is None or not found.text:
            return None
        if request.text.find("\r\n") >= 0:
            return replace(found, text=found.text.replace("\r\n", "\n").replace("\n", "\r\n"))
        return found

    def _answer(self, place: _Place, completion: InlineText) -> InlineCompletionAnswer:
        encoding = self._session.client.position_encoding
        buffer = place.document.buffer
        rest = place.document.buffer.text[place.cursor : place.cursor + completion.replaced]
        end = place.cursor + len(rest.splitlines()[0] if rest else "")
        start, end_position = (Position(*buffer.position(at, encoding)) for at in (place.start, end))
        item = InlineCompletionItem(place.lead + completion.text, Range(start, end_position))
        return InlineCompletionAnswer((item,))


def _is_wanted(settings: InlineSettings, language: str, text: str) -> bool:
    if not settings.is_on or language.lower() in {each.lower() for each in settings.languages_off}:
        return False
    most = settings.max_document_bytes
    return len(text) <= most and (text.isascii() or len(text.encode()) <= most)
