from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.search.similar import similar
from codeassistd.models.errors import UsageError

if TYPE_CHECKING:
    from codeassistd.models.roles import Embedder

    from .conftest import MemorySnapshot

POLICY = "billing/retry_policy.rb"


def test_code_like_the_lines_comes_first_without_the_lines_themselves(snapshot: MemorySnapshot) -> None:
    response = similar(snapshot, None, POLICY, (1, 18), limit=3)
    assert response.results[0].path in {"spec/billing/retry_policy_spec.rb", "examples/retry_demo.rb"}
    assert all(result.path != POLICY for result in response.results)
    assert [r.score for r in response.results] == sorted((r.score for r in response.results), reverse=True)


def test_other_parts_of_the_same_file_may_be_similar(snapshot: MemorySnapshot) -> None:
    response = similar(snapshot, None, POLICY, (10, 10), limit=5)
    assert POLICY in {result.path for result in response.results}
    assert not any(r.path == POLICY and r.start_line <= 10 <= r.end_line for r in response.results)


def test_a_blank_line_stands_for_the_nearest_code(snapshot: MemorySnapshot) -> None:
    blank = similar(snapshot, None, "docs/retries.md", (5, 5), limit=4)
    assert blank.results == similar(snapshot, None, "docs/retries.md", (6, 6), limit=4).results


def test_filter_limit_and_current_lines_hold(snapshot: MemorySnapshot, corpus: dict[str, str]) -> None:
    files = {path: "\n" + text for path, text in corpus.items() if path != "examples/retry_demo.rb"}
    where = SearchFilter(languages=("ruby",))
    response = similar(snapshot, None, POLICY, (1, 3), 2, where, files.get)
    assert len(response.results) == 2
    for result in response.results:
        assert result.language == "ruby"
        assert result.text == "\n".join(
            files[result.path].split("\n")[result.start_line - 1 : result.end_line]
        )


def test_lines_without_a_vector_are_embedded_when_there_is_a_model(
    snapshot: MemorySnapshot, embedder: Embedder
) -> None:
    fresh = replace(
        snapshot,
        stored=[replace(c, vector=None) if c.path == POLICY else c for c in snapshot.stored],
    )
    expected = similar(snapshot, None, POLICY, (1, 3), limit=1).results[0]
    assert similar(fresh, embedder, POLICY, (1, 3), limit=1).results[0].path == expected.path
    with pytest.raises(UsageError, match="not embedded yet"):
        similar(fresh, None, POLICY, (1, 3))


@pytest.mark.parametrize(
    ("path", "lines", "limit", "said"),
    [
        ("no/such.py", (1, 1), 5, "not in the index"),
        (POLICY, (0, 3), 5, "no range"),
        (POLICY, (4, 3), 5, "no range"),
        (POLICY, (999, 999), 5, "no line 999"),
        (POLICY, (1, 1), 0, "0 results"),
    ],
)
def test_bad_places_are_refused(
    snapshot: MemorySnapshot, path: str, lines: tuple[int, int], limit: int, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        similar(snapshot, None, path, lines, limit)
    assert caught.value.hint
