"""Text document sync: what is on the client's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from .recent_edits import changed_lines

if TYPE_CHECKING:
    from .documents import Document
    from .session import Session
    from .session_server import SessionServer


LONGEST_TEXT = 10_000_000
"""Characters of the longest document that is followed: a longer one would keep all other clients waiting."""


def register(server: SessionServer, session: Session) -> None:
    """Follow the documents that the client opens, edits and closes."""

    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.edits.forget(document.uri)
        if len(document.text) > LONGEST_TEXT:
            _leave_out(session, document.uri)
            return
        session.documents.open(
            document.uri,
            document.version,
            document.text,
            str(getattr(document.language_id, "value", document.language_id)),
        )

    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = session.documents.of_uri(params.text_document.uri)
        if document is None:
            return
        document.version = params.text_document.version
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                _replace(session, document, change)
            else:
                if len(change.text) > LONGEST_TEXT:
                    _leave_out(session, document.uri)
                    return
                old = document.buffer.lines
                document.buffer.set(change.text)
                first, old_last, new_last = changed_lines(old, document.buffer.lines)
                if (old_last, new_last) != (first, first):
                    session.edits.note(document.uri, first, old_last, new_last)

    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        session.edits.forget(params.text_document.uri)
        session.documents.close(params.text_document.uri)

    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)


def _leave_out(session: Session, uri: str) -> None:
    session.documents.close(uri)
    text = (
        f"codeassistd: {uri[-200:]} has more than {LONGEST_TEXT:,} characters;"
        " its unsaved text is not searched, save it to have its file searched"
    )
    session.client.tell("window/showMessage", {"type": types.MessageType.Warning, "message": text})


def _replace(session: Session, document: Document, change: types.TextDocumentContentChangePartial) -> None:
    start, end = change.range.start, change.range.end
    count = len(document.buffer.lines)
    document.buffer.replace(
        (start.line, start.character),
        (end.line, end.character),
        change.text,
        session.client.position_encoding,
    )
    first = min(start.line, end.line, count)
    old_last = min(max(start.line, end.line) + 1, max(count, first))
    added = len(document.buffer.lines) - count
    session.edits.note(document.uri, first, old_last, max(first, old_last + added))
