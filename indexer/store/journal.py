"""How SQLite files are opened for writing by several processes."""

from __future__ import annotations

import sqlite3
import time

_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a database to write-ahead logging, so that readers and the writer don't wait for each other.

    SQLite doesn't apply a connection's timeout to the switch: when several processes open a new file at
    the same moment, all but one are told at once that it is locked.

    Raises:
        sqlite3.DatabaseError: The file is damaged, can't be written, or stays locked.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
