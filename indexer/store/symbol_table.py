"""All definitions of one revision in memory, looked through by patterns at the speed of one large text."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .symbol_names import SymbolNames

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Hashable, Sequence

_HEADINGS = " > "


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol and the chunk in which its definition begins.

    Attributes:
        symbol: Its path: parts joined by dots, headings by " > ".
        kind: What its chunk is; a chunk may define more than one symbol.
        path: POSIX path relative to the workspace.
        start_line: First line of the chunk, 1-based.
        end_line: Last line, inclusive.
        row: The chunk's row number in the snapshot that gave the table.
    """

    symbol: str
    kind: str
    path: str
    start_line: int
    end_line: int
    row: int


class SymbolTable:
    """Definitions of some chunks, by position. Immutable.

    Args:
        rows: Row numbers of the chunks.
        paths: Their files.
        start_lines: Their first lines.
        end_lines: Their last lines.
        kinds: What they are.
        defines: The symbol paths that each of them defines.
    """

    def __init__(
        self,
        rows: Sequence[int],
        paths: Sequence[str],
        start_lines: Sequence[int],
        end_lines: Sequence[int],
        kinds: Sequence[str],
        defines: Sequence[Sequence[str]],
    ) -> None:
        self._rows, self._paths, self._kinds = rows, paths, kinds
        self._starts, self._ends = start_lines, end_lines
        self._symbols = [symbol for symbols in defines for symbol in symbols]
        self._chunk_of = [chunk for chunk, symbols in enumerate(defines) for _ in symbols]
        lines = [" ".join(symbol.lower().split("\n")).replace(_HEADINGS, ".") for symbol in self._symbols]
        self._text = "\n".join(lines)
        lengths = np.fromiter(map(len, lines), np.int64, len(lines))
        self._line_starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])) if lines else lengths
        self._name_lengths = np.fromiter(
            (len(line) - line.rfind(".") for line in lines), np.int64, len(lines)
        )
        self._names = SymbolNames(self._symbols)
        self._hidden: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._symbols)

    def without(self, paths: Collection[str]) -> SymbolTable:
        """The same table with the definitions of some files hidden."""
        fewer = copy(self)
        fewer._hidden = self._hidden | frozenset(paths)
        return fewer

    def matching(self, pattern: re.Pattern[str]) -> list[int]:
        """Find symbols by a pattern.

        Args:
            pattern: Searched for in the symbol paths, which stand one a line, in lower case, the parts of
                all of them joined by dots; so it should be multi-line and must not match a line end.

        Returns:
            Positions of the symbols that it is found in, ascending.
        """
        begins = np.fromiter((match.start() for match in pattern.finditer(self._text)), np.int64)
        lines = (
            np.unique(np.searchsorted(self._line_starts, begins, side="right") - 1) if len(self) else begins
        )
        return [position for position in lines.tolist() if not self._is_hidden(position)]

    def named(self, name: str) -> list[int]:
        """Positions of the symbols whose last part is exactly this name, ascending. Quick."""
        return [position for position in self._names.positions(name) if not self._is_hidden(position)]

    def symbol(self, position: int) -> str:
        """The symbol path at a position."""
        return self._symbols[position]

    def definition(self, position: int) -> Definition:
        """All about the definition at a position."""
        chunk = self._chunk_of[position]
        return Definition(
            symbol=self._symbols[position],
            kind=self._kinds[chunk],
            path=self._paths[chunk],
            start_line=self._starts[chunk],
            end_line=self._ends[chunk],
            row=self._rows[chunk],
        )

    def in_rows(self, rows: Collection[int]) -> list[Definition]:
        """The definitions that begin in some chunks."""
        chosen = [place for place, chunk in enumerate(self._chunk_of) if self._rows[chunk] in rows]
        return [self.definition(place) for place in chosen if not self._is_hidden(place)]

    def shortest(self, positions: Collection[int], count: int) -> list[int]:
        """Keep so many positions, those with the shortest names: whatever is named exactly is among them."""
        if len(positions) <= count:
            return list(positions)
        among = np.fromiter(positions, np.int64, len(positions))
        chosen: list[int] = among[np.argpartition(self._name_lengths[among], count)[:count]].tolist()
        return chosen

    def by_file(self) -> dict[str, list[int]]:
        """The positions of each file's definitions, in line order."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for position, chunk in enumerate(self._chunk_of):
            found[self._paths[chunk]].append(position)
        return {
            path: sorted(positions, key=lambda position: self._starts[self._chunk_of[position]])
            for path, positions in found.items()
            if path not in self._hidden
        }

    def _is_hidden(self, position: int) -> bool:
        return bool(self._hidden) and self._paths[self._chunk_of[position]] in self._hidden


class SymbolTables:
    """The tables that were used last, for all threads.

    Args:
        keep: How many: about one for each workspace that is open.
    """

    def __init__(self, keep: int = 4) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._tables: OrderedDict[Hashable, SymbolTable] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], SymbolTable]) -> SymbolTable:
        """The table of a key, made when it is not there."""
        with self._lock:
            table = self._tables.get(key)
            if table is not None:
                self._tables.move_to_end(key)
                return table
        table = make()
        with self._lock:
            self._tables[key] = table
            while len(self._tables) > self._keep:
                self._tables.popitem(last=False)
        return table
