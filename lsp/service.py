"""What the language server asks of the daemon behind it: the seam between protocol and index.

Every method blocks and may be called from any thread; the server calls them off its event loop. `cancelled`
is polled by what takes long; once it is true the method raises `CancelledError` as soon as it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ..indexer.pipeline.report import Progress, UpdateReport
    from ..indexer.search.request import SearchFilter, SearchRequest, SearchResponse
    from ..indexer.search.symbols import SymbolMatch
    from ..models.roles import EmbedKind
    from .generation_service import Generation

    Cancelled = Callable[[], bool]
    """Whether the one who asked has given up."""

    Unsaved = Mapping[str, str]
    """Texts of a session's open documents by POSIX path relative to the workspace."""

WorkspaceState = Literal["starting", "scanning", "indexing", "embedding", "ready", "paused", "failed"]


class CancelledError(Exception):
    """The one who asked has given up."""


@dataclass(frozen=True, slots=True)
class WorkspaceSummary:
    """How one workspace stands.

    Attributes:
        root: Its folder.
        revision: The committed revision; 0 while there is none.
        state: What it is doing.
        files: Files in the index.
        chunks: Chunks in the index.
        pending: Chunks without a vector.
        freshness: Seconds since the index last agreed with the files as far as is known: 0 while it does;
            None before it ever did.
        watch: How changes are noticed: "native", "poll" or "none".
        problem: What is wrong, in words with a way out; "" when nothing is.
    """

    root: Path
    revision: int
    state: WorkspaceState
    files: int
    chunks: int
    pending: int
    freshness: float | None
    watch: str
    problem: str


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model and how it runs.

    Attributes:
        name: Of the model.
        role: What it is for.
        state: Whether it is loaded.
        engine: How it runs, in words; "" until it was loaded once.
        uses: Requests made.
        idle_seconds: Time since the last one ended.
        texts: Texts in the requests.
        tokens: Tokens read and written; None where they aren't counted.
        computing_seconds: Time in which it has computed; that of threads side by side adds up.
        errors: Requests that it failed, and processes of it that were lost.
        queued: Requests without an answer yet.
        memory: Resident bytes of its process; 0 when there is none.
        problem: The last error, in words; "" when all went well since.
    """

    name: str
    role: str
    state: Literal["unloaded", "loading", "loaded", "failed"]
    engine: str
    uses: int
    idle_seconds: float | None
    texts: int = 0
    tokens: int | None = None
    computing_seconds: float = 0.0
    errors: int = 0
    queued: int = 0
    memory: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The daemon as a whole.

    Attributes:
        pid: Its process.
        version: Of codeassistd.
        uptime: Seconds.
        sessions: Connected editors and tools.
        workspaces: One entry for each that is open.
        models: One entry for each that is set up.
        memory: Resident bytes of the process and its children.
        errors: The last errors, newest first, in words.
    """

    pid: int
    version: str
    uptime: float
    sessions: int
    workspaces: tuple[WorkspaceSummary, ...]
    models: tuple[ModelSummary, ...]
    memory: int
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of texts: float32 of shape (texts, dimensions), unit length."""

    model: str
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reranked:
    """Scores of passages: float32 of shape (passages,), 0 to 1; see `models.roles.Reranker`."""

    model: str
    scores: NDArray[np.float32]


class Listener(Protocol):
    """A session that follows a workspace; called from the workspace's threads, must not block."""

    def progress(self, root: Path, progress: Progress | None) -> None:
        """Where indexing is; None when it has come to rest."""

    def index_changed(self, root: Path, revision: int) -> None:
        """There is a new revision."""


@dataclass(frozen=True, slots=True)
class SearchDefaults:
    """What a search is like that doesn't say.

    Attributes:
        limit: Most results.
        mode: "hybrid", "semantic" or "keyword".
    """

    limit: int = 10
    mode: str = "hybrid"


class Workspace(Protocol):
    """One workspace that a session has open."""

    @property
    def root(self) -> Path:
        """Its folder, absolute and resolved."""

    @property
    def generation(self) -> Generation:
        """What writes text for it."""

    @property
    def search_defaults(self) -> SearchDefaults:
        """What the settings say of searches."""

    def search(self, request: SearchRequest, unsaved: Unsaved, cancelled: Cancelled) -> SearchResponse:
        """Search it; see `indexer.search.engine.search`.

        Raises:
            CodeassistdError: The request, or the index, is no good.
            CancelledError: The one who asked has given up.
        """

    def similar(
        self,
        path: str,
        lines: tuple[int, int],
        limit: int,
        where: SearchFilter,
        unsaved: Unsaved,
        cancelled: Cancelled,
    ) -> SearchResponse:
        """Find code like some lines; see `indexer.search.similar.similar`."""

    def symbols(
        self, query: str, limit: int, unsaved: Unsaved, cancelled: Cancelled
    ) -> Sequence[SymbolMatch]:
        """Definitions whose name answers a query, best first; an empty query gives some of each file."""

    def wait_until_current(self, cancelled: Cancelled, *, vectors: bool = True) -> int:
        """Wait until every change made before the call can be searched; gives the revision.

        Without `vectors` it is enough that words and names are found.
        """

    def index(
        self, *, full: bool, progress: Callable[[Progress], None], cancelled: Cancelled
    ) -> UpdateReport:
        """Bring the index up to date, vectors and upkeep included.

        Args:
            full: Whether every file is chunked anew.
            progress: Told where that is, in this thread.
            cancelled: Polled; the work goes on without the one who asked.

        Returns:
            What was done since the workspace was opened here, or since the last report.
        """

    def reindex(self, *, full: bool) -> None:
        """Look at every file again, in the background; `full` chunks them anew."""

    def summary(self) -> WorkspaceSummary:
        """How it stands. Quick."""


class Service(Protocol):
    """The daemon, as one session sees it."""

    def open_workspace(self, root: Path, listener: Listener) -> Workspace:
        """Take part in a workspace, which is brought up to date from now on.

        Raises:
            CodeassistdError: The folder is no workspace.
        """

    def close_workspace(self, root: Path, listener: Listener) -> None:
        """Leave it; the last one to leave lets it rest."""

    def configure(self, root: Path | None, settings: Mapping[str, object]) -> None:
        """Take settings that the editor's user made, by dotted key; None means all workspaces of the session.

        Raises:
            CodeassistdError: A key or value is wrong; names it and what is allowed.
        """

    def embed(self, texts: Sequence[str], kind: EmbedKind, cancelled: Cancelled) -> Embeddings:
        """Embed texts on the interactive lane."""

    def rerank(self, query: str, passages: Sequence[str], cancelled: Cancelled) -> Reranked:
        """Score passages by how well each answers a query."""

    def status(self) -> ServiceStatus:
        """How everything stands. Quick."""
