from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.models.batching import plan_batches

lengths_of_texts = st.lists(st.integers(0, 512), max_size=200)


@given(lengths_of_texts, st.integers(1, 4_096))
@settings(deadline=None, max_examples=200)
def test_every_text_once_within_the_budget_longest_first(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    flat = [position for batch in batches for position in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[position] for position in flat] == sorted(lengths, reverse=True)
    for batch in batches:
        assert batch
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= budget


@given(lengths_of_texts, st.integers(1, 4_096))
@settings(deadline=None, max_examples=200)
def test_no_batch_could_have_taken_the_next_text(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    for batch in batches[:-1]:
        longest = max(1, *(lengths[position] for position in batch))
        assert (len(batch) + 1) * longest > budget
