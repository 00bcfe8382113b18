"""How features are made known: methods of our own and their commands take records and give records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .decoding import decode, encode
from .errors import ParamsError
from .methods import METHODS
from .session_protocol import EncodedResult
from .session_server import SessionServer

_Params = TypeVar("_Params")

_BY_NAME = {method.name: method for method in METHODS}


def serve(
    server: SessionServer,
    name: str,
    params: type[_Params],
    answer: Callable[[_Params], Awaitable[object]],
    shorthand: str = "",
) -> None:
    """Serve a method of our own, and its command if it has one.

    Args:
        server: The session's.
        name: Of the method.
        params: Record of its params.
        answer: Gives the record of the result, or an `EncodedResult`.
        shorthand: Name of the member that a command's only argument stands for if it is a plain string.
    """

    # Any, not object: pygls passes the server to handlers whose first parameter could take one.
    async def handle(raw: Any) -> Any:
        result = await answer(decode(params, {} if raw is None else raw))
        return result if isinstance(result, EncodedResult) else encode(result)

    async def command(*arguments: Any) -> Any:
        if len(arguments) > 1:
            raise ParamsError(f"{name} takes one argument", "give an object with its params")
        argument = arguments[0] if arguments else None
        if shorthand and isinstance(argument, str):
            argument = {shorthand: argument}
        return await handle(argument)

    server.feature(name)(handle)
    if _BY_NAME[name].command:
        server.command(_BY_NAME[name].command)(command)
