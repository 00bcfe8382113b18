"""The daemon as one session sees it: what the session sets holds for its own workspaces, until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ...lsp.service import Cancelled, Embeddings, Listener, Reranked, ServiceStatus
    from ...models.roles import EmbedKind
    from .service import DaemonService
    from .workspace_service import WorkspaceService


class SessionService:
    """One session's share of the daemon; see `lsp.service.Service`.

    Args:
        daemon: What all sessions share.
    """

    def __init__(self, daemon: DaemonService) -> None:
        self._daemon = daemon

    def open_workspace(self, root: Path, listener: Listener) -> WorkspaceService:
        """Take part in a workspace, which is brought up to date from now on."""
        return self._daemon.open_workspace(root, listener, self)

    def close_workspace(self, root: Path, listener: Listener) -> None:
        """Leave it."""
        self._daemon.close_workspace(root, listener)

    def configure(self, root: Path | None, settings: Mapping[str, object]) -> None:
        """Take settings that the editor's user made, by dotted key, for all workspaces of the session."""
        del root
        self._daemon.configure(self, settings)

    def embed(self, texts: Sequence[str], kind: EmbedKind, cancelled: Cancelled) -> Embeddings:
        """Embed texts on the interactive lane."""
        return self._daemon.embed(texts, kind, cancelled)

    def rerank(self, query: str, passages: Sequence[str], cancelled: Cancelled) -> Reranked:
        """Score passages by how well each answers a query."""
        return self._daemon.rerank(query, passages, cancelled)

    def status(self) -> ServiceStatus:
        """How everything stands."""
        return self._daemon.status()

    def close(self) -> None:
        """Take back what the session has set."""
        self._daemon.forget(self)
