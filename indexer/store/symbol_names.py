"""Looks definitions up by their exact names; made when it is first asked, in 16 bytes a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class SymbolNames:
    """The positions of symbols by the last parts of their paths. For any thread.

    Args:
        symbols: Symbol paths, parts joined by dots.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = symbols
        self._index: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def positions(self, name: str) -> list[int]:
        """Positions of the symbols with exactly this last part, ascending."""
        hashes, order = self._sorted()
        wanted = hash(name)
        begin, end = np.searchsorted(hashes, wanted, "left"), np.searchsorted(hashes, wanted, "right")
        found: list[int] = order[begin:end].tolist()
        return [place for place in found if self._symbols[place].rpartition(".")[2] == name]

    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        # Two threads may both make it: they make the same.
        if self._index is None:
            tails = (hash(symbol.rpartition(".")[2]) for symbol in self._symbols)
            hashes = np.fromiter(tails, np.int64, len(self._symbols))
            order = np.argsort(hashes, kind="stable")
            self._index = hashes[order], order.astype(np.int64)
        return self._index
