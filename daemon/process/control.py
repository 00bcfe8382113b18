"""Requests to the daemon itself: a JSON object a line, `{"id", "method", "params"}`, answered in order.

An answer is `{"id", "result"}` or `{"id", "error": {"message", "hint"}}`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ...models.errors import CodeassistdError
from .errors import ConnectionLostError

if TYPE_CHECKING:
    from .connecting import Connection

Control = Callable[[Mapping[str, Any]], Awaitable[object]]
"""Carries out a request with its params; what it returns must fit into JSON."""

_LOG = logging.getLogger(__name__)


async def answer_controls(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, controls: Mapping[str, Control]
) -> None:
    """Answer a client's requests until it hangs up.

    Args:
        reader: Where they come from; a line over its limit ends the conversation.
        writer: Where answers go.
        controls: What each method does.
    """
    while True:
        try:
            line = await reader.readline()
        except ValueError:
            writer.write(_line(None, error=_error("the request is too long", "send less")))
            return
        if not line:
            return
        writer.write(await _answer(line, controls))
        await writer.drain()


async def _answer(line: bytes, controls: Mapping[str, Control]) -> bytes:
    try:
        request = json.loads(line)
        number, method, params = request.get("id"), request["method"], request.get("params") or {}
        carry_out = controls[method]
        if not isinstance(params, dict):
            raise TypeError  # noqa: TRY301 - one place words what is wrong with a request
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        known = ", ".join(sorted(controls))
        return _line(None, error=_error("no request that the daemon knows", f"it knows {known}"))
    try:
        return _line(number, result=await carry_out(params))
    except CodeassistdError as error:
        return _line(number, error=_error(error.message, error.hint))
    except Exception:  # noqa: BLE001 - a broken handler harms its own request only
        _LOG.exception("the control request %s failed", method)
        return _line(number, error=_error("the daemon failed at this", "`codeassistd logs` says more"))


def ask(connection: Connection, method: str, params: Mapping[str, object] | None = None) -> Any:
    """Make a request and wait for its answer.

    Args:
        connection: A connection for "control".
        method: What to do.
        params: With what.

    Raises:
        CodeassistdError: The daemon can't; its message and hint.
        ConnectionLostError: It went away first.
    """
    try:
        connection.socket.sendall(_line(1, method=method, params=dict(params or {})))
        with connection.socket.makefile("rb") as lines:
            answer = json.loads(lines.readline())
    except (OSError, ValueError):
        raise ConnectionLostError(
            "the daemon went away before it answered", "run the command again"
        ) from None
    if error := answer.get("error"):
        raise CodeassistdError(str(error.get("message")), str(error.get("hint", "")))
    return answer.get("result")


def _error(message: str, hint: str) -> dict[str, str]:
    return {"message": message, "hint": hint}


def _line(number: object, **fields: object) -> bytes:
    return json.dumps({"id": cast("Any", number), **fields}, separators=(",", ":")).encode() + b"\n"
