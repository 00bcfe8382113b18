"""WorkspaceEdits of LSP, as far as a client can take them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .capabilities import previews_edits, takes_document_changes
from .decoding import encode

if TYPE_CHECKING:
    from lsprotocol import types

    from .protocol import Range

_ANNOTATION = "codeassistd"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A part of one document that is replaced.

    Attributes:
        uri: The document.
        version: Of its text; None when it isn't open.
        range: What is replaced.
        text: What takes its place.
        title: What is done, for people.
        creates: Whether the file has to be made first.
    """

    uri: str
    version: int | None
    range: Range
    text: str
    title: str
    creates: bool = False


def workspace_edit(edit: TextEdit, capabilities: types.ClientCapabilities) -> dict[str, Any]:
    """The edit as JSON: versioned and with a preview where the client can take that."""
    one: dict[str, Any] = {"range": encode(edit.range), "newText": edit.text}
    if not takes_document_changes(capabilities):
        return {"changes": {edit.uri: [one]}}
    whole: dict[str, Any] = {}
    operations: list[dict[str, Any]] = []
    annotated = {"annotationId": _ANNOTATION} if previews_edits(capabilities) else {}
    if annotated:
        whole["changeAnnotations"] = {
            _ANNOTATION: {
                "label": edit.title,
                "description": "Written by a language model",
                "needsConfirmation": True,
            }
        }
    if edit.creates:
        operation = {"kind": "create", "uri": edit.uri, "options": {"ignoreIfExists": True}}
        operations.append(operation | annotated)
    document = {"uri": edit.uri, "version": edit.version}
    operations.append({"textDocument": document, "edits": [one | annotated]})
    return {"documentChanges": operations} | whole
