"""Work-done progress of LSP for what a person waits for: a bar with a way to cancel."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types

from .session_protocol import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from .session import Session
    from .session_protocol import SessionProtocol
    from .session_server import SessionServer


class TaskProgress:
    """The bars of one session, and the requests that they can cancel.

    Args:
        client: Who is told.
    """

    def __init__(self, client: SessionProtocol) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self._cancellable: dict[int | str, asyncio.Task[object]] = {}

    @asynccontextmanager
    async def shown(self, title: str) -> AsyncIterator[Callable[[str], None]]:
        """Show a bar while the current request is being answered, if the client can show one.

        Args:
            title: What is being done.

        Yields:
            What says how far it is, in words.
        """
        task = asyncio.current_task()
        window = self._client.client_capabilities.window
        if task is None or window is None or not window.work_done_progress:
            yield lambda message: None  # noqa: ARG005
            return
        token = f"codeassistd/task/{next(self._numbers)}"
        try:
            await self._client.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, {"token": token})
        except RefusedError:
            yield lambda message: None  # noqa: ARG005
            return
        self._cancellable[token] = task
        self._tell(token, {"kind": "begin", "title": title, "cancellable": True})
        try:
            yield lambda message: self._tell(token, {"kind": "report", "message": message})
        finally:
            del self._cancellable[token]
            self._tell(token, {"kind": "end"})

    def cancel(self, token: int | str) -> None:
        """The person has had enough of it."""
        if task := self._cancellable.get(token):
            task.cancel()

    def _tell(self, token: str, value: dict[str, object]) -> None:
        self._client.tell("$/progress", {"token": token, "value": value})


def register(server: SessionServer, session: Session) -> None:
    """Let clients cancel what has a bar."""

    def cancel(params: types.WorkDoneProgressCancelParams) -> None:
        session.tasks.cancel(params.token)

    server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(cancel)
