"""The settings that an editor's user made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from .session_protocol import RefusedError

if TYPE_CHECKING:
    from .session import Session
    from .session_server import SessionServer

SECTION = "codeassistd"

_DEEPEST = 8


def settings_of(found: object) -> dict[str, object]:
    """Settings by dotted key.

    Args:
        found: What an editor sent: nested objects, dotted keys or both, in a section `codeassistd` or bare.

    Returns:
        The settings. Keys with null are left out: the editor's user hasn't set them. Other sections are left
        out when there is one of ours.
    """
    flat: dict[str, object] = {}
    _flatten("", found, flat, 0)
    ours = {key: value for key, value in flat.items() if key.startswith(f"{SECTION}.")}
    if isinstance(found, Mapping) and (ours or SECTION in found):
        return {key.removeprefix(f"{SECTION}."): value for key, value in ours.items()}
    return flat


def _flatten(prefix: str, found: object, flat: dict[str, object], depth: int) -> None:
    if isinstance(found, Mapping) and depth < _DEEPEST:
        for key, value in found.items():
            _flatten(f"{prefix}.{key}" if prefix else str(key), value, flat, depth + 1)
    elif prefix and found is not None:
        flat[prefix] = found


class Configuration:
    """A session's settings: those it began with, and over them those that were changed since."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._initial: dict[str, object] = {}
        self._changed: dict[str, object] = {}
        self._applied: dict[str, object] = {}

    def begin(self, found: object) -> None:
        """Take the settings that came with `initialize`."""
        self._initial = settings_of(found)
        self._apply()

    def change(self, found: object) -> None:
        """Take changed settings."""
        self._changed = settings_of(found)
        self._apply()

    async def fetch(self) -> None:
        """Ask the client for settings, if it can be asked."""
        workspace = self._session.client.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        try:
            found = await self._session.client.ask(
                types.WORKSPACE_CONFIGURATION, {"items": [{"section": SECTION}]}
            )
        except RefusedError:
            return
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], Mapping):
            self.change(found[0])

    def _apply(self) -> None:
        settings = self._initial | self._changed
        if settings != self._applied:
            self._applied = settings
            self._session.folders.configure(settings)


def register(server: SessionServer, session: Session, configuration: Configuration) -> None:
    """Follow changed settings."""

    def did_change(params: types.DidChangeConfigurationParams) -> None:
        if isinstance(params.settings, Mapping) and params.settings:
            configuration.change(params.settings)
        else:
            session.start(configuration.fetch())

    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change)
