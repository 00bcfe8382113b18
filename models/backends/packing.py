"""Texts of a batch end to end, without the padding between them, and the way into attention and back.

All but attention treats a token alone, so that only attention needs a rectangle of texts and tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MULTIPLE = 16
"""Of tokens and of the rectangle's width.

Attention is a quarter faster in rectangles as wide as a multiple of a register's length. An engine keeps
megabytes for each shape that it meets, and takes a millisecond more for one that isn't the last one's.
"""


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """A batch of texts without padding.

    Attributes:
        ids: Token ids, int32 of shape (tokens,); a few zeros at the end belong to no text.
        positions: Place of each token in its text, same shape.
        spread: Which token stands where in the rectangle, int32 of shape (texts, width); 0 where padded.
        joined: Where a token's heads are among the rows of an array (texts, heads, width), int32 of shape
            (tokens, heads).
        mask: 1 for a token and 0 for padding, float32 of shape (texts, width).
    """

    ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    spread: NDArray[np.int32]
    joined: NDArray[np.int32]
    mask: NDArray[np.float32]


def pack(ids: NDArray[np.int32], mask: NDArray[np.float32], heads: int) -> PackedBatch:
    """Leave out the padding.

    Args:
        ids: Token ids of shape (texts, tokens).
        mask: Same shape, 1 for a token and 0 for padding.
        heads: Attention heads of the model.
    """
    texts, columns = ids.shape
    width = _up(columns)
    text, position = np.nonzero(mask)
    count = len(text)
    total = _up(max(count, 1))
    packed_ids, positions = np.zeros((2, total), dtype=np.int32)
    packed_ids[:count] = ids[text, position]
    positions[:count] = position
    spread = np.zeros((texts, width), dtype=np.int32)
    spread[text, position] = np.arange(count, dtype=np.int32)
    wide_mask = np.zeros((texts, width), dtype=np.float32)
    wide_mask[:, :columns] = mask
    joined = np.zeros((total, heads), dtype=np.int32)
    joined[:count] = (text[:, None] * heads + np.arange(heads)) * width + position[:, None]
    return PackedBatch(packed_ids, positions, spread, joined, wide_mask)


def _up(count: int) -> int:
    return -(-count // _MULTIPLE) * _MULTIPLE
