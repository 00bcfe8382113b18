"""Which files a waiting search wants read first."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.pipeline.reading_order import promise, promising_first
from codeassistd.indexer.walk.entry import FileEntry

FILES = {
    "a/alpha.py": "nothing of interest",
    "b/beta.py": "def retry(): ...\n# retries with Backoff",
    "c/gamma.py": "with with with",
    "retries/delta.py": "",
    "d/epsilon.py": "backoff",
}


@pytest.fixture
def entries(tmp_path: Path) -> list[FileEntry]:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return [FileEntry(path, len(text), 0, 0, 0) for path, text in FILES.items()]


def ordered(root: Path, entries: list[FileEntry], query: str, indexed: set[str] | None = None) -> list[str]:
    return [entry.path for entry in promising_first(root, entries, query, indexed or set())]


def test_files_that_mention_the_words_come_first(tmp_path: Path, entries: list[FileEntry]) -> None:
    order = ordered(tmp_path, entries, "how are retries with backoff done")
    assert set(order[:3]) == {"b/beta.py", "retries/delta.py", "d/epsilon.py"}
    assert order[3:] == ["a/alpha.py", "c/gamma.py"]


def test_files_with_stale_rows_come_before_all_others(tmp_path: Path, entries: list[FileEntry]) -> None:
    assert ordered(tmp_path, entries, "backoff", {"c/gamma.py"})[0] == "c/gamma.py"


@pytest.mark.parametrize("query", ["", "?!", "how is it", "\ud800 x", "é" * 5_000])
def test_any_query_orders_all_files(tmp_path: Path, entries: list[FileEntry], query: str) -> None:
    assert sorted(ordered(tmp_path, entries, query)) == sorted(FILES)


def test_a_file_that_went_away_is_judged_by_its_path(tmp_path: Path, entries: list[FileEntry]) -> None:
    (tmp_path / "retries" / "delta.py").unlink()
    assert ordered(tmp_path, entries, "retries")[0] == "retries/delta.py"


_counts = st.lists(st.integers(0, 9), min_size=3, max_size=3)


@given(st.lists(_counts, min_size=1, max_size=8), st.dictionaries(st.integers(0, 7), _counts))
def test_more_mentions_never_make_a_file_less_likely(
    by_path: list[list[int]], inside: dict[int, list[int]]
) -> None:
    inside = {place: counts for place, counts in inside.items() if place < len(by_path)}
    scores = promise(by_path, inside)
    assert len(scores) == len(by_path)
    for place, score in enumerate(scores):
        richer = {**inside, place: [count and count + 1 for count in inside.get(place, [0, 0, 0])]}
        if place in inside:
            assert promise(by_path, richer)[place] >= score - 1e-9
