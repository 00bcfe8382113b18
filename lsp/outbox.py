"""What is sent to one client, and what happens when it doesn't read it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from .frames import frame

if TYPE_CHECKING:
    from asyncio import StreamWriter

_ROOM_BYTES = 8 * 1024 * 1024
_MAX_WAITING_BYTES = 256 * 1024 * 1024
_CLOSE_SECONDS = 2.0


class Outbox:
    """Messages on their way to a client.

    A client that is slow to read is given room; beyond it nothing more is read from it until it has caught up
    (`has_room`). One that lets even more pile up is cut off, for memory is everyone's.

    Args:
        writer: The connection.
    """

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._is_closed = False
        writer.transport.set_write_buffer_limits(high=_ROOM_BYTES)

    def send(self, body: bytes) -> None:
        """Send one message; once the connection has ended, nothing happens."""
        transport = self._writer.transport
        if self._is_closed or transport.is_closing():
            return
        self._writer.write(frame(body))
        if transport.get_write_buffer_size() > _MAX_WAITING_BYTES:
            transport.abort()

    async def has_room(self) -> None:
        """Wait until the client has read enough.

        Raises:
            OSError: The connection has ended.
        """
        await self._writer.drain()

    async def close(self) -> None:
        """Send what can be sent soon, and end the connection."""
        self._is_closed = True
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                self._writer.close()
                await self._writer.wait_closed()
        self._writer.transport.abort()
