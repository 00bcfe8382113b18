"""Tells the chunk that defines a symbol from those that only mention it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store.rows import StoredChunk
    from .query import Query

_DECLARING = (
    "class|struct|interface|trait|enum|union|protocol|extension|object|record|module|namespace|package|defmodule|"
    "type|typedef|typealias|data|newtype|impl|actor|annotation|macro_rules!|"
    "def|defp|defmacro|fn|func|fun|function|sub|let|const|var|val|#define"
)
_EXACT_PATH, _EXACT_TAIL, _FOLDED_PATH, _FOLDED_TAIL = 1.0, 0.95, 0.6, 0.55
_FURTHER_PIECE = 0.8
"""Share left to a piece of a definition without the line that declares it."""

_PACKED = 0.85
"""A small definition whose chunk is named for a neighbour or for what encloses it."""

_NOT_A_TYPE = 0.97
_TYPES = frozenset({"class", "enum", "interface", "module", "object", "struct", "trait", "type"})


def definition_worth(chunk: StoredChunk, query: Query) -> float:
    """Say how well a chunk defines a symbol that the query names.

    The path as it is written counts most, then its last part; any other letter case counts less than both. Of
    the pieces of one definition the one that declares it counts most.

    Returns:
        0 when it defines none of them, else up to 1.
    """
    worth = max((_symbol_worth(chunk, name) for name in query.names), default=0.0)
    return worth if chunk.kind in _TYPES else worth * _NOT_A_TYPE


def _symbol_worth(chunk: StoredChunk, name: str) -> float:
    owner, _, tail = name.rpartition(".")
    declares = tail in chunk.text and _declaration(tail).search(chunk.text) is not None
    likeness = _likeness(chunk.symbol, name)
    if likeness:
        return likeness if declares else likeness * _FURTHER_PIECE
    return _PACKED if declares and (not owner or owner in (chunk.symbol, chunk.context)) else 0.0


def _likeness(symbol: str, name: str) -> float:
    if symbol == name:
        return _EXACT_PATH
    if symbol.endswith("." + name):
        return _EXACT_TAIL
    symbol, name = symbol.lower(), name.lower()
    if symbol == name:
        return _FOLDED_PATH
    return _FOLDED_TAIL if symbol.endswith("." + name) else 0.0


@lru_cache(maxsize=256)
def _declaration(name: str) -> re.Pattern[str]:
    """A line that declares a name in one of many languages: keyword, maybe receiver or owner, name."""
    return re.compile(
        rf"^(?![ \t]*(?:[*]|//|/[*]|--|\#(?!define)))[^\n]*?(?<![\w$])(?:{_DECLARING})[ \t]+"
        rf"(?:\([^()\n]*\)[ \t]*)?(?:[\w.:]+[.:])?{re.escape(name)}(?![\w$])",
        re.MULTILINE,
    )
