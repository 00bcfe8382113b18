"""Which user is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
import sys

_MAC_SOL_LOCAL, _MAC_LOCAL_PEERCRED = 0, 1
_MAC_XUCRED = struct.Struct("=IIh2x16I")


def peer_user(connection: socket.socket) -> int | None:
    """The user id of the other end, or None where the system can't tell."""
    if connection.family != getattr(socket, "AF_UNIX", None):
        return None
    if sys.platform == "linux":
        credentials = struct.Struct("3i")
        data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
        return int(credentials.unpack(data)[1])
    if sys.platform == "darwin":
        data = connection.getsockopt(_MAC_SOL_LOCAL, _MAC_LOCAL_PEERCRED, _MAC_XUCRED.size)
        return int(_MAC_XUCRED.unpack(data)[1])
    return None


def is_stranger(connection: socket.socket) -> bool:
    """Whether the other end is known to be another user's."""
    try:
        user = peer_user(connection)
    except OSError:
        return True
    return user is not None and user != os.geteuid()
