"""The documents that a client has open, as they are on its screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .locations import path_of_uri
from .text_buffer import TextBuffer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(slots=True)
class Document:
    """One open document.

    Attributes:
        uri: As the client calls it.
        path: Its file; None when it has none, like a document that was never saved.
        version: As the client counts.
        buffer: Its text.
        language: As the client names it; "" when it doesn't.
    """

    uri: str
    path: Path | None
    version: int
    buffer: TextBuffer
    language: str = ""


class Documents:
    """Open documents by URI and by path."""

    def __init__(self) -> None:
        self._by_uri: dict[str, Document] = {}
        # By the path's text: hashing a Path takes ten times as long, and every search result asks.
        self._by_path: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._by_uri.values())

    def open(self, uri: str, version: int, text: str, language: str = "") -> None:
        """Take a document in, or anew.

        Raises:
            ParamsError: The URI is none.
        """
        self.close(uri)
        document = Document(uri, path_of_uri(uri), version, TextBuffer(text), language)
        self._by_uri[uri] = document
        if document.path is not None:
            self._by_path[str(document.path)] = document

    def close(self, uri: str) -> None:
        """Let a document go; from now on its file counts."""
        document = self._by_uri.pop(uri, None)
        if document and document.path and self._by_path.get(str(document.path)) is document:
            del self._by_path[str(document.path)]

    def of_uri(self, uri: str) -> Document | None:
        """The open document of a URI."""
        return self._by_uri.get(uri)

    def of_path(self, path: str) -> Document | None:
        """The open document of a file, by its absolute path."""
        return self._by_path.get(path)
