"""Group texts into batches that waste little on padding."""

from __future__ import annotations

from collections.abc import Sequence


def plan_batches(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Put texts of similar length together, within a budget of padded tokens.

    Args:
        lengths: Number of tokens of each text.
        token_budget: Most padded tokens in a batch (longest text of the batch x number of texts). A text
            longer than the budget gets a batch of its own.

    Returns:
        Batches of positions in ``lengths``, the longest texts first; every position is in exactly one.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        longest = max(lengths[order[start]], 1)
        size = max(token_budget // longest, 1)
        batches.append(order[start : start + size])
        start += size
    return batches
