"""A workspace as the running daemon has it, for commands that ask it instead of doing the work themselves."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..indexer.pipeline.report import Progress, UpdateReport
from ..indexer.search.request import SearchMode, SearchResponse, SearchResult
from .generation_client import GenerationClient
from .process.connecting import attach
from .process.errors import DaemonAbsentError
from .process.rendezvous import find_rendezvous
from .process.rpc_client import RpcClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..indexer.search.request import SearchFilter, SearchRequest

_POLL_SECONDS = 0.25
_PROGRESS_OF_INDEX = "index"
_PROGRESS_MEMBERS = ("phase", "done", "total", "unit", "detail")
_PHASES = {"scanning": "scan", "indexing": "chunk", "embedding": "embed"}
_CAPABILITIES = {"general": {"positionEncodings": ["utf-32"]}}


@contextmanager
def open_at_daemon(root: Path, data_dir: Path) -> Iterator[WorkspaceClient | None]:
    """Ask the daemon that runs about a workspace, which it opens and keeps up to date from now on.

    Args:
        root: The workspace.
        data_dir: Whose daemon.

    Yields:
        The workspace; None when no daemon runs.

    Raises:
        CodeassistdError: The daemon can't be used.
    """
    try:
        connection = attach(find_rendezvous(data_dir), "lsp")
    except DaemonAbsentError:
        yield None
        return
    with RpcClient(connection) as client:
        workspace = WorkspaceClient(client, root)
        client.on_notification = workspace.take_note
        folder = {"uri": root.as_uri(), "name": root.name}
        client.request(
            "initialize", {"processId": None, "workspaceFolders": [folder], "capabilities": _CAPABILITIES}
        )
        client.notify("initialized", {})
        yield workspace
        client.request("shutdown")
        client.notify("exit")


class WorkspaceClient:
    """Answers as `Answerer` does, from the daemon's index.

    Args:
        client: A session with the daemon.
        root: The workspace.
    """

    def __init__(self, client: RpcClient, root: Path) -> None:
        self._client = client
        self._root = root
        self._progress: Callable[[Progress], None] | None = None

    @property
    def how_to_finish(self) -> str:
        """What to do about an index that is not complete, in words."""
        return "the daemon is at it"

    def refresh(
        self,
        *,
        word_seconds: float | None,
        vector_seconds: float | None,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Wait until the index has every change made before the call, or for so long.

        Args:
            word_seconds: For words and names; None waits for all of them.
            vector_seconds: For vectors, from the start; None waits for all of them.
            progress: Told where the daemon is.
            cancelled: Polled.

        Raises:
            CodeassistdError: The daemon can't bring it up to date.
        """
        began = time.monotonic()
        workspace = {"workspace": str(self._root)}
        words = self._client.send("codeassist/waitForIndex", {**workspace, "vectors": False})
        vectors = self._client.send("codeassist/waitForIndex", {**workspace, "vectors": True})
        self._wait(words, began, word_seconds, progress, cancelled)
        self._wait(vectors, began, vector_seconds, progress, cancelled)

    def index(
        self, *, full: bool, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> UpdateReport:
        """Bring the index up to date.

        Args:
            full: Whether to read every file again.
            progress: Told where the daemon is.
            cancelled: Polled; the daemon goes on without the one who asked.

        Returns:
            What was done since the daemon was asked for this workspace.

        Raises:
            CodeassistdError: The daemon can't bring it up to date, or the caller gave up.
        """
        self._progress = progress
        params = {"workspace": str(self._root), "full": full, "workDoneToken": _PROGRESS_OF_INDEX}
        try:
            answer = self._client.request("codeassist/index", params, cancelled=cancelled)
        finally:
            self._progress = None
        return _report(answer["reports"][0])

    @property
    def writer(self) -> GenerationClient:
        """What writes for the workspace; takes the session's notifications from now on."""
        return GenerationClient(self._client, self._root)

    def take_note(self, method: str, params: Any) -> None:
        """Take a notification of the daemon."""
        if method != "$/progress" or params["token"] != _PROGRESS_OF_INDEX or self._progress is None:
            return
        value = params["value"]
        if value["kind"] != "end":
            self._progress(Progress(*(value[name] for name in _PROGRESS_MEMBERS)))

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a query."""
        return self._response(
            "codeassist/search",
            {
                "query": request.query,
                "limit": request.limit,
                "mode": request.mode.value,
                "rerank": request.rerank,
                "workspace": str(self._root),
                **_filter(request.where),
            },
        )

    def similar(
        self, path: str, lines: tuple[int, int], *, limit: int, where: SearchFilter
    ) -> SearchResponse:
        """Find code like some lines of an indexed file."""
        return self._response(
            "codeassist/similar",
            {
                "textDocument": {"uri": (self._root / path).as_uri()},
                "range": {
                    "start": {"line": lines[0] - 1, "character": 0},
                    "end": {"line": lines[1], "character": 0},
                },
                "limit": limit,
                **_filter(where),
            },
        )

    def _wait(
        self,
        number: int,
        began: float,
        seconds: float | None,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        until = None if seconds is None else began + seconds
        while True:
            left = _POLL_SECONDS if until is None else min(_POLL_SECONDS, max(0.0, until - time.monotonic()))
            try:
                self._client.wait(number, timeout=left, cancelled=cancelled)
            except TimeoutError:
                if cancelled() or (until is not None and time.monotonic() >= until):
                    self._client.cancel(number)
                    return
                self._tell(progress)
            else:
                return

    def _tell(self, progress: Callable[[Progress], None]) -> None:
        status = self._client.request("codeassist/status")
        for workspace in status["workspaces"]:
            phase = _PHASES.get(workspace["state"])
            if workspace["root"] == str(self._root) and phase is not None:
                if phase == "embed":
                    total = workspace["chunks"]
                    progress(Progress("embed", total - workspace["pending"], total, "chunks"))
                else:
                    progress(Progress(phase, workspace["files"], None))  # type: ignore[arg-type]

    def _response(self, method: str, params: dict[str, Any]) -> SearchResponse:
        answer = self._client.request(method, params)
        return SearchResponse(
            results=tuple(_result(result) for result in answer["results"]),
            revision=answer["revision"],
            has_every_file=answer["hasEveryFile"],
            chunk_count=answer["chunks"],
            embedded_count=answer["embedded"],
            mode=SearchMode(answer["mode"]),
        )


def _filter(where: SearchFilter) -> dict[str, list[str]]:
    return {"languages": list(where.languages), "paths": list(where.paths), "kinds": list(where.kinds)}


def _report(report: dict[str, Any]) -> UpdateReport:
    files, chunks = report["files"], report["chunks"]
    return UpdateReport(
        workspace=Path(report["workspace"]),
        revision=report["revision"],
        model=report["model"],
        files_seen=files["seen"],
        files_indexed=files["indexed"],
        files_unchanged=files["unchanged"],
        files_pending=files["pending"],
        files_removed=files["removed"],
        skipped=files["skipped"],
        unreadable=tuple(files["unreadable"]),
        chunks_total=chunks["total"],
        chunks_embedded=chunks["embedded"],
        chunks_reused=chunks["reused"],
        chunks_pending=chunks["pending"],
        seconds=report["seconds"],
        cancelled=False,
        rebuilt=report["rebuilt"],
    )


def _result(result: dict[str, Any]) -> SearchResult:
    span = result["range"]
    return SearchResult(
        path=result["path"],
        start_line=span["start"]["line"] + 1,
        end_line=span["end"]["line"] + (span["end"]["character"] > 0),
        language=result["language"],
        kind=result["kind"],
        symbol=result["symbol"],
        score=result["score"],
        text=result["snippet"],
        scores=result["scores"],
    )
