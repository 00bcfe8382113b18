"""One worker process as the daemon sees it: frames out and in, its log, its memory, its end."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from .frames import FrameError, read

_PACKAGE = __name__.rpartition(".")[0]
# -P keeps the folder that the daemon runs in, which may be anybody's, off the module path.
DEFAULT_COMMAND = (sys.executable, "-P", "-m", _PACKAGE)
COMPLETION_COMMAND = (sys.executable, "-P", "-m", f"{_PACKAGE}.completion")
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_LONGEST_LOG_LINE = 4_096
_DRAIN_SECONDS = 2.0
_LINGER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """The messages of a kind of worker.

    Attributes:
        encode: Gives the frame of a message.
        decode: Gives the message of a worker that a frame holds, or raises `FrameError`.
    """

    encode: Callable[[Any], bytes]
    decode: Callable[[dict[str, Any], bytes | bytearray], object]


class WorkerProcess:
    """A running worker; three threads serve its pipes until it ends.

    Args:
        command: The program and its arguments.
        dialect: What it understands and says.
        on_message: Called with each message, from a thread of the process; a `FrameError` that it raises
            counts as a worker that talks nonsense, and ends it.
        on_end: Called once, from that thread, when the process is gone.
        on_log: Gets each line that the worker writes to standard error.

    Raises:
        OSError: The program can't be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        dialect: Dialect,
        on_message: Callable[[WorkerProcess, object], None],
        on_end: Callable[[WorkerProcess], None],
        on_log: Callable[[str], None],
    ) -> None:
        self._dialect = dialect
        self._on_message = on_message
        self._on_end = on_end
        self._on_log = on_log
        self._outbox: queue.SimpleQueue[object | None] = queue.SimpleQueue()
        self._fault = ""
        self._last_line = ""
        self._has_ended = threading.Event()
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=_NO_WINDOW,
        )
        stdin, stdout, stderr = self._popen.stdin, self._popen.stdout, self._popen.stderr
        assert stdin is not None  # noqa: S101 - they are pipes, which the types don't say
        assert stdout is not None  # noqa: S101
        assert stderr is not None  # noqa: S101
        self._log_reader = threading.Thread(target=self._read_log, args=(stderr,), daemon=True)
        self._threads = [
            self._log_reader,
            threading.Thread(target=self._write, args=(stdin,), name="worker-write", daemon=True),
            threading.Thread(target=self._read, args=(stdout,), name="worker-read", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._popen.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._has_ended.is_set()

    @property
    def rss_bytes(self) -> int:
        """Its resident memory; 0 when it is gone."""
        import psutil  # noqa: PLC0415 - only who starts a worker pays for it

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def send(self, message: object) -> None:
        """Queue a message; what can't be delivered any longer is lost with the process."""
        self._outbox.put(message)

    def end(self, grace_seconds: float) -> None:
        """End the process and wait until it and its threads are gone.

        Args:
            grace_seconds: How long it has to end by itself before it is killed.
        """
        self._outbox.put(None)
        if not self._has_ended.wait(grace_seconds):
            self._kill()
        for thread in self._threads:
            thread.join(_DRAIN_SECONDS)

    def describe_end(self) -> str:
        """How it ended, to follow "The model's process"; known once it has ended."""
        status = self._popen.returncode
        if self._fault:
            return self._fault
        if status is not None and status < 0:
            # Nobody but the system's memory killer sends this one as a rule.
            why = ", as the system does when memory runs out" if _signal_name(-status) == "SIGKILL" else ""
            return f"was ended by signal {-status} ({_signal_name(-status)}){why}"
        said = f": {self._last_line}" if self._last_line else ""
        return f"ended with status {status}{said}"

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            self._popen.kill()

    def _write(self, stdin: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            while (message := self._outbox.get()) is not None:
                stdin.write(self._dialect.encode(message))
                stdin.flush()
        with contextlib.suppress(OSError):
            stdin.close()

    def _read(self, stdout: IO[bytes]) -> None:
        try:
            while (frame := read(stdout)) is not None:
                self._on_message(self, self._dialect.decode(*frame))
        except FrameError as error:
            self._fault = f"sent something that is no answer ({error})"
            self._kill()
        finally:
            self._reap(stdout)

    def _reap(self, stdout: IO[bytes]) -> None:
        try:
            self._popen.wait(_LINGER_SECONDS)
        except subprocess.TimeoutExpired:
            self._fault = self._fault or "closed its output but ran on"
            self._kill()
            self._popen.wait()
        stdout.close()
        self._outbox.put(None)
        self._log_reader.join(_DRAIN_SECONDS)
        self._has_ended.set()
        self._on_end(self)

    def _read_log(self, stderr: IO[bytes]) -> None:
        with stderr:
            while line := stderr.readline(_LONGEST_LOG_LINE):
                if text := line.decode("utf-8", "replace").rstrip():
                    self._last_line = text
                    self._on_log(text)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unnamed"
