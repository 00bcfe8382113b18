"""The file in which a daemon says who it is: for messages, and over TCP for finding it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rendezvous import Rendezvous


@dataclass(frozen=True, slots=True)
class Record:
    """What a daemon says of itself.

    Attributes:
        pid: Its process.
        version: Of its codeassistd.
        port: Its TCP port; 0 when it has a Unix socket.
        secret: What a client has to know over TCP; "" when it has a Unix socket.
    """

    pid: int
    version: str
    port: int = 0
    secret: str = ""


def read_record(place: Rendezvous) -> Record | None:
    """What the daemon that runs, or crashed, says of itself; None when there is nothing to read."""
    try:
        fields = json.loads(place.record.read_bytes())
        return Record(int(fields["pid"]), str(fields["version"]), int(fields["port"]), str(fields["secret"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(place: Rendezvous, record: Record) -> None:
    """Write the file for the user's eyes only, in one step."""
    draft = place.record.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(record), file)
    draft.replace(place.record)
