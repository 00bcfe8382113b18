"""What a broken network gives never gets out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.encoder import BrokenModelError, TextEncoder, pad
from codeassistd.models.tokenization import Tokenizer
from codeassistd.models.weights import ModelFiles


class BrokenNetwork:
    """Gives unit vectors, the last row of each batch damaged."""

    lanes = 2
    token_budget = 64

    def __init__(self, damage: float, columns: int = 384) -> None:
        self.damage = damage
        self.columns = columns

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors = np.zeros((len(ids), self.columns), dtype=np.float32)
        vectors[:, 0] = 1.0
        vectors[-1, 5] = self.damage
        return vectors


@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf, 3.0])
@pytest.mark.parametrize("count", [1, 40])
def test_numbers_that_are_no_unit_vectors_raise(
    files: ModelFiles, entry: CatalogEntry, damage: float, count: int
) -> None:
    tokenizer = Tokenizer(files.tokenizer, entry.max_tokens, threads=1)
    encoder = TextEncoder(entry.identity(), tokenizer, BrokenNetwork(damage))
    with pytest.raises(BrokenModelError, match="NaN"):
        encoder.embed(["text"] * count, "document")
    encoder.close()


def test_vectors_of_a_wrong_size_raise(files: ModelFiles, entry: CatalogEntry) -> None:
    tokenizer = Tokenizer(files.tokenizer, entry.max_tokens, threads=1)
    encoder = TextEncoder(entry.identity(), tokenizer, BrokenNetwork(0.0, columns=100))
    with pytest.raises(BrokenModelError, match=r"\(1, 100\), not \(1, 384\)"):
        encoder.embed(["text"], "query")


@pytest.mark.parametrize(("multiple", "most", "width"), [(1, None, 3), (8, None, 8), (8, 5, 5), (2, 2, 3)])
def test_padding_is_rounded_up_within_what_the_model_reads(
    multiple: int, most: int | None, width: int
) -> None:
    ids, mask = pad([[5, 6, 7], [8]], multiple, most)
    assert ids.shape == mask.shape == (2, width)
    assert mask.sum() == 4


def test_padding_is_zero_and_masked() -> None:
    ids, mask = pad([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
