"""The baseline: BM25 over windows of 50 lines, with the product's terms."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from measure import DEPTH, Lines

from codeassistd.indexer.terms import query_terms, split_terms
from codeassistd.indexer.walk.content import inspect
from codeassistd.indexer.walk.entry import ContentLimits, FileEntry, Selection
from codeassistd.indexer.walk.scan import scan

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = 50
_K1, _B = 1.2, 0.75


class WindowIndex:
    """All windows of the files that the product indexes, searched exactly."""

    def __init__(self, root: Path) -> None:
        self._windows: list[Lines] = []
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths: list[int] = []
        for entry in scan(root, Selection()):
            if isinstance(entry, FileEntry):
                text = inspect(entry.path, (root / entry.path).read_bytes(), ContentLimits())
                if type(text) is str:
                    self._add(entry.path, text.split("\n"))

    def _add(self, path: str, lines: list[str]) -> None:
        for start in range(0, len(lines), WINDOW):
            terms = Counter(split_terms("\n".join(lines[start : start + WINDOW])))
            if terms:
                for term, count in terms.items():
                    self._postings[term].append((len(self._windows), count))
                self._windows.append(Lines(path, start + 1, start + WINDOW))
                self._lengths.append(terms.total())

    def search(self, query: str) -> list[Lines]:
        """The best windows."""
        mean = sum(self._lengths) / len(self._lengths)
        scores: dict[int, float] = defaultdict(float)
        for term in query_terms(query):
            postings = self._postings.get(term, [])
            rarity = math.log(1 + (len(self._windows) - len(postings) + 0.5) / (len(postings) + 0.5))
            for window, count in postings:
                norm = _K1 * (1 - _B + _B * self._lengths[window] / mean)
                scores[window] += rarity * count * (_K1 + 1) / (count + norm)
        best = sorted(scores, key=lambda window: -scores[window])[:DEPTH]
        return [self._windows[window] for window in best]
