"""One client, from its first message to its last: what all features share."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lsprotocol.types import MessageType

from ..models.errors import CodeassistdError
from .documents import Documents
from .failures import Failures
from .folders import Folder, Folders
from .follower import Follower
from .index_progress import IndexProgress
from .recent_edits import RecentEdits
from .task_progress import TaskProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .service import Cancelled, Service, Unsaved
    from .session_protocol import SessionProtocol

_T = TypeVar("_T")

_THREADS = 8
_WAITING_AT_ONCE = 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a client is told about work that goes on.

    Attributes:
        quiet_seconds: Shorter work isn't shown.
        report_seconds: The least time between two reports.
        text_seconds: How long pieces of text are gathered before they are sent.
    """

    quiet_seconds: float = 0.25
    report_seconds: float = 0.1
    text_seconds: float = 0.03


class Session:
    """What one client has open and under way.

    Made, used and ended on the event loop; what blocks is done in its threads.

    Args:
        service: The daemon behind it.
        client: What it sends and gets.
        timing: When it is told about work that goes on.
    """

    def __init__(self, service: Service, client: SessionProtocol, timing: Timing) -> None:
        self.service = service
        self.client = client
        self.timing = timing
        self.documents = Documents()
        self.edits = RecentEdits()
        self.failures = Failures()
        self.tasks = TaskProgress(client)
        self.progress = IndexProgress(client, timing.quiet_seconds, timing.report_seconds, self.start)
        self.follower = Follower(client, self.progress)
        self.folders = Folders(service, self.follower, self._on_folder_failure)
        self.waiting = asyncio.Semaphore(_WAITING_AT_ONCE)
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lsp-request")
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_end: list[Callable[[], None]] = []
        self._has_ended = False

    async def run(self, work: Callable[[Cancelled], _T], lane: ThreadPoolExecutor | None = None) -> _T:
        """Do what blocks in a thread.

        Args:
            work: Given what tells whether the client has given up.
            lane: Threads that are kept for such work; None means those that all requests share.

        Returns:
            What it returns.
        """
        given_up = threading.Event()
        try:
            return await self._loop.run_in_executor(lane or self._pool, work, given_up.is_set)
        except asyncio.CancelledError:
            given_up.set()
            raise

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Begin something that ends with the session, if not before."""
        if self._has_ended:
            work.close()
            return
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def at_end(self, what: Callable[[], None]) -> None:
        """Do something when the session ends."""
        self._at_end.append(what)

    def unsaved(self, folder: Folder) -> Unsaved:
        """The open documents of a folder, by relative path."""
        texts: dict[str, str] = {}
        for document in self.documents:
            if document.path and (relative := folder.relative(document.path)) is not None:
                texts[relative] = document.buffer.text
        return texts

    def uri(self, folder: Folder, relative: str) -> str:
        """The URI of a file: the client's own if it has the file open."""
        document = self.documents.of_path(folder.file_path(relative))
        return document.uri if document else folder.uri(relative)

    async def end(self) -> None:
        """Give up what is under way and leave the workspaces."""
        self._has_ended = True
        under_way = [*self.client.cancel_all(silently=True), *self._tasks]
        for task in self._tasks:
            task.cancel()
        try:
            if under_way:
                await asyncio.wait(under_way)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
            for what in self._at_end:
                what()
            await self.folders.close_all()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("work of a session failed", exc_info=error)

    def _on_folder_failure(self, error: Exception, what: str) -> None:
        if not isinstance(error, CodeassistdError):
            _log.error("%s failed", what, exc_info=error)
        self.follower.call_soon(partial(self._show_failure, error, what))

    def _show_failure(self, error: Exception, what: str) -> None:
        """Tell the user what no answer to a request says.

        A wrong setting must be seen, or it is never set right. A folder that can't be opened is said again in
        the answer to each request about it.
        """
        text = f"{error}; {error.hint}" if isinstance(error, CodeassistdError) and error.hint else str(error)
        method = "window/showMessage" if what == "settings" else "window/logMessage"
        self.client.tell(method, {"type": MessageType.Warning, "message": f"codeassistd: {what}: {text}"})
