"""Work-done progress of LSP for indexing: one bar a workspace, shown only when the work takes a while."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .session_protocol import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from ..indexer.pipeline.report import Phase, Progress
    from .session_protocol import SessionProtocol

_SPANS: dict[Phase, tuple[int, int]] = {
    "wait": (0, 0),
    "scan": (0, 0),
    "chunk": (0, 25),
    "embed": (25, 99),
    "optimize": (99, 99),
}
"""The part of the bar, in per cent, that each phase fills: embedding takes most of the time."""

_WORDS: dict[Phase, str] = {
    "wait": "waiting",
    "scan": "looking for changes",
    "chunk": "reading",
    "embed": "embedding",
    "optimize": "tidying up",
}


def percentage(progress: Progress) -> int:
    """How far indexing is, 0 to 99."""
    start, end = _SPANS[progress.phase]
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    return round(start + (end - start) * share)


def description(progress: Progress) -> str:
    """What is being done, for people."""
    words = _WORDS[progress.phase]
    if progress.total:
        words = f"{words}: {progress.done:,} of {progress.total:,} {progress.unit}"
    return f"{words} ({progress.detail})" if progress.detail else words


class IndexProgress:
    """Shows the client where indexing is, if the client can show it.

    Args:
        client: Who is told.
        quiet_seconds: Work that ends sooner isn't shown: every saved file would make a bar flicker.
        report_seconds: The least time between two reports.
        start: Begins a coroutine that ends with the session.
    """

    def __init__(
        self,
        client: SessionProtocol,
        quiet_seconds: float,
        report_seconds: float,
        start: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._client = client
        self._quiet_seconds = quiet_seconds
        self._report_seconds = report_seconds
        self._start = start
        self._latest: dict[Path, Progress | None] = {}
        self._changed: dict[Path, asyncio.Event] = {}
        self._bars = 0

    def update(self, root: Path, progress: Progress | None) -> None:
        """Take note of where a workspace is; None when it has come to rest."""
        window = self._client.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        self._latest[root] = progress
        if root in self._changed:
            self._changed[root].set()
        elif progress is not None:
            self._changed[root] = asyncio.Event()
            self._start(self._show(root))

    async def _show(self, root: Path) -> None:
        try:
            await asyncio.sleep(self._quiet_seconds)
            if self._latest[root] is not None:
                self._bars += 1
                await self._show_bar(root, f"codeassistd/indexing/{self._bars}")
        except RefusedError:
            await self._rest(root)
        finally:
            del self._changed[root]

    async def _show_bar(self, root: Path, token: str) -> None:
        await self._client.ask("window/workDoneProgress/create", {"token": token})
        reached, kind = 0, "begin"
        while (progress := self._latest[root]) is not None:
            self._changed[root].clear()
            # A later phase may find more to do; a bar that goes back confuses.
            reached = max(reached, percentage(progress))
            value: dict[str, object] = {"kind": kind, "message": description(progress), "percentage": reached}
            if kind == "begin":
                value |= {"title": f"Indexing {root.name}", "cancellable": False}
            self._client.tell("$/progress", {"token": token, "value": value})
            kind = "report"
            await asyncio.sleep(self._report_seconds)
            await self._changed[root].wait()
        if kind == "report":
            self._client.tell("$/progress", {"token": token, "value": {"kind": "end"}})

    async def _rest(self, root: Path) -> None:
        while self._latest[root] is not None:
            self._changed[root].clear()
            await self._changed[root].wait()
