"""The workspace folders of one session."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from lsprotocol.types import LSPErrorCodes

from .errors import ParamsError, RequestError
from .locations import path_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .service import Listener, Service, Workspace

_CLOSE_SECONDS = 10.0


# Every search result has a URI.
@lru_cache(maxsize=64)
def _uri_of(folder: Path) -> str:
    return folder.as_uri()


@dataclass(frozen=True, slots=True)
class Folder:
    """An open workspace folder.

    Attributes:
        path: As the client calls it, which may lead through symbolic links.
        workspace: What answers for it.
    """

    path: Path
    workspace: Workspace

    def relative(self, path: Path) -> str | None:
        """The POSIX path of a file inside it; None when the file is outside."""
        for base in (self.path, self.workspace.root):
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
        return None

    def file_path(self, relative: str) -> str:
        """The absolute path of a file inside it, as text."""
        return f"{self.path}{os.sep}{relative.replace('/', os.sep)}"

    def uri(self, relative: str) -> str:
        """The URI of a file inside it."""
        return f"{_uri_of(self.path)}/{quote_from_bytes(os.fsencode(relative))}"


class Folders:
    """Opens and closes workspaces one after the other, in a thread of its own, in the order it was told to.

    Args:
        service: Where workspaces come from.
        listener: What follows them.
        on_failure: Told when a folder can't be opened or settings are refused; called in that thread.
    """

    def __init__(
        self, service: Service, listener: Listener, on_failure: Callable[[Exception, str], None]
    ) -> None:
        self._service = service
        self._listener = listener
        self._on_failure = on_failure
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="lsp-folders")
        self._folders: dict[Path, Future[Folder]] = {}
        self._opened: dict[Path, tuple[Path, Workspace]] = {}  # used in the lane only
        self._told: dict[Path, str] = {}  # likewise

    def open(self, path: Path) -> None:
        """Open a folder, soon."""
        if path not in self._folders:
            self._folders[path] = self._lane.submit(self._open, path)

    def close(self, path: Path) -> None:
        """Close a folder, soon; its requests may still end well."""
        if self._folders.pop(path, None) is not None:
            self._lane.submit(self._close, path)

    def configure(self, settings: Mapping[str, object]) -> None:
        """Set the settings of all folders, soon."""
        self._lane.submit(self._configure, dict(settings))

    async def named(self, name: str | None) -> list[Folder]:
        """The folders that a request is about, in the client's order.

        Args:
            name: Path or URI of one, or of a place inside it; None means all that could be opened.

        Raises:
            CodeassistdError: There is none, or it couldn't be opened.
        """
        if name is not None:
            return [(await self.holding(path_of_name(name)))[0]]
        if not self._folders:
            raise RequestError(
                LSPErrorCodes.RequestFailed, "no folder is open", "open a folder, then ask again"
            )
        found = await asyncio.gather(*map(self._folder, list(self._folders)), return_exceptions=True)
        folders = [each for each in found if isinstance(each, Folder)]
        if not folders:
            raise next(each for each in found if isinstance(each, BaseException))
        return folders

    async def holding(self, path: Path) -> tuple[Folder, str]:
        """The innermost folder that a path is in, and the path relative to it.

        Raises:
            CodeassistdError: There is none, or it couldn't be opened.
        """
        named = [each for each in self._folders if path.is_relative_to(each)]
        if named:
            folder = await self._folder(max(named, key=lambda each: len(each.parts)))
            return folder, path.relative_to(folder.path).as_posix()
        for folder in await self.named(None) if self._folders else ():
            if (relative := folder.relative(path)) is not None:
                return folder, relative
        raise ParamsError(
            f"{str(path)[:200]!r} is in no open folder", "open its folder in the editor, then ask again"
        )

    def at_hand(self, path: Path) -> tuple[Folder, str] | None:
        """As `holding`, without waiting; None when there is no such folder, or it isn't open yet."""
        for at in sorted(self._folders, key=lambda each: -len(each.parts)):
            opening = self._folders[at]
            if opening.done() and opening.exception() is None:
                folder = opening.result()
                if (relative := folder.relative(path)) is not None:
                    return folder, relative
        return None

    async def _folder(self, path: Path) -> Folder:
        """Wait for a folder, which is tried again if it couldn't be opened before."""
        opening = self._folders[path]
        if opening.done() and opening.exception() is not None:
            opening = self._folders[path] = self._lane.submit(self._open, path)
        # Who gives up waiting leaves the folder to the others.
        return await asyncio.shield(asyncio.wrap_future(opening))

    async def close_all(self) -> None:
        """Close every folder and wait for it, within reason."""
        self._folders.clear()
        closed = self._lane.submit(self._close_all)
        self._lane.shutdown(wait=False)
        await asyncio.wait([asyncio.wrap_future(closed)], timeout=_CLOSE_SECONDS)

    def _open(self, path: Path) -> Folder:
        try:
            root = path.resolve()
            same = next((known for at, known in self._opened.values() if at == root), None)
            workspace = same or self._service.open_workspace(root, self._listener)
        except Exception as error:
            if self._told.get(path) != str(error):
                self._told[path] = str(error)
                self._on_failure(error, f"opening {path}")
            raise
        self._opened[path] = (root, workspace)
        return Folder(path, workspace)

    def _close(self, path: Path) -> None:
        root, workspace = self._opened.pop(path, (None, None))
        if workspace is None or any(at == root for at, _ in self._opened.values()):
            return
        try:
            self._service.close_workspace(workspace.root, self._listener)
        except Exception as error:  # noqa: BLE001
            self._on_failure(error, f"closing {path}")

    def _configure(self, settings: Mapping[str, object]) -> None:
        try:
            self._service.configure(None, settings)
        except Exception as error:  # noqa: BLE001
            self._on_failure(error, "settings")

    def _close_all(self) -> None:
        for path in list(self._opened):
            self._close(path)
