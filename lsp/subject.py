"""The document that a request is about: as it is on screen, or else as its file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol.types import LSPErrorCodes

from ..indexer.languages import detect_language
from .errors import ParamsError, RequestError
from .locations import path_of_uri
from .text_buffer import TextBuffer

if TYPE_CHECKING:
    from pathlib import Path

    from .documents import Document
    from .folders import Folder
    from .generation_protocol import VersionedDocument
    from .protocol import Range
    from .session import Session

_MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A document that something is to be written about.

    Attributes:
        folder: The workspace folder it is in.
        path: POSIX path relative to the folder; "" when it has none.
        uri: As the client calls it.
        language: As the client names it; else as we do.
        buffer: Its text.
        document: None when it isn't open.
        version: Of the text; None when it isn't open.
    """

    folder: Folder
    path: str
    uri: str
    language: str
    buffer: TextBuffer
    document: Document | None
    version: int | None

    def has_changed(self, session: Session) -> bool:
        """Whether the document is another by now, as far as it is open."""
        return session.documents.of_uri(self.uri) is not self.document or (
            self.document is not None and self.document.version != self.version
        )


async def subject_of(session: Session, named: VersionedDocument, workspace: str | None = None) -> Subject:
    """Find what a request is about.

    Args:
        session: The client's.
        named: The document.
        workspace: A folder, for a document that has no file.

    Raises:
        CodeassistdError: It is neither open nor a text file of an open folder, or has another version by now.
    """
    document = session.documents.of_uri(named.uri)
    if document is not None and named.version not in {None, document.version}:
        raise content_modified()
    path = document.path if document else path_of_uri(named.uri)
    if path is None:
        if document is None:
            raise ParamsError("params.textDocument is not open and has no file", "open it, then ask again")
        folder, relative = (await session.folders.named(workspace))[0], ""
    else:
        folder, relative = await session.folders.holding(path)
    if document is not None:
        buffer = TextBuffer(document.buffer.text)
        return Subject(folder, relative, named.uri, document.language, buffer, document, document.version)
    text = await session.run(lambda cancelled: text_of_file(folder, relative))  # noqa: ARG005
    language = detect_language(relative, text).name
    return Subject(folder, relative, named.uri, language, TextBuffer(text), None, None)


def text_of_file(folder: Folder, relative: str) -> str:
    """The text of a file of a workspace.

    Raises:
        ParamsError: It is no text file inside it, or is too large.
    """
    file: Path = (folder.path / relative).resolve()
    if not file.is_relative_to(folder.workspace.root):
        raise ParamsError(f"{relative!r} leads out of the workspace", "open the file, then ask again")
    try:
        # Opening a pipe or a device would wait for who writes it.
        if file.exists() and not file.is_file():
            raise ParamsError(f"{relative!r} is no file", "ask about a file")
        with file.open("rb") as opened:
            raw = opened.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ParamsError(f"{relative!r} has more than {_MOST_BYTES:,} bytes", "ask about a smaller file")
        return raw.decode()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ParamsError(f"{relative!r} can't be read: {reason}", "open the file, then ask again") from error
    except UnicodeDecodeError as error:
        raise ParamsError(f"{relative!r} is no text in UTF-8", "ask about a text file") from error


def offsets_of(session: Session, buffer: TextBuffer, part: Range | None) -> tuple[int, int]:
    """Where a range begins and ends in characters; the whole text when there is none."""
    if part is None:
        return 0, len(buffer.text)
    encoding = session.client.position_encoding
    start, end = (buffer.offset((place.line, place.character), encoding) for place in (part.start, part.end))
    return min(start, end), max(start, end)


def content_modified() -> RequestError:
    """The document is no longer what the client saw."""
    return RequestError(
        LSPErrorCodes.ContentModified,
        "the document has changed meanwhile",
        "ask again, for its text as it is now",
    )
