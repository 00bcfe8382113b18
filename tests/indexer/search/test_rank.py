from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.query import parse_query
from codeassistd.indexer.search.rank import Ranked, rank
from codeassistd.indexer.search.signals import Candidate
from codeassistd.indexer.store.rows import StoredChunk


def candidate(
    path: str, cosine: float | None = 0.3, keyword: float = 1.0, symbol: str = "", n: int = 0
) -> Candidate:
    chunk = StoredChunk(
        f"{path}#{n}", path, n + 1, n + 1, "python", symbol, "function", "", "retry policy", None
    )
    return Candidate(chunk, cosine, keyword)


def order(query: str, *candidates: Candidate) -> list[str]:
    return [item.chunk.id for item in rank(parse_query(query), candidates)]


def test_nothing_gives_nothing() -> None:
    assert rank(parse_query("x"), []) == []


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (candidate("a.py", cosine=0.6), candidate("b.py", cosine=0.4)),
        (candidate("a.py", cosine=0.4), candidate("b.py", cosine=None)),
        (candidate("a.py", keyword=9), candidate("b.py", keyword=3)),
        (candidate("retry_policy.py"), candidate("b.py")),
        (candidate("a.py", symbol="RetryPolicy"), candidate("b.py", symbol="Other")),
        (candidate("src/a.py"), candidate("tests/a.py")),
        (candidate("src/a.py"), candidate("docs/a.md")),
    ],
)
def test_each_signal_counts(better: Candidate, worse: Candidate) -> None:
    assert order("retry policy", worse, better) == [better.chunk.id, worse.chunk.id]


def test_a_file_that_answers_twice_comes_before_one_that_answers_once() -> None:
    twice = [candidate("a.py", n=1), candidate("a.py", n=2)]
    assert order("retry", candidate("b.py", cosine=0.31), *twice)[0] == "a.py#1"


def test_one_file_does_not_fill_the_list() -> None:
    many = [candidate("a.py", cosine=0.6 - n / 100, n=n) for n in range(5)]
    assert "b.py#0" in order("retry", *many, candidate("b.py", cosine=0.55))[:3]


candidates_ = st.lists(
    st.builds(
        candidate,
        st.sampled_from(["a.py", "src/retry.py", "tests/test_retry.py", "docs/x.md"]),
        st.none() | st.floats(-1, 1),
        st.floats(0, 50),
        st.sampled_from(["", "Retry", "retry", "Policy.retry"]),
        st.integers(0, 30),
    ),
    max_size=25,
    unique_by=lambda c: c.chunk.id,
)
queries = st.sampled_from(
    ["retry", "Retry", "how does the retry policy work", "Policy.retry", "tests of retry"]
)


@settings(deadline=None, max_examples=150)
@given(queries, candidates_)
def test_every_candidate_is_ranked_once_with_scores_in_range(query: str, found: list[Candidate]) -> None:
    ranked = rank(parse_query(query), found)
    assert sorted(item.chunk.id for item in ranked) == sorted(item.chunk.id for item in found)
    scores = [item.score for item in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 + 1e-6 for score in scores)


@settings(deadline=None, max_examples=150)
@given(queries, candidates_, st.randoms())
def test_the_order_of_discovery_does_not_matter(query: str, found: list[Candidate], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def scores(items: list[Ranked]) -> dict[str, float]:
        return {item.chunk.id: round(item.score, 5) for item in items}

    best = {c.chunk.path: c for c in found}
    if len(best) == len(found):  # equal chunks of one file may take each other's place
        assert scores(rank(parse_query(query), found)) == scores(rank(parse_query(query), shuffled))


@settings(deadline=None, max_examples=100)
@given(candidates_.filter(bool), st.integers(0, 24))
def test_a_nearer_chunk_never_falls_behind_in_its_file(found: list[Candidate], which: int) -> None:
    query = parse_query("how does the retry policy work")
    chosen = found[which % len(found)]
    raised = [replace(c, cosine=1.0) if c is chosen else c for c in found]

    def place(items: list[Candidate]) -> int:
        same = [r.chunk.id for r in rank(query, items) if r.chunk.path == chosen.chunk.path]
        return same.index(chosen.chunk.id)

    assert place(raised) <= place(found)
