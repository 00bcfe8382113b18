"""Being the daemon: its place claimed, its log open, its service at the socket, until it ends."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..lsp.server import serve_session
from ..models.errors import CodeassistdError
from .composition import daemon_service
from .process.daemon import Daemon, DaemonLimits
from .process.listener import claimed
from .process.logs import log_folder, write_logs
from .process.rendezvous import find_rendezvous
from .process.running import run_daemon
from .settings_loading import data_dir, read_settings

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from .host.service import DaemonService


_LOG = logging.getLogger("codeassistd.daemon")


def serve() -> str:
    """Be the daemon until it ends.

    Returns:
        Why it ended.

    Raises:
        AlreadyRunningError: Another process is the daemon.
        CodeassistdError: The folder of the socket, or the data directory, can't be used.
    """
    data = data_dir()
    loaded = read_settings(None)
    settings = loaded.settings.daemon
    place = find_rendezvous(data)
    with claimed(place):
        _open_log(data, getattr(logging, settings.log_level.upper()))
        for problem in loaded.problems:
            _LOG.warning("%s", problem.message)
        service = daemon_service(data)
        minutes = settings.idle_exit_minutes
        daemon = Daemon(
            place,
            lambda reader, writer: _serve(service, reader, writer),
            controls=_controls(service),
            on_stop=lambda: asyncio.to_thread(service.close),
            is_busy=lambda: service.is_busy,
            limits=DaemonLimits(idle_seconds=minutes * 60 if minutes else None),
        )
        service.sessions = lambda: daemon.sessions
        reason = run_daemon(daemon)
        _LOG.info("ended: %s", reason)
        return reason


def _open_log(data_dir: Path, level: int) -> None:
    try:
        write_logs(data_dir, level)
    except OSError as error:
        raise CodeassistdError(
            f"cannot write to {log_folder(data_dir)}: {error.strerror}",
            "make it writable, free some space, or set CODEASSISTD_DATA_DIR to another folder",
        ) from error


async def _serve(service: DaemonService, reader: StreamReader, writer: StreamWriter) -> None:
    session = service.for_session()
    try:
        await serve_session(session, reader, writer)
    finally:
        await asyncio.to_thread(session.close)


def _controls(service: DaemonService) -> dict[str, Callable[[Mapping[str, Any]], Awaitable[object]]]:
    async def status(_params: Mapping[str, Any]) -> object:
        found = asdict(await asyncio.to_thread(service.status))
        for workspace in found["workspaces"]:
            workspace["root"] = str(workspace["root"])
        return found

    async def pause(_params: Mapping[str, Any]) -> object:
        await asyncio.to_thread(service.pause, paused=True)
        return {}

    async def resume(_params: Mapping[str, Any]) -> object:
        await asyncio.to_thread(service.pause, paused=False)
        return {}

    return {"status": status, "pause": pause, "resume": resume}
