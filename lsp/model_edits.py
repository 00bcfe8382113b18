"""Edits that a model makes: for code actions and for instructions in a person's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..indexer.grounding.targets import test_target
from ..indexer.languages import detect_language
from ..models.errors import CodeassistdError
from . import actions
from .action_tasks import Source, Task, lines_written, rewriting, task_of, tests_instruction
from .capabilities import creates_files
from .errors import ParamsError
from .generation_protocol import ActionParams, VersionedDocument
from .generation_service import GenerationRequest
from .protocol import Position, Range
from .replacement import fitted, line_end_of
from .subject import Subject, content_modified, offsets_of, subject_of, text_of_file
from .text_buffer import TextBuffer
from .workspace_edits import TextEdit, workspace_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .generation_protocol import RewriteParams
    from .session import Session
    from .writing import Writer


@dataclass(frozen=True, slots=True)
class _TestFile:
    """The file in which tests are written: path, URI, and what it has; version None when it isn't open."""

    path: str
    uri: str
    exists: bool
    text: str
    version: int | None


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
        subject, source = await self._open(VersionedDocument(action.uri, action.version))
        if action.action == actions.TESTS:
            edit = await self._tests(subject, source, action)
        else:
            edit = await self._rewrite(subject, source, task_of(action, source), _title(action))
        return self._finished(subject, edit)

    async def of_instruction(self, params: RewriteParams) -> dict[str, Any]:
        """Make the edit that a person asks for.

        Raises:
            CodeassistdError: As `of_action`.
        """
        subject, source = await self._open(params.text_document)
        start, end = offsets_of(self._session, subject.buffer, params.range)
        first = source.text.count("\n", 0, start)
        last = first
        if end > start:
            last = source.text.count("\n", 0, end) + (source.text[end - 1] != "\n")
        task = rewriting(params.instruction, source, first, last)
        return self._finished(subject, await self._rewrite(subject, source, task, "Rewrite"))

    async def _open(self, named: VersionedDocument) -> tuple[Subject, Source]:
        subject = await subject_of(self._session, named)
        if subject.document is None:
            raise ParamsError(f"{named.uri[:200]!r} is not open", "open it, then ask again")
        text = subject.buffer.text
        return subject, Source.of(text, detect_language(subject.path or subject.uri, text).name)

    def _finished(self, subject: Subject, edit: TextEdit) -> dict[str, Any]:
        if subject.has_changed(self._session):
            raise content_modified()
        return workspace_edit(edit, self._session.client.client_capabilities)

    async def _rewrite(self, subject: Subject, source: Source, task: Task, title: str) -> TextEdit:
        start, end = source.offset(task.first), source.offset(task.last)
        request = GenerationRequest(
            task.instruction, "code", subject.path, subject.language, source.text, start, end
        )
        text = await self._written(subject, request, title)
        place = self._range(subject.buffer, start, end)
        return TextEdit(subject.uri, subject.version, place, lines_written(task, text, source), title)

    async def _tests(self, subject: Subject, source: Source, action: ActionParams) -> TextEdit:
        file = await self._test_file(subject)
        if not file.exists and not creates_files(self._session.client.client_capabilities):
            raise CodeassistdError(
                f"this editor can't be told to create {file.path}", "create the file, then ask again"
            )
        tested = "".join(source.rows[action.first_line : action.last_line])
        told = tests_instruction(action.name, subject.path, tested, extends=file.exists)
        at = len(file.text)
        request = GenerationRequest(
            told, "code", file.path, detect_language(file.path).name, file.text, at, at
        )
        found = await self._written(subject, request, _title(action))
        if await self._test_file(subject) != file:
            raise content_modified()
        line_end = line_end_of(file.text)
        gap = (line_end if file.text.endswith("\n") else line_end * 2) if file.text else ""
        place = self._range(TextBuffer(file.text), at, at)
        written = gap + fitted(found, "", line_end)
        return TextEdit(file.uri, file.version, place, written, _title(action), creates=not file.exists)

    async def _written(self, subject: Subject, request: GenerationRequest, title: str) -> str:
        async with self._session.tasks.shown(title) as report:
            return await self._writer.write_code(subject.folder, request, counting(report))

    async def _test_file(self, subject: Subject) -> _TestFile:
        """The file in which a document's tests are, or belong, as it is on screen or else on disk."""
        folder = subject.folder

        def find() -> tuple[str, bool, str]:
            target = test_target(subject.path, lambda path: (folder.path / path).is_file())
            if target is None:
                raise CodeassistdError(
                    f"it is not known where tests of {subject.path} belong", "write them by hand"
                )
            return target.path, target.exists, text_of_file(folder, target.path) if target.exists else ""

        path, exists, text = await self._session.run(lambda cancelled: find())  # noqa: ARG005
        uri = self._session.uri(folder, path)
        document = self._session.documents.of_path(folder.file_path(path))
        if document is None:
            return _TestFile(path, uri, exists, text, None)
        return _TestFile(path, uri, exists=True, text=document.buffer.text, version=document.version)

    def _range(self, buffer: TextBuffer, start: int, end: int) -> Range:
        encoding = self._session.client.position_encoding
        first, last = (Position(*buffer.position(place, encoding)) for place in (start, end))
        return Range(first, last)


def counting(report: Callable[[str], None]) -> Callable[[str], None]:
    """Gives what says how much has been written, when it is given the text in pieces."""
    count = 0

    def on_text(text: str) -> None:
        nonlocal count
        count += len(text)
        report(f"{count:,} characters")

    return on_text


def _title(action: ActionParams) -> str:
    what = {
        actions.QUICK_FIX: "Fix a problem",
        actions.COMPLETE: f"Complete {action.name}",
        actions.FROM_COMMENT: "Write what the comment says",
        actions.DOCUMENT: f"Document {action.name}",
        actions.TESTS: f"Write tests for {action.name}",
    }
    return what.get(action.action, "Rewrite")
