"""A full-text index in memory, for a revision that is searched again and again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .rows import Hit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class HotWords:
    """What each term adds to the BM25 score of each row that has it.

    The formula is the one of LanceDB's full-text index (k1 = 1.2, b = 0.75; rarity as in Lucene), whose
    scores these are. Between compactions that index also counts deleted rows, and this one doesn't, so that
    they differ by some thousandths. Looking up five terms takes a twentieth of what it does there.

    Attributes:
        numbers: Row numbers, ascending, of shape (rows,).
        place_of_term: Which list of rows belongs to a term.
        begins: Where the lists begin, and the last one ends, of shape (terms + 1,).
        places: The lists: positions in `numbers`, int32 of shape (postings,).
        weights: What they add, float32 of shape (postings,).
    """

    numbers: NDArray[np.int64]
    place_of_term: Mapping[str, int]
    begins: NDArray[np.int64]
    places: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, numbers: NDArray[np.int64], texts: pa.ChunkedArray) -> HotWords:
        """Index texts.

        Args:
            numbers: Row numbers, ascending, of shape (rows,).
            texts: Their texts, space-separated terms.
        """
        # One row at least, as there is no dictionary of nothing.
        split = pc.split_pattern(pa.chunked_array([*texts.chunks, pa.array([""])]), " ").combine_chunks()
        rows = np.repeat(np.arange(len(split)), np.diff(split.offsets.to_numpy()))
        encoded = split.flatten().dictionary_encode()
        terms = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy().astype(np.int64)
        keep = codes != (terms.index("") if "" in terms else -1)
        codes, rows = codes[keep], rows[keep]
        lengths = np.bincount(rows, minlength=len(numbers))
        # A row without terms is no document to that index.
        count = max(1, int(np.count_nonzero(lengths)))
        pairs, counts = np.unique(codes * (len(numbers) + 1) + rows, return_counts=True)
        codes, places = np.divmod(pairs, len(numbers) + 1)
        having = np.bincount(codes, minlength=len(terms))
        rarity = np.log1p((count - having + 0.5) / (having + 0.5))
        norm = _K1 * (1 - _B + _B * lengths * count / max(1, lengths.sum()))
        weights = rarity[codes] * counts * (_K1 + 1) / (counts + norm[places])
        return cls(
            numbers,
            {term: place for place, term in enumerate(terms) if term},
            np.searchsorted(codes, np.arange(len(terms) + 1)),
            places.astype(np.int32),
            weights.astype(np.float32),
        )

    def matching(self, terms: Sequence[str], limit: int) -> list[Hit]:
        """The rows that have any of some distinct terms, by their score, best first."""
        scores = np.zeros(len(self.numbers), np.float32)
        for term in terms:
            place = self.place_of_term.get(term)
            if place is not None:
                part = slice(self.begins[place], self.begins[place + 1])
                # A row is in a term's list once, so that nothing is added twice.
                scores[self.places[part]] += self.weights[part]
        found = np.flatnonzero(scores)
        if limit < len(found):
            found = found[np.argpartition(scores[found], -limit)[-limit:]]
        found = found[np.lexsort((found, -scores[found]))]
        return list(map(Hit, self.numbers[found].tolist(), scores[found].tolist()))
