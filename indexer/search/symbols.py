"""Finds definitions by what someone types of their names."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from .prior import path_prior
from .request import EVERYWHERE
from .symbol_lines import definition_lines
from .symbol_ranking import SymbolQuery, patterns, split_symbol, worth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...models.roles import Embedder
    from ..store.rows import Snapshot
    from ..store.symbol_table import Definition, SymbolTable

_ENOUGH = 500
_ENOUGH_PER_RESULT = 5
"""Looser ways to match are tried while there are fewer symbols than these."""

_MOST_RANKED = 2_000
"""Of more symbols that match, those with the shortest names are looked at."""

_MEANT = 0.45
"""Worth of the chunk nearest in meaning: less than a name that holds what was typed."""

_ALSO_MEANT = 0.03
_FEWEST_LETTERS = 3
"""Shorter queries have no meaning to go by."""


@dataclass(frozen=True, slots=True)
class SymbolMatch:
    """A definition whose name answers a symbol query.

    Attributes:
        name: The last part of its symbol path.
        container: What comes before that; "" when nothing does.
        kind: Kind of its chunk: function, class, method, …
        path: POSIX path relative to the workspace.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        score: 0 to 1; higher is better.
    """

    name: str
    container: str
    kind: str
    path: str
    start_line: int
    end_line: int
    score: float


def find_symbols(
    snapshot: Snapshot, query: str, limit: int, embedder: Embedder | None = None
) -> list[SymbolMatch]:
    """Find definitions by name.

    Args:
        snapshot: The revision to look in.
        query: Some letters of a name, perhaps after its container and a dot. An empty one gives the first
            definitions of each file.
        limit: How many at most.
        embedder: The model of the snapshot's vectors: definitions near the query in meaning then follow those
            that are named like it. None goes by names alone.

    Returns:
        Best first; of one symbol that is defined in several places, each place.
    """
    if limit < 1:
        return []
    wanted = SymbolQuery.of(query)
    if wanted is None and query.strip():
        return []
    tables = snapshot.symbol_tables()
    if wanted is None:
        return _matches(snapshot, _of_each_file(tables, limit))
    found = _named(tables, wanted, limit)
    if embedder is not None and len(wanted.letters) >= _FEWEST_LETTERS:
        likeness = _likeness(snapshot, embedder, query, limit)
        _add_meant(found, tables, likeness)
    best = nsmallest(limit, found.items(), key=lambda item: (-item[1], *_order(item[0])))
    return _matches(snapshot, best)


def _named(tables: Iterable[SymbolTable], query: SymbolQuery, limit: int) -> dict[Definition, float]:
    """The definitions whose name answers, with their worth."""
    found: dict[Definition, float] = {}
    expressions = patterns(query)
    enough = max(_ENOUGH, _ENOUGH_PER_RESULT * limit)
    for table in tables:
        places: set[int] = set()
        for expression in expressions:
            places.update(table.matching(expression))
            if len(places) >= enough:
                break
        definitions = map(table.definition, table.shortest(places, _MOST_RANKED))
        scored = ((each, worth(query, each.symbol, each.kind, each.path)) for each in definitions)
        found.update(nlargest(limit, ((each, score) for each, score in scored if score), key=lambda e: e[1]))
    return found


def _likeness(snapshot: Snapshot, embedder: Embedder, query: str, limit: int) -> dict[int, float]:
    """The rows nearest in meaning, as shares of the nearest one's cosine."""
    vector = np.asarray(embedder.embed([query], "query")[0], np.float32)
    hits = [hit for hit in snapshot.nearest(vector, limit, EVERYWHERE).result() if hit.score > 0]
    return {hit.row: hit.score / hits[0].score for hit in hits}


def _add_meant(
    found: dict[Definition, float], tables: Iterable[SymbolTable], likeness: Mapping[int, float]
) -> None:
    """Add definitions near in meaning, and favour those that are both."""
    for table in tables:
        for each in table.in_rows(likeness.keys()):
            share, named = likeness[each.row], found.get(each, 0.0)
            found[each] = min(1.0, named + _ALSO_MEANT * share) if named else _MEANT * share


def _of_each_file(tables: Sequence[SymbolTable], limit: int) -> list[tuple[Definition, float]]:
    """The first definition of each file, then the second of each, and so on; implementations first."""
    files = [(table, path, places) for table in tables for path, places in table.by_file().items()]
    most = 1 if len(files) >= limit else limit
    ranked = (
        ((nth, -path_prior(path, frozenset()), path), table, place)
        for table, path, places in files
        for nth, place in enumerate(places[:most])
    )
    first = nsmallest(limit, ranked, key=itemgetter(0))
    return [(table.definition(place), 0.0) for _, table, place in first]


def _order(each: Definition) -> tuple[int, str, int, str]:
    return len(each.symbol), each.path, each.start_line, each.symbol


def _matches(snapshot: Snapshot, best: Sequence[tuple[Definition, float]]) -> list[SymbolMatch]:
    """Give each definition its own lines, not those of its chunk."""
    rows = list(dict.fromkeys(each.row for each, _ in best))
    lines = {row: definition_lines(chunk) for row, chunk in zip(rows, snapshot.chunks(rows), strict=True)}
    found = []
    for each, score in best:
        container, name = split_symbol(each.symbol, each.kind)
        start, end = lines[each.row].get(each.symbol, (each.start_line, each.end_line))
        found.append(SymbolMatch(name, container, each.kind, each.path, start, end, score))
    return found
