from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.search.bm25 import (
    TermStatistics,
    WordCounts,
    highest_rarity,
    recovered,
)

TERMS = ("http", "retry", "adapter", "the")
TEXTS = 10_000


def text(rng: random.Random) -> WordCounts:
    found = [term for term in TERMS if rng.random() < 0.5 for _ in range(rng.randint(1, 6))]
    return WordCounts.of(" ".join([*found, *["other"] * rng.randint(5, 300)]))


@given(seed=st.integers(0, 2**32), mean=st.floats(40, 400), data=st.data())
def test_statistics_are_recovered_from_the_scores_of_enough_hits(
    seed: int, mean: float, data: st.DataObject
) -> None:
    rarities = {term: data.draw(st.floats(0.1, highest_rarity(TEXTS))) for term in TERMS}
    true = TermStatistics(rarities, mean)
    rng = random.Random(seed)
    hits = [hit for hit in (text(rng) for _ in range(60)) if true.score(hit) > 0]
    found = recovered(TERMS, [(true.score(hit), hit) for hit in hits], TEXTS)
    assert found.rarity.keys() == set(TERMS)
    for _ in range(20):
        unseen = text(rng)
        assert found.score(unseen) == pytest.approx(true.score(unseen), rel=0.02, abs=0.02)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 3))
def test_few_hits_are_explained_at_least_themselves(seed: int, count: int) -> None:
    true = TermStatistics({"http": 6.0, "retry": 2.0}, 120.0)
    rng = random.Random(seed)
    hits = [hit for hit in (text(rng) for _ in range(count)) if true.score(hit) > 0]
    found = recovered(("http", "retry"), [(true.score(hit), hit) for hit in hits], TEXTS)
    assert found.mean_length > 0
    for hit in hits:
        assert found.score(hit) == pytest.approx(true.score(hit), rel=0.15)


def test_terms_that_no_hit_has_are_left_open() -> None:
    hit = WordCounts.of("http http other")
    assert recovered(("http", "retry"), [(3.0, hit)], TEXTS).rarity.keys() == {"http"}
    assert recovered(("retry",), [], TEXTS).rarity == {}
    assert TermStatistics({}, 1.0).score(hit) == 0
