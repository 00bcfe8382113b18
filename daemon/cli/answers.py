"""What `search` and `similar` share: bring the index up to date, answer, show the results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...models.errors import CodeassistdError
from .documents import search_document
from .excerpts import current_folder
from .interrupts import stop_when_consistent
from .progress import show_progress
from .results_text import DEFAULT_LINES, ResultStyle, colored_results, plain_results
from .session import Session

if TYPE_CHECKING:
    from ...indexer.search.request import SearchResponse
    from ...indexer.workspace_index import WorkspaceIndex
    from ..answering import Answers
    from ..lazy_embedder import LazyEmbedder
    from ..workspace_client import WorkspaceClient

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How an answer is prepared and shown.

    Attributes:
        limit: Results at most; None leaves it to the settings.
        lines: Lines of snippet a result gets.
        explain: Whether to show how each score came about.
        as_json: Whether to write a JSON document.
        refresh: Whether to bring the index up to date first.
        wait: Whether to embed everything before answering.
        quiet: Whether remarks are left out.
    """

    limit: int | None = None
    lines: int = DEFAULT_LINES
    explain: bool = False
    as_json: bool = False
    refresh: bool = True
    wait: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A query and what came of it.

    Attributes:
        query: As the user gave it.
        response: The answer.
        took_seconds: Until it was there.
        how_to_finish: What to do about an index that is not complete, in words.
    """

    query: str
    response: SearchResponse
    took_seconds: float
    how_to_finish: str


def answer_options(command: _Command) -> _Command:
    """Add the options of AnswerOptions to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-k",
        "--limit",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="Number of results, 1 to 1000. Default: 10.",
    ),
    click.option(
        "--lines",
        type=click.IntRange(0, 1000),
        default=DEFAULT_LINES,
        show_default=True,
        metavar="N",
        help="Lines of code shown for each result; 0 shows headings only.",
    ),
    click.option("--explain", is_flag=True, help="Show what each score is made of."),
    click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output."),
    click.option(
        "--refresh/--no-refresh",
        default=True,
        help="Bring the index up to date first (the default), or search it as it stands.",
    ),
    click.option("--wait", is_flag=True, help="Embed everything before answering, however long it takes."),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks."),
)


def with_answerer(
    session: Session,
    options: AnswerOptions,
    work: Callable[[Answers], None],
    *,
    needs_model: bool,
    preload: bool = True,
    awaited: str | None = None,
) -> None:
    """Let something be answered from the workspace's index, as fresh as the options ask for.

    The daemon answers when it runs, for it is up to date and has the model loaded; else this process does.

    Args:
        session: The session.
        options: Whether to refresh the index, and whether to wait for that.
        work: Given what answers, bound to one revision. Called again, after the index was built anew, when
            it can't be read; so it must not repeat what it has shown already.
        needs_model: Whether answering may take the model.
        preload: Whether it certainly does, so that loading begins at once, in the background.
        awaited: The one query that is asked; while there is no index yet, it is answered from the files it
            is most likely about, as far as they could be read in the time that the settings give.

    Raises:
        CodeassistdError: There is no index and none is to be made, or it can't be made.
    """
    from ...indexer.store.errors import DamagedIndexError

    if _answered_by_daemon(session, options, work, first=awaited is not None):
        return
    embedder = session.composition.embedder if needs_model else None
    if embedder is not None and preload:
        embedder.start()
    index = session.composition.open_index()
    if options.refresh:
        refresh(session, index, wait=options.wait, needs_model=needs_model, awaited=awaited)
    try:
        _work_on(session, index, embedder, work)
    except DamagedIndexError as damage:
        if not options.refresh:
            raise
        session.streams.warning(f"{damage.message}; building it anew")
        refresh(session, index, wait=options.wait, needs_model=needs_model, full=True)
        _work_on(session, index, embedder, work)


def _answered_by_daemon(
    session: Session, options: AnswerOptions, work: Callable[[Answers], None], *, first: bool
) -> bool:
    """Let the daemon answer, if one runs and the settings of this run are those that it has."""
    from ..process.errors import ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError
    from ..workspace_client import open_at_daemon

    if session.has_own_settings:
        return False
    try:
        with open_at_daemon(session.workspace.root, session.composition.data_dir) as client:
            if client is None:
                return False
            if options.refresh:
                refresh_at_daemon(session, client, wait=options.wait, first=first)
            work(client)
            return True
    except (ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError) as error:
        session.streams.warning(f"{error.message}; answering without it")
        return False


def refresh_at_daemon(session: Session, client: WorkspaceClient, *, wait: bool, first: bool) -> None:
    """Wait until the daemon's index is as fresh as a search wants it.

    Args:
        session: The session.
        client: The workspace as the daemon has it.
        wait: Whether to wait until everything is embedded.
        first: Whether one answer is awaited, rather than many.
    """
    from ..process.rpc_client import RpcError

    streams, settings = session.streams, session.settings.search
    patient = wait or not first
    with (
        stop_when_consistent(lambda: streams.warning("stopping")) as stop,
        show_progress(streams) as progress,
    ):
        try:
            client.refresh(
                word_seconds=None
                if patient
                else max(settings.first_answer_seconds, settings.refresh_seconds),
                vector_seconds=None if wait else settings.refresh_seconds,
                progress=progress,
                cancelled=stop,
            )
        except RpcError as error:  # what is indexed can be searched all the same
            streams.warning(f"{error.message}; answering from the index as it stands")
    stop.raise_if_set()


def _work_on(
    session: Session, index: WorkspaceIndex, embedder: LazyEmbedder | None, work: Callable[[Answers], None]
) -> None:
    from ..answering import Answerer

    with index.snapshot() as snapshot:
        if snapshot is None:
            raise CodeassistdError(
                f"there is no index of {session.workspace.root}", "run `codeassistd index` to make one"
            )
        work(Answerer(session.workspace.root, snapshot, embedder, session.composition.reranker))


def show_answer(session: Session, options: AnswerOptions, answered: Answered) -> None:
    """Write an answer to standard output, and to standard error what the reader should know of it."""
    response, how_to_finish = answered.response, answered.how_to_finish
    streams, root = session.streams, session.workspace.root
    missing = response.chunk_count - response.embedded_count
    if not response.has_every_file:
        streams.remark(f"not every file is indexed yet; {how_to_finish}")
    elif missing > 0:
        streams.remark(
            f"semantic vectors for {response.embedded_count:,} of {response.chunk_count:,} chunks;"
            f" {how_to_finish}"
        )
    if options.as_json:
        streams.document(
            search_document(
                response, query=answered.query, workspace=root, took_seconds=answered.took_seconds
            )
        )
        return
    if not response.results:
        streams.remark("nothing found")
        return
    style = ResultStyle(
        root,
        current_folder(root),
        lines=options.lines,
        explain=options.explain,
        width=streams.width,
        links=streams.out_terminal,
    )
    render = colored_results if streams.out_color else plain_results
    streams.result(render(response.results, style))


def refresh(
    session: Session,
    index: WorkspaceIndex,
    *,
    wait: bool,
    needs_model: bool,
    awaited: str | None = None,
    full: bool = False,
) -> None:
    """Bring the index up to date in this process, as far as a search wants it.

    Args:
        session: The session.
        index: The workspace's index.
        wait: Whether to embed everything, however long it takes.
        needs_model: Whether vectors are wanted at all.
        awaited: The one query that is asked; see `with_answerer`.
        full: Whether to build the index anew.
    """
    from ...indexer.pipeline.reading_order import AwaitedSearch
    from ..refreshing import Watcher, refresh_for_search

    streams, settings, now = session.streams, session.settings.search, time.monotonic()
    until = None if wait else now + (settings.refresh_seconds if needs_model else 0.0)
    first = None if wait or awaited is None else AwaitedSearch(awaited, now + settings.first_answer_seconds)
    with (
        stop_when_consistent(lambda: streams.warning("stopping when the index is consistent")) as stop,
        show_progress(streams) as progress,
    ):
        try:
            report = refresh_for_search(
                index, Watcher(progress, stop, streams.warning), embed_until=until, awaited=first, full=full
            )
        except CodeassistdError as error:
            # The words are committed all the same, and they are all that a keyword search reads.
            if needs_model or not session.composition.embedder.has_failed:
                raise
            streams.warning(error.message)
            report = None
    stop.raise_if_set()
    if report is not None and report.files_pending:
        streams.remark(
            f"{report.files_pending:,} of {report.files_seen:,} files are not read yet;"
            " those that mention the query's words came first"
        )
    if report is not None and report.rebuilt:
        streams.warning(f"the index was built anew: {report.rebuilt}")
