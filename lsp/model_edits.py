"""Edits that a model makes: for code actions and for instructions in a person's words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..indexer.languages import detect_language
from ..models.errors import CodeassistdError
from . import actions
from .action_tasks import Task, lines_written, rewriting, task_of, tests_instruction
from .capabilities import creates_files
from .counterparts import tests_path
from .errors import ParamsError
from .generation_protocol import ActionParams, VersionedDocument
from .generation_service import GenerationRequest
from .positions import lines_of_range
from .protocol import Position, Range
from .replacement import fitted, line_end_of
from .subject import Subject, content_modified, subject_of, text_of_file
from .text_buffer import TextBuffer
from .workspace_edits import TextEdit, place_of_rows, workspace_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .generation_protocol import RewriteParams
    from .session import Session
    from .writing import Writer


class ModelEdits:
    """Makes edits for one session.

    Args:
        session: The client's.
        writer: Has text written.
    """

    def __init__(self, session: Session, writer: Writer) -> None:
        self._session = session
        self._writer = writer

    async def of_action(self, action: ActionParams) -> dict[str, Any]:
        """Make the edit of a code action.

        Raises:
            CodeassistdError: The document has changed, there is no model, or it failed.
        """
        subject = await self._open(VersionedDocument(action.uri, action.version))
        if action.action == actions.TESTS:
            edit = await self._tests(subject, action)
        else:
            task = task_of(action, subject.buffer.lines, subject.language)
            edit = await self._rewrite(subject, task, _title(action))
        if subject.has_changed(self._session):
            raise content_modified()
        return workspace_edit(edit, self._session.client.client_capabilities)

    async def of_instruction(self, params: RewriteParams) -> dict[str, Any]:
        """Make the edit that a person asks for.

        Raises:
            CodeassistdError: As `of_action`.
        """
        subject = await self._open(params.text_document)
        start, end = params.range.start, params.range.end
        first = min(start.line, len(subject.buffer.lines))
        last = first
        if start != end:
            touched = lines_of_range((start.line, start.character), (end.line, end.character))
            last = max(first, min(touched[1], len(subject.buffer.lines)))
        task = rewriting(params.instruction, subject.buffer.lines, first, last)
        edit = await self._rewrite(subject, task, "Rewrite")
        if subject.has_changed(self._session):
            raise content_modified()
        return workspace_edit(edit, self._session.client.client_capabilities)

    async def _open(self, named: VersionedDocument) -> Subject:
        subject = await subject_of(self._session, named)
        if subject.document is None:
            raise ParamsError(f"{named.uri[:200]!r} is not open", "open it, then ask again")
        return subject

    async def _rewrite(self, subject: Subject, task: Task, title: str) -> TextEdit:
        (start, end), _ = place_of_rows(subject.buffer, task.first, task.last)
        request = GenerationRequest(
            task.instruction, "code", subject.path, subject.language, subject.buffer.text, start, end
        )
        async with self._session.tasks.shown(title) as report:
            text = await self._writer.write_code(subject.folder, request, _counting(report))
        written = lines_written(task, text, subject.buffer.lines, subject.language)
        place = self._range(subject.buffer, start, end)
        return TextEdit(subject.uri, subject.version, place, written, title)

    async def _tests(self, subject: Subject, action: ActionParams) -> TextEdit:
        root = subject.folder.path
        path, uri, buffer, version = await self._test_file(subject)
        if not path:
            raise CodeassistdError(f"no place is known for tests of {subject.path}", "write them by hand")
        extends = buffer is not None
        if not extends and not creates_files(self._session.client.client_capabilities):
            raise CodeassistdError(
                f"this editor can't be told to create {path}", "create the file, then ask again"
            )
        rows = buffer.lines if buffer else []
        text = buffer.text if buffer else ""
        source = "".join(subject.buffer.lines[action.first_line : action.last_line])
        told = tests_instruction(action.name, subject.path, source, extends=extends)
        language = detect_language(path).name
        request = GenerationRequest(told, "code", path, language, text, len(text), len(text))
        title = _title(action)
        async with self._session.tasks.shown(title) as report:
            found = await self._writer.write_code(subject.folder, request, _counting(report))
        if buffer is not None and await self._has_test_file_changed(root / path, buffer, version):
            raise content_modified()
        line_end = line_end_of(rows)
        written = fitted(found, "", line_end)
        if rows:
            gap = line_end if rows[-1].endswith(("\r", "\n")) else line_end * 2
            written = gap + written
        place = self._range(buffer or TextBuffer(""), len(text), len(text))
        return TextEdit(uri, version, place, written, title, creates=not extends)

    async def _test_file(self, subject: Subject) -> tuple[str, str, TextBuffer | None, int | None]:
        """Path and URI of the file for a document's tests, and its text and version as far as it has some."""
        folder = subject.folder

        def find() -> str:
            return tests_path(subject.path, lambda place: (folder.path / place).exists())

        path = await self._session.run(lambda cancelled: find())  # noqa: ARG005
        uri = self._session.uri(folder, path) if path else ""
        document = self._session.documents.of_path(folder.path / path) if path else None
        if document is not None:
            return path, uri, TextBuffer(document.buffer.text), document.version
        if not path or not await self._session.run(lambda cancelled: (folder.path / path).is_file()):  # noqa: ARG005
            return path, uri, None, None
        text = await self._session.run(lambda cancelled: text_of_file(folder, path))  # noqa: ARG005
        return path, uri, TextBuffer(text), None

    async def _has_test_file_changed(self, path: Path, buffer: TextBuffer, version: int | None) -> bool:
        document = self._session.documents.of_path(path)
        if document is not None:
            return document.buffer.text != buffer.text
        return version is not None

    def _range(self, buffer: TextBuffer, start: int, end: int) -> Range:
        encoding = self._session.client.position_encoding
        first, last = (Position(*buffer.position(place, encoding)) for place in (start, end))
        return Range(first, last)


def _title(action: ActionParams) -> str:
    what = {
        actions.QUICK_FIX: "Fix a problem",
        actions.COMPLETE: f"Complete {action.name}",
        actions.FROM_COMMENT: "Write what the comment says",
        actions.DOCUMENT: f"Document {action.name}",
        actions.TESTS: f"Write tests for {action.name}",
    }
    return what.get(action.action, "Rewrite")


def _counting(report: Callable[[str], None]) -> Callable[[str], None]:
    """Says how much has been written."""
    count = 0

    def on_text(text: str) -> None:
        nonlocal count
        count += len(text)
        report(f"{count:,} characters")

    return on_text
