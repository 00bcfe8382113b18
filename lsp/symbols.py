"""workspace/symbol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from .positions import whole_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..indexer.search.symbols import SymbolMatch
    from .folders import Folder
    from .session import Session
    from .session_server import SessionServer

_MOST_SYMBOLS = 256

_KINDS = {
    "actor": types.SymbolKind.Class,
    "class": types.SymbolKind.Class,
    "constant": types.SymbolKind.Constant,
    "constructor": types.SymbolKind.Constructor,
    "enum": types.SymbolKind.Enum,
    "extension": types.SymbolKind.Namespace,
    "function": types.SymbolKind.Function,
    "impl": types.SymbolKind.Class,
    "init": types.SymbolKind.Constructor,
    "interface": types.SymbolKind.Interface,
    "macro": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "module": types.SymbolKind.Module,
    "namespace": types.SymbolKind.Namespace,
    "object": types.SymbolKind.Object,
    "property": types.SymbolKind.Property,
    "protocol": types.SymbolKind.Interface,
    "section": types.SymbolKind.String,
    "struct": types.SymbolKind.Struct,
    "trait": types.SymbolKind.Interface,
    "type": types.SymbolKind.Class,
    "variable": types.SymbolKind.Variable,
}


def symbol_kind(kind: str) -> types.SymbolKind:
    """LSP's kind for a kind of chunk; a variable when LSP has none like it."""
    return _KINDS.get(kind, types.SymbolKind.Variable)


def register(server: SessionServer, session: Session) -> None:
    """Serve symbols by name, those of all folders, best first."""

    async def symbols(params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
        folders = await session.folders.named(None)
        found = await asyncio.gather(*(_matches(session, folder, params.query) for folder in folders))
        ranked = sorted(
            ((match, folder) for folder, matches in zip(folders, found, strict=True) for match in matches),
            key=lambda each: -each[0].score,
        )
        symbols: dict[tuple[str, int, int, str], types.SymbolInformation] = {}
        for match, folder in ranked:
            uri = session.uri(folder, match.path)
            # A folder inside another has the same symbols again.
            same = (uri, match.start_line, match.end_line, match.name)
            symbols.setdefault(same, _information(uri, match))
        return list(symbols.values())[:_MOST_SYMBOLS]

    server.feature(types.WORKSPACE_SYMBOL)(symbols)


async def _matches(session: Session, folder: Folder, query: str) -> Sequence[SymbolMatch]:
    unsaved = session.unsaved(folder)
    return await session.run(
        lambda cancelled: folder.workspace.symbols(query, _MOST_SYMBOLS, unsaved, cancelled)
    )


def _information(uri: str, match: SymbolMatch) -> types.SymbolInformation:
    lines = whole_lines(match.start_line, match.end_line)
    return types.SymbolInformation(
        location=types.Location(
            uri,
            types.Range(types.Position(**lines["start"]), types.Position(**lines["end"])),
        ),
        name=match.name,
        kind=symbol_kind(match.kind),
        container_name=match.container or None,
    )
