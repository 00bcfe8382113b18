"""Work-done progress of one request: where the index of a folder is, for the client that waits for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .decoding import encode
from .index_progress import description, percentage
from .index_protocol import IndexingReport

if TYPE_CHECKING:
    from typing import Literal

    from ..indexer.pipeline.report import Progress
    from .session import Session


class RequestProgress:
    """Sends $/progress for the token of a request, if it has one.

    Args:
        session: Whose client asked.
        token: Of the request; None sends nothing.
    """

    def __init__(self, session: Session, token: int | str | None) -> None:
        self._session = session
        self._token = token
        self._has_begun = False
        self._has_ended = False

    def tell(self, root: Path, progress: Progress) -> None:
        """Where a folder is; any thread."""
        if self._token is not None:
            self._session.follower.call_soon(partial(self._send, root, progress))

    def end(self) -> None:
        """There is no more to tell; on the event loop."""
        self._has_ended = True
        if self._has_begun:
            value = {"kind": "end"}
            self._session.client.tell("$/progress", {"token": self._token, "value": value})

    def _send(self, root: Path, progress: Progress) -> None:
        if self._has_ended:
            return
        kind: Literal["begin", "report"] = "report" if self._has_begun else "begin"
        self._has_begun = True
        report = IndexingReport(
            kind=kind,
            title=f"Indexing {root.name}",
            message=description(progress),
            percentage=percentage(progress),
            workspace=str(root),
            phase=progress.phase,
            done=progress.done,
            total=progress.total,
            unit=progress.unit,
            detail=progress.detail,
        )
        self._session.client.tell("$/progress", {"token": self._token, "value": encode(report)})
