"""Which of several definitions in one chunk a result is named after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .naming import symbol_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .query import Query
    from .rank import Ranked


def named(ranked: Iterable[Ranked], query: Query) -> Iterator[Ranked]:
    """Name chunks of several small definitions after the one whose name answers the query best.

    Args:
        ranked: Chunks, best first; a chunk bears the name of its first definition.
        query: The query.

    Yields:
        The same chunks in the same order.
    """
    for item in ranked:
        symbol = _best(item.chunk.symbol, item.chunk.defines, query)
        yield item if symbol == item.chunk.symbol else replace(item, chunk=replace(item.chunk, symbol=symbol))


def _best(symbol: str, defines: tuple[str, ...], query: Query) -> str:
    if len(defines) < 2:
        return symbol
    names = tuple(dict.fromkeys((symbol, *defines)))
    return names[int(symbol_scores(query.words, names).argmax())]
