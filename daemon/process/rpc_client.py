"""A small JSON-RPC client that blocks, for commands that ask the daemon something."""

from __future__ import annotations

import contextlib
import itertools
import select
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ...models.errors import CodeassistdError, UsageError
from .errors import ConnectionLostError
from .frames import Frame, FrameSplitter, framed

if TYPE_CHECKING:
    from .connecting import Connection

Notified = Callable[[str, Any], None]
"""Gets the method and params of a notification."""

_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602
_POLL_SECONDS = 0.05
_CHUNK = 64 * 1024
_ACKNOWLEDGED = {"window/workDoneProgress/create", "client/registerCapability", "client/unregisterCapability"}


class RpcError(CodeassistdError):
    """The daemon answered with an error.

    Args:
        code: Of the error, as JSON-RPC and LSP have them.
        message: What is wrong.
        hint: What to do about it.
    """

    def __init__(self, code: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class RpcUsageError(RpcError, UsageError):
    """The daemon answered that the request itself is wrong."""


class RpcClient:
    """Requests over a connection for "lsp". One thread waits; any may send.

    Args:
        connection: Closed with the client.
        on_notification: Called with each notification while an answer is awaited.
    """

    def __init__(
        self, connection: Connection, on_notification: Notified = lambda _method, _params: None
    ) -> None:
        self._connection = connection
        self.on_notification = on_notification
        self._splitter = FrameSplitter()
        self._numbers = itertools.count(1)
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._sending = threading.Lock()

    def request(
        self,
        method: str,
        params: object = None,
        *,
        timeout: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Any:
        """Ask and wait for the answer.

        Args:
            method: What to do.
            params: With what.
            timeout: Seconds to wait; None waits for ever.
            cancelled: Polled while waiting; once true, the request is cancelled, and its answer awaited.

        Returns:
            The result.

        Raises:
            RpcError: The answer is an error; an RpcUsageError when the request itself is wrong.
            ConnectionLostError: The daemon went away.
            TimeoutError: Nothing came in time; the request has been cancelled.
        """
        number = self.send(method, params)
        try:
            return self.wait(number, timeout=timeout, cancelled=cancelled)
        except CodeassistdError:
            raise
        except BaseException:
            with contextlib.suppress(CodeassistdError):
                self.cancel(number)
            raise

    def send(self, method: str, params: object = None) -> int:
        """Ask without waiting; gives the number to wait for."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        return number

    def wait(
        self, number: int, *, timeout: float | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> Any:
        """Wait for the answer to what was sent; as `request`, but time that is up cancels nothing."""
        until = None if timeout is None else time.monotonic() + timeout
        told = False
        while number not in self._answers:
            if not told and cancelled():
                self.cancel(number)
                told = True
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"nothing came within {timeout:g} s")
            self._read(_POLL_SECONDS)
        answer = self._answers.pop(number)
        if (error := answer.get("error")) is not None:
            data = error.get("data")
            hint = data.get("hint", "") if isinstance(data, dict) else ""
            # Editors show the message alone, so it ends with the hint.
            message = str(error.get("message", "")).removesuffix(f"; {hint}")
            code = int(error.get("code", 0))
            raise (RpcUsageError if code == _INVALID_PARAMS else RpcError)(code, message, str(hint))
        return answer.get("result")

    def notify(self, method: str, params: object = None) -> None:
        """Tell the daemon something."""
        self._send({"method": method, "params": params})

    def cancel(self, number: int) -> None:
        """Say that an answer isn't wanted any more; it still comes, mostly as an error."""
        self.notify("$/cancelRequest", {"id": number})

    def listen(self, seconds: float) -> None:
        """Take what comes, notifications above all, until something has or the time is over."""
        self._read(seconds)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        if message.get("params") is None:
            message.pop("params", None)
        try:
            with self._sending:
                self._connection.socket.sendall(framed(message))
        except OSError as error:
            raise _lost() from error

    def _read(self, seconds: float) -> None:
        """Take what comes, for so long at most."""
        try:
            if not select.select([self._connection.socket], [], [], seconds)[0]:
                return
            data = self._connection.socket.recv(_CHUNK)
        except OSError as error:
            raise _lost() from error
        if not data:
            raise _lost()
        for frame in self._splitter.feed(data):
            if isinstance(frame, Frame):
                self._take(frame.message())

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            if isinstance(message.get("id"), int):
                self._answers[message["id"]] = message
        elif "id" not in message:
            self.on_notification(method, message.get("params"))
        elif method in _ACKNOWLEDGED:
            self._send({"id": message["id"], "result": None})
        else:
            error = {"code": _METHOD_NOT_FOUND, "message": f"the command line doesn't answer {method}"}
            self._send({"id": message["id"], "error": error})


def _lost() -> ConnectionLostError:
    return ConnectionLostError("the daemon went away before it answered", "run the command again")
