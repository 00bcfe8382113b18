from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.merge import MAX_CONTINUED_LINES, merged
from codeassistd.indexer.search.rank import Ranked
from codeassistd.indexer.store.rows import StoredChunk


def ranked(start: int, end: int, score: float, path: str = "a.py", symbol: str = "") -> Ranked:
    text = "\n".join(f"{path}:{number}" for number in range(start, end + 1))
    return Ranked(
        StoredChunk("", path, start, end, "python", symbol, "function", "", text, None),
        score,
        {"file": score},
    )


def spans(results: list[Ranked], limit: int = 10) -> list[tuple[str, int, int, float]]:
    return [(r.path, r.start_line, r.end_line, r.score) for r in merged(results, limit)]


def test_overlapping_results_become_one_in_the_better_place() -> None:
    assert spans([ranked(1, 5, 0.9), ranked(1, 3, 0.8, "b.py"), ranked(4, 9, 0.7)]) == [
        ("a.py", 1, 9, 0.9),
        ("b.py", 1, 3, 0.8),
    ]


def test_pieces_of_one_symbol_are_joined_and_neighbours_are_not() -> None:
    pieces = [
        ranked(10, 20, 0.9, symbol="f"),
        ranked(21, 30, 0.5, symbol="f"),
        ranked(31, 40, 0.4, symbol="g"),
    ]
    assert spans(pieces) == [("a.py", 10, 30, 0.9), ("a.py", 31, 40, 0.4)]


def test_a_gap_that_closes_later_joins_both_sides() -> None:
    pieces = [ranked(1, 5, 0.9, symbol="f"), ranked(11, 15, 0.8, symbol="f"), ranked(6, 10, 0.7, symbol="f")]
    assert spans(pieces) == [("a.py", 1, 15, 0.9)]


def test_pieces_are_joined_up_to_a_length() -> None:
    pieces = [
        ranked(1, MAX_CONTINUED_LINES, 0.9, symbol="f"),
        ranked(MAX_CONTINUED_LINES + 1, 130, 0.5, symbol="f"),
    ]
    assert len(spans(pieces)) == 2


def test_the_limit_counts_results_after_merging() -> None:
    pieces = [ranked(1, 5, 0.9), ranked(3, 8, 0.8), ranked(1, 2, 0.7, "b.py"), ranked(1, 2, 0.6, "c.py")]
    assert [span[0] for span in spans(pieces, 2)] == ["a.py", "b.py"]


def test_the_better_result_names_the_lines() -> None:
    (result,) = merged([ranked(3, 4, 0.9, symbol="f"), ranked(1, 3, 0.2, symbol="g")], 5)
    assert result.symbol == "f"
    assert result.scores == {"file": 0.9}
    assert result.text == "a.py:1\na.py:2\na.py:3\na.py:4"


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 40), st.integers(0, 8), st.sampled_from(["a", "b"]), st.sampled_from(["", "f"])
        ),
        max_size=15,
    ),
    st.integers(1, 20),
)
def test_no_line_is_given_twice_and_none_is_made_up(
    items: list[tuple[int, int, str, str]], limit: int
) -> None:
    chunks = [ranked(s, s + n, 1 - i / 20, path, symbol) for i, (s, n, path, symbol) in enumerate(items)]
    results = merged(chunks, limit)
    shown = [line for result in results for line in result.text.split("\n")]
    assert len(shown) == len(set(shown))
    assert set(shown) <= {line for item in chunks for line in item.chunk.text.split("\n")}
    assert [r.score for r in results] == sorted((r.score for r in results), reverse=True)
    for result in results:
        assert result.text.split("\n")[0] == f"{result.path}:{result.start_line}"
        assert result.text.count("\n") == result.end_line - result.start_line


IMPORTS = "import time\n\n"
BACKOFF = "# retry(action)\ndef retry(action):\n    return action()"


def _chunk(start: int, text: str, symbol: str, *defines: str) -> Ranked:
    end = start + text.count("\n")
    chunk = StoredChunk("", "a.py", start, end, "python", symbol, "function", "", text, None, defines)
    return Ranked(chunk, 0.5, {})


def test_the_lines_of_the_symbol_itself_are_told() -> None:
    (result,) = merged([_chunk(1, f"{IMPORTS}{BACKOFF}", "retry", "retry")], 5)
    assert (result.start_line, result.symbol_lines) == (1, (4, 5))
    (joined,) = merged([_chunk(3, BACKOFF, "retry", "retry"), _chunk(1, "import retry\n\n", "")], 5)
    assert (joined.start_line, joined.symbol_lines) == (1, (4, 5))
    (first_found_later,) = merged([_chunk(6, "    more()", "retry"), _chunk(3, BACKOFF, "retry", "retry")], 5)
    assert (first_found_later.start_line, first_found_later.symbol_lines) == (3, (4, 5))


def test_lines_without_a_symbol_of_their_own_have_no_symbol_lines() -> None:
    (result,) = merged([_chunk(6, "    more()", "retry")], 5)
    assert result.symbol_lines is None
    (result,) = merged([_chunk(1, "import time", "")], 5)
    assert result.symbol_lines is None
