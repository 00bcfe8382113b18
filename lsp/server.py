"""Serves one connection: the language server of a session, from its first byte to its last."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsprotocol.types import ErrorCodes

from . import (
    code_actions,
    commands,
    configuration,
    embedding,
    explaining,
    generating,
    indexing,
    inline_completion,
    lifecycle,
    reranking,
    search,
    status,
    symbols,
    sync,
    task_progress,
)
from .errors import RequestError
from .frames import MAX_BODY_BYTES, FrameError, next_length_line, read_frame
from .outbox import Outbox
from .session import Session, Timing
from .session_server import SessionServer
from .writing import Writer

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from .service import Service
    from .session_protocol import SessionProtocol

_log = logging.getLogger(__name__)


async def serve_session(
    service: Service,
    reader: StreamReader,
    writer: StreamWriter,
    *,
    max_message_bytes: int = MAX_BODY_BYTES,
    timing: Timing | None = None,
) -> None:
    """Serve one client until it leaves; nothing that it sends or leaves undone raises or disturbs others.

    When it returns, or is cancelled, the work of the session is given up, its workspaces are left and the
    connection is closed.

    Args:
        service: The daemon behind the session.
        reader: What the client sends.
        writer: What the client gets.
        max_message_bytes: A longer message is skipped, with an error.
        timing: When the client is told about work that goes on.
    """
    await has_left_in_order(service, reader, writer, max_message_bytes, timing or Timing())


async def has_left_in_order(
    service: Service, reader: StreamReader, writer: StreamWriter, max_message_bytes: int, timing: Timing
) -> bool:
    """Serve one client as `serve_session` does; gives whether it said `shutdown`, then `exit`."""
    outbox = Outbox(writer)
    server = SessionServer()
    client = server.protocol
    client.deliver = outbox.send
    session = build_session(service, server, timing)
    try:
        await _read_messages(client, reader, outbox, max_message_bytes)
    except OSError as error:
        _log.info("a session ends: the client is gone (%s)", type(error).__name__)
    except Exception:  # noqa: BLE001
        _log.exception("a session ends: a defect of ours")
    finally:
        try:
            await session.end()
        finally:
            await outbox.close()
    return client.exited and client.phase == "shut down"


def build_session(service: Service, server: SessionServer, timing: Timing) -> Session:
    """Make a session, and register all features with its server."""
    session = Session(service, server.protocol, timing)
    settings = configuration.Configuration(session)
    lifecycle.register(server, session, settings)
    configuration.register(server, session, settings)
    features = (
        sync, search, symbols, embedding, reranking, status, indexing, inline_completion, task_progress
    )  # fmt: skip
    for feature in features:
        feature.register(server, session)
    writer = Writer(session)
    for writing in (generating, code_actions, explaining):
        writing.register(server, session, writer)
    commands.register(server)
    return session


async def _read_messages(
    client: SessionProtocol, reader: StreamReader, outbox: Outbox, max_message_bytes: int
) -> None:
    first_line = b""
    while not client.exited:
        try:
            body = await read_frame(reader, max_message_bytes, first_line)
            first_line = b""
        except FrameError as error:
            client.complain(RequestError(ErrorCodes.ParseError, str(error), "frame messages as LSP has it"))
            _log.warning("a client sends what is not LSP: %s", error)
            first_line = error.next_line or await next_length_line(reader)
            if not first_line:
                return
        else:
            if body is None:
                return
            client.receive(body)
        await outbox.has_room()
        # Messages that lie ready are read without a pause otherwise; others want their turn too.
        await asyncio.sleep(0)
