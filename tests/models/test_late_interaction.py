from __future__ import annotations

from concurrent.futures import CancelledError

import numpy as np
import pytest

from codeassistd.models.late_interaction import LateInteractionReranker
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.token_features import FEATURES, passage_features, rarity

ADD = "def add(first, second):\n    return first + second"
READ = "def readConfigFile(path):\n    return open(path).read()"


@pytest.fixture(scope="module")
def reranker() -> LateInteractionReranker:
    loaded = load_reranker(RerankerRequest())
    assert isinstance(loaded, LateInteractionReranker)
    return loaded


def test_the_passage_that_answers_has_the_highest_score(reranker: LateInteractionReranker) -> None:
    scores = reranker.score("read the config file", [ADD, READ, "the cat sat on the mat"])
    assert scores.dtype == np.float32
    assert scores.argmax() == 1
    assert ((scores > 0) & (scores < 1)).all()


def test_a_score_does_not_depend_on_the_other_passages(reranker: LateInteractionReranker) -> None:
    alone = reranker.score("add two numbers", [ADD])
    among = reranker.score("add two numbers", [READ] * 70 + [ADD])
    assert among[-1] == pytest.approx(alone[0], abs=1e-6)


def test_odd_passages_have_scores(reranker: LateInteractionReranker) -> None:
    odd = ["", " \n\t", "\ud800", "\0", "x" * 10_000_000, "a b\n" * 2_500_000, "🙂" * 1000, "NaN"]
    scores = reranker.score("a query \udfff", odd)
    assert scores.shape == (len(odd),)
    assert np.isfinite(scores).all()
    assert scores[0] == scores[1] == 0


def test_nothing_is_found_for_a_query_without_words(reranker: LateInteractionReranker) -> None:
    assert reranker.score("", [ADD, READ]).tolist() == [0, 0]
    assert reranker.score("query", []).shape == (0,)


def test_it_stops_when_nobody_waits(reranker: LateInteractionReranker) -> None:
    with pytest.raises(CancelledError):
        reranker.score("query", [ADD], lambda: True)


def test_features_are_shares_of_the_query() -> None:
    table = np.eye(3_000, dtype=np.float32)
    asked = [2_500, 2_600]
    filler = [2_000] * 100
    together, apart, none = passage_features(
        asked, [[*filler, *asked], [2_500, *filler, 2_600], filler], table
    )
    column = {name: at for at, name in enumerate(FEATURES)}
    assert together[column["likeness"]] == pytest.approx(1)
    assert together[column["exact"]] == pytest.approx(1)
    assert together[column["near"]] == pytest.approx(1)
    assert together[column["head"]] == 0
    assert apart[column["exact"]] == pytest.approx(1)
    assert apart[column["near"]] < 0.6
    assert not none.any()


def test_rare_words_say_more_than_frequent_ones_and_marks() -> None:
    mark, frequent, rare = rarity(np.array([1_000, 1_996, 30_000]), 30_522)
    assert 0 < mark <= frequent < rare <= 1
