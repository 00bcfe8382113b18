"""Text document sync: what is on the client's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from .session import Session
    from .session_server import SessionServer


def register(server: SessionServer, session: Session) -> None:
    """Follow the documents that the client opens, edits and closes."""

    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.documents.open(document.uri, document.version, document.text)

    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = session.documents.of_uri(params.text_document.uri)
        if document is None:
            return
        document.version = params.text_document.version
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                document.buffer.replace(
                    (start.line, start.character),
                    (end.line, end.character),
                    change.text,
                    session.client.position_encoding,
                )
            else:
                document.buffer.set(change.text)

    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        session.documents.close(params.text_document.uri)

    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
