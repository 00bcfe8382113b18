"""What a client can do, as it said at the beginning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from .session_protocol import SessionProtocol

INSTRUCT_COMMAND = "codeassist.client.instruct"
"""A command of the client: asks the person for an instruction, then executes codeassist.rewrite."""


def _edits(capabilities: types.ClientCapabilities) -> types.WorkspaceEditClientCapabilities:
    workspace = capabilities.workspace
    found = workspace.workspace_edit if workspace else None
    return found or types.WorkspaceEditClientCapabilities()


def takes_document_changes(capabilities: types.ClientCapabilities) -> bool:
    """Whether edits may name the version of a document."""
    return bool(_edits(capabilities).document_changes)


def creates_files(capabilities: types.ClientCapabilities) -> bool:
    """Whether edits may create files."""
    operations = _edits(capabilities).resource_operations or ()
    return takes_document_changes(capabilities) and types.ResourceOperationKind.Create in operations


def previews_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether edits may ask to be confirmed."""
    return takes_document_changes(capabilities) and bool(_edits(capabilities).change_annotation_support)


def applies_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether the server may have edits applied."""
    return bool(capabilities.workspace and capabilities.workspace.apply_edit)


def shows_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether the server may have a file shown."""
    shown = capabilities.window.show_document if capabilities.window else None
    return bool(shown and shown.support)


def takes_action_literals(capabilities: types.ClientCapabilities) -> bool:
    """Whether code actions may be more than commands."""
    document = capabilities.text_document
    return bool(document and document.code_action and document.code_action.code_action_literal_support)


def resolves_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether the edit of a code action may be made when the action is chosen."""
    actions = capabilities.text_document.code_action if capabilities.text_document else None
    if actions is None or not actions.data_support or actions.resolve_support is None:
        return False
    return "edit" in actions.resolve_support.properties


def asks_for_instructions(client: SessionProtocol) -> bool:
    """Whether the client has our command that asks a person for an instruction.

    Its capabilities say so: `experimental: { codeassist: { commands: ["codeassist.client.instruct"] } }`.
    """
    experimental = client.to_plain(client.client_capabilities.experimental)
    ours = experimental.get("codeassist") if isinstance(experimental, Mapping) else None
    commands = ours.get("commands") if isinstance(ours, Mapping) else None
    return isinstance(commands, list | tuple) and INSTRUCT_COMMAND in commands
