"""workspace/executeCommand: the methods that editors offer as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from .errors import ParamsError

if TYPE_CHECKING:
    from .session_server import SessionServer


def register(server: SessionServer) -> None:
    """Serve the commands that other features have registered."""

    async def execute(params: types.ExecuteCommandParams) -> Any:
        command = server.protocol.fm.commands.get(params.command)
        if command is None:
            known = ", ".join(sorted(server.protocol.fm.commands))
            raise ParamsError(f"there is no command {params.command[:80]!r}", f"there are: {known}")
        return await command(*(params.arguments or ()))

    server.feature(types.WORKSPACE_EXECUTE_COMMAND)(execute)
