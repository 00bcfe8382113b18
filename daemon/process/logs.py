"""The daemon's log: lines of JSON in a few files of limited size, and how to read and follow them.

What is logged at the default level names files, methods and numbers, never what a file or a query says;
messages are cut to a length that holds little code, should a library put some into one.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOG_NAME = "daemon.log"
BACKUPS = 3
_LARGEST_BYTES = 4_000_000
_LONGEST_MESSAGE = 500
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event.

    Attributes:
        time: Seconds since the epoch; 0 when the line is damaged.
        level: "INFO", "WARNING", …
        where: The module that wrote it.
        process: Its number.
        message: In words.
        trace: Where an exception came from; "" when there was none.
    """

    time: float
    level: str
    where: str
    process: int
    message: str
    trace: str = ""

    def text(self) -> str:
        """For a reader at a terminal."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.time))
        text = f"{when} {self.level:<7} {self.message}"
        return f"{text}\n{self.trace}" if self.trace else text


def log_folder(data_dir: Path) -> Path:
    """Where the logs of a data directory are."""
    return data_dir / "logs"


def write_logs(data_dir: Path, level: int = logging.INFO, largest_bytes: int = _LARGEST_BYTES) -> None:
    """Have everything that this process logs written to the daemon's log.

    Args:
        data_dir: Where indexes are kept.
        level: The least that is written of codeassistd's own; of libraries, warnings are.
        largest_bytes: Of one file.

    Raises:
        OSError: The file can't be written.
    """
    from logging.handlers import RotatingFileHandler

    folder = log_folder(data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / LOG_NAME, maxBytes=largest_bytes, backupCount=BACKUPS, encoding="utf-8", delay=False
    )
    (folder / LOG_NAME).chmod(0o600)
    handler.setFormatter(JsonLines(is_short=level > logging.DEBUG))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("codeassistd").setLevel(level)


class JsonLines(logging.Formatter):
    """Writes an event as one line of JSON.

    Args:
        is_short: Whether messages are cut.
    """

    def __init__(self, *, is_short: bool) -> None:
        super().__init__()
        self._is_short = is_short

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in the event."""
        event: dict[str, Any] = {
            "time": round(record.created, 3),
            "level": record.levelname,
            "where": record.name,
            "process": record.process,
            "message": self._cut(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            kind = type(record.exc_info[1]).__name__
            event["message"] += f": {kind}: {self._cut(str(record.exc_info[1]))}"
            event["trace"] = self._trace(record)
        return json.dumps(event)

    def _cut(self, text: str) -> str:
        if self._is_short and len(text) > _LONGEST_MESSAGE:
            return f"{text[:_LONGEST_MESSAGE]} … ({len(text)} characters)"
        return text

    def _trace(self, record: logging.LogRecord) -> str:
        """The frames alone: the exception's text is in the message, cut."""
        import traceback

        trace = record.exc_info[2] if record.exc_info else None
        return "".join(traceback.format_tb(trace)).rstrip()


def read_logs(
    data_dir: Path, last: int = 200, *, follow: bool = False, stop: Callable[[], bool] = lambda: False
) -> Iterator[LogLine]:
    """Read the daemon's log, oldest first.

    Args:
        data_dir: Where indexes are kept.
        last: How many of the lines that are there already.
        follow: Go on with what comes, until `stop`.
        stop: Polled while nothing comes.

    Yields:
        The events.
    """
    current = log_folder(data_dir) / LOG_NAME
    older = [current.with_name(f"{LOG_NAME}.{number}") for number in range(BACKUPS, 0, -1)]
    lines: list[bytes] = []
    for path in older:
        lines += _whole_lines(path, 0)[0]
    identity = _identity(current)
    fresh, offset = _whole_lines(current, 0)
    yield from map(_parsed, [*lines, *fresh][-last:] if last else [])
    while follow and not stop():
        now = _identity(current)
        if now != identity:
            if identity is not None and _identity(older[-1]) == identity:
                yield from map(_parsed, _whole_lines(older[-1], offset)[0])
            identity, offset = now, 0
        fresh, offset = _whole_lines(current, offset)
        yield from map(_parsed, fresh)
        if not fresh:
            time.sleep(_POLL_SECONDS)


def _whole_lines(path: Path, offset: int) -> tuple[list[bytes], int]:
    """The lines from an offset on that are whole, and the offset after them."""
    # Opened anew each time: an open file couldn't be set aside on Windows.
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except OSError:
        return [], offset
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), offset + end


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _parsed(line: bytes) -> LogLine:
    try:
        event = json.loads(line)
        return LogLine(
            time=float(event["time"]),
            level=str(event["level"]),
            where=str(event["where"]),
            process=int(event["process"]),
            message=str(event["message"]),
            trace=str(event.get("trace", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return LogLine(0.0, "", "", 0, line.decode(errors="replace"))
