"""Batches without padding: every token is found again, and so is every row that attention reads and makes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.backends.packing import pack
from codeassistd.models.encoder import pad

batches = st.lists(st.lists(st.integers(1, 30_000), max_size=40), min_size=1, max_size=6).filter(any)


@given(batches, st.sampled_from([1, 8]), st.sampled_from([1, 3, 12]))
def test_every_token_has_its_place(rows: list[list[int]], multiple: int, heads: int) -> None:
    ids, mask = pad(rows, multiple)
    packed = pack(ids, mask, heads)
    assert len(packed.ids) == len(packed.positions) == len(packed.joined)
    texts, width = packed.spread.shape
    assert packed.mask.sum() == sum(map(len, rows))
    for text, row in enumerate(rows):
        tokens = packed.spread[text, : len(row)]
        assert packed.ids[tokens].tolist() == row
        assert packed.positions[tokens].tolist() == list(range(len(row)))
        assert packed.mask[text].tolist() == [1.0] * len(row) + [0.0] * (width - len(row))
        # What attention makes has rows (text, head, place).
        made = np.arange(texts * heads * width).reshape(texts, heads, width)
        assert np.array_equal(packed.joined[tokens], made[text, :, : len(row)].T)


@given(batches)
def test_shapes_are_few_and_little_is_added(rows: list[list[int]]) -> None:
    packed = pack(*pad(rows), heads=2)
    longest, total = max(map(len, rows)), sum(map(len, rows))
    assert packed.spread.shape[1] % 16 == 0
    assert packed.spread.shape[1] - longest < 16
    assert len(packed.ids) % 16 == 0
    assert len(packed.ids) - total < 16


def test_a_batch_without_tokens_has_a_shape_all_the_same() -> None:
    packed = pack(np.zeros((2, 3), np.int32), np.zeros((2, 3), np.float32), heads=2)
    assert packed.ids.tolist() == [0] * 16
    assert packed.spread.shape == packed.mask.shape == (2, 16)
    assert not packed.mask.any()
