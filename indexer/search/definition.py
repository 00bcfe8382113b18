"""Tells the chunk that defines a symbol from those that only mention it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store.rows import StoredChunk
    from .query import Query

_EXACT_PATH, _EXACT_TAIL, _FOLDED_PATH, _FOLDED_TAIL = 1.0, 0.95, 0.35, 0.3
_NOT_A_TYPE = 0.97
_FURTHER_PIECE = 0.8
"""Share left to a piece of a definition that begins in an earlier chunk."""

_UNPARSED = 0.85
"""A declaration told by its looks, in a file whose syntax is not understood."""

_DECLARATION = (
    r"(?<!\w)(?:class|struct|interface|trait|enum|type|module|def|fn|func|fun|function|sub|#define)[ \t]+"
)
_TYPES = frozenset({"class", "enum", "interface", "module", "object", "struct", "trait", "type"})


def definition_worth(chunk: StoredChunk, query: Query) -> float:
    """Say how well a chunk defines a symbol that the query names.

    The path as it is written counts most, then its last part; any other letter case counts less than both. Of
    the pieces of one definition the one in which it begins counts most.

    Returns:
        0 when it defines none of them, else up to 1.
    """
    if not query.names:
        return 0.0
    begun = _likeness(chunk.defines, query)
    continued = _FURTHER_PIECE * _likeness((chunk.symbol,), query)
    worth = max(begun, continued)
    if not chunk.symbol and not chunk.defines:
        worth = _UNPARSED * any(_looks_declared(chunk.text, name) for name in query.names)
    return worth if chunk.kind in _TYPES else worth * _NOT_A_TYPE


def _likeness(symbols: tuple[str, ...], query: Query) -> float:
    return max((_alike(symbol, name) for symbol in symbols for name in query.names), default=0.0)


def _alike(symbol: str, name: str) -> float:
    if symbol == name:
        return _EXACT_PATH
    if symbol.endswith("." + name):
        return _EXACT_TAIL
    symbol, name = symbol.lower(), name.lower()
    if symbol == name:
        return _FOLDED_PATH
    return _FOLDED_TAIL if symbol.endswith("." + name) else 0.0


def _looks_declared(text: str, name: str) -> bool:
    return name in text and re.search(rf"{_DECLARATION}{re.escape(name)}(?!\w)", text) is not None
