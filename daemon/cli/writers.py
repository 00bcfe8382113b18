"""Who writes for `generate`: the daemon when it runs, for it has the model loaded; else this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from ...models.errors import CodeassistdError
from .answers import refresh, refresh_at_daemon

if TYPE_CHECKING:
    from ...indexer.store.rows import Snapshot
    from ...lsp.generation_service import Generated, GenerationRequest
    from ...lsp.service import Cancelled, Unsaved
    from ..host.workspace_generation import WorkspaceGeneration
    from .session import Session


class Writer(Protocol):
    """Writes for the workspace."""

    def generate(
        self,
        request: GenerationRequest,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        *,
        dry_run: bool = False,
    ) -> Generated:
        """Do what a person asks; see `lsp.generation_service.Generation.generate`."""


def with_writer(session: Session, work: Callable[[Writer], None], *, needs_index: bool) -> None:
    """Let something be written.

    Args:
        session: The session.
        work: Given what writes; not called again once it has been called.
        needs_index: Whether code of the workspace is looked up, in an index that is brought up to date first.

    Raises:
        CodeassistdError: There is no model, it failed, or the index can't be made.
    """
    if not session.has_own_settings and _written_by_daemon(session, work, needs_index=needs_index):
        return
    if needs_index:
        refresh(session, session.composition.open_index(), wait=False, needs_model=True)
    with _own_writer(session) as writer:
        work(writer)


def _written_by_daemon(session: Session, work: Callable[[Writer], None], *, needs_index: bool) -> bool:
    from ..process.errors import ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError
    from ..workspace_client import open_at_daemon

    begun = False
    try:
        with open_at_daemon(session.workspace.root, session.composition.data_dir) as client:
            if client is None:
                return False
            if needs_index:
                refresh_at_daemon(session, client, wait=False, first=True)
            begun = True
            work(client.writer)
            return True
    except (ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError) as error:
        if begun:  # a part of the text may have been shown
            raise
        session.streams.warning(f"{error.message}; writing without it")
        return False


@contextmanager
def _own_writer(session: Session) -> Iterator[Writer]:
    from ...indexer.grounding.completion import CompletionGrounding
    from ..answering import current_text
    from ..host.workspace_generation import Sight, WorkspaceGeneration, Writing
    from ..host.writing_model import WritingModel

    composition = session.composition
    index = composition.open_index()

    @contextmanager
    def glance(_unsaved: Unsaved) -> Iterator[Snapshot | None]:
        with index.snapshot() as snapshot:
            yield snapshot

    @contextmanager
    def view(_unsaved: Unsaved, _cancelled: Cancelled) -> Iterator[Snapshot]:
        with index.snapshot() as snapshot:
            if snapshot is None:
                raise CodeassistdError(
                    f"there is no index of {session.workspace.root}", "run `codeassistd index` to make one"
                )
            yield snapshot

    root = session.workspace.root
    sight = Sight(root, glance, view, lambda _unsaved: current_text(root), lambda: composition.embedder)
    model = WritingModel(composition.completer, session.settings)
    grounding = CompletionGrounding()
    writing = Writing(grounding, model, lambda: session.settings.completion, "")
    try:
        yield _OwnWriter(WorkspaceGeneration(sight, writing))
    finally:
        grounding.close()
        model.close()


class _OwnWriter:
    def __init__(self, generation: WorkspaceGeneration) -> None:
        self._generation = generation

    def generate(
        self,
        request: GenerationRequest,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        *,
        dry_run: bool = False,
    ) -> Generated:
        return self._generation.generate(request, {}, on_text, cancelled, dry_run=dry_run)
