"""How a session begins: its folders and settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from .configuration import SECTION, Configuration
from .locations import path_of_name, path_of_uri
from .session_protocol import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .session import Session
    from .session_server import SessionServer


def register(server: SessionServer, session: Session, configuration: Configuration) -> None:
    """Take part in the workspaces that the client has open."""

    def initialize(params: types.InitializeParams) -> None:
        folders = folders_of(params)
        if params.initialization_options is not None:
            configuration.begin(params.initialization_options)
        for path in folders:
            session.folders.open(path)

    def initialized(_params: types.InitializedParams) -> None:
        session.follower.start()
        session.start(_ask_for_changes(session))
        session.start(configuration.fetch())

    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for path in _paths(params.event.removed):
            session.folders.close(path)
        for path in _paths(params.event.added):
            session.folders.open(path)

    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_folders)


def folders_of(params: types.InitializeParams) -> list[Path]:
    """The folders that a client opens; folders that are no files are left out.

    Raises:
        ParamsError: One is no URI.
    """
    if params.workspace_folders:
        return _paths(params.workspace_folders)
    if params.root_uri:
        root = path_of_uri(params.root_uri)
        return [] if root is None else [root]
    return [path_of_name(params.root_path)] if params.root_path else []


def _paths(folders: Iterable[types.WorkspaceFolder]) -> list[Path]:
    found = (path_of_uri(folder.uri) for folder in folders)
    return list(dict.fromkeys(path for path in found if path is not None))


async def _ask_for_changes(session: Session) -> None:
    """Clients that are asked for settings tell of changed ones only if they are asked to."""
    workspace = session.client.client_capabilities.workspace
    changes = workspace.did_change_configuration if workspace else None
    if changes is None or not changes.dynamic_registration:
        return
    registration = {
        "id": "codeassistd/configuration",
        "method": types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        "registerOptions": {"section": SECTION},
    }
    try:
        await session.client.ask(types.CLIENT_REGISTER_CAPABILITY, {"registrations": [registration]})
    except RefusedError:
        return
