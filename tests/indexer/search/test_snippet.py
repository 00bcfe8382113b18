from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.request import SearchResult
from codeassistd.indexer.search.snippet import Located, locate, refreshed, source_lines, stands_at

CHUNK = "def total(lines):\n    net = sum(lines)\n\n    return net * (1 + TAX)"
BEFORE = ["import tax", "", "TAX = 0.19", ""]
AFTER = ["", "", "def other():", "    return None"]
FILE = BEFORE + CHUNK.split("\n") + AFTER
START = len(BEFORE) + 1


def test_unchanged_lines_stay() -> None:
    assert locate(CHUNK, START, FILE) == Located(5, 8, CHUNK)


_lines = st.lists(st.sampled_from(["", "a", "b", "ab", "a b"]), min_size=1, max_size=8)


@given(_lines, _lines, st.integers(1, 10))
def test_lines_stand_where_the_cut_file_has_them(wanted: list[str], lines: list[str], start: int) -> None:
    text = "\n".join(lines)
    expected = lines[start - 1 : start - 1 + len(wanted)] == wanted
    assert stands_at("\n".join(wanted), start, text) is expected


@pytest.mark.parametrize("start", [1, 5, 11, 500])
def test_moved_lines_are_followed(start: int) -> None:
    moved = ["# new"] * 6 + FILE
    assert locate(CHUNK, start, moved) == Located(11, 14, CHUNK)


def test_of_two_copies_the_nearer_one_is_meant() -> None:
    twice = CHUNK.split("\n") + ["#"] * 20 + CHUNK.split("\n")
    assert locate(CHUNK, 4, twice) == Located(1, 4, CHUNK)
    assert locate(CHUNK, 23, twice) == Located(25, 28, CHUNK)


def test_an_edited_chunk_is_shown_as_it_is_now() -> None:
    edited = [line.replace("sum(lines)", "sum(l.amount for l in lines)") for line in ["# new", *FILE]]
    located = locate(CHUNK, START, edited)
    assert located is not None
    assert (located.start_line, located.end_line) == (6, 9)
    assert "l.amount" in located.text


def test_lines_added_inside_are_shown() -> None:
    edited = [*FILE[:6], "    log(net)", *FILE[6:]]
    located = locate(CHUNK, START, edited)
    assert located == Located(5, 9, "\n".join(edited[4:9]))


@pytest.mark.parametrize("lines", [[], [""], ["something", "else"], AFTER, ["def total(lines):"]])
def test_a_chunk_that_is_gone_is_dropped(lines: list[str]) -> None:
    assert locate(CHUNK, START, lines) is None


def test_a_file_is_read_once_and_a_missing_one_drops_its_results() -> None:
    result = SearchResult("a.py", START, START + 3, "python", "function", "total", 0.9, CHUNK)
    reads: list[str] = []

    def read(path: str) -> str | None:
        reads.append(path)
        return "\r\n".join(["", *FILE]) if path == "a.py" else None

    fresh = list(refreshed([result, replace(result, path="gone.py"), result], read))
    assert [(r.path, r.start_line, r.end_line) for r in fresh] == [("a.py", 6, 9)] * 2
    assert reads == ["a.py", "gone.py"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (FILE, (6, 8)),
        (["# new", *FILE], (7, 9)),
        ([*FILE[:5], "    log(lines)", *FILE[5:]], (7, 9)),
        ([line.replace("net = sum(lines)", "net = 0") for line in FILE], None),
    ],
)
def test_the_lines_of_the_symbol_move_with_it(lines: list[str], expected: tuple[int, int] | None) -> None:
    """Here the second line of the chunk stands for the beginning of the definition."""
    result = SearchResult("a.py", START, START + 3, "python", "function", "total", 0.9, CHUNK)
    result = replace(result, symbol_lines=(START + 1, START + 3))
    [fresh] = refreshed([result], lambda _path: "\n".join(lines))
    assert fresh.symbol_lines == expected


def test_lines_are_split_as_chunks_are() -> None:
    assert source_lines("a\r\nb\x0cc\u2028d\n") == ["a", "b\x0cc\u2028d", ""]


LINES = st.lists(
    st.sampled_from(["", "    return x", "}", "x = compute(y)", "y = load(path)", "foo()"]), max_size=12
)


@settings(deadline=None, max_examples=200)
@given(above=LINES, below=LINES, chunk=LINES.filter(any), start=st.integers(1, 30))
def test_edits_around_a_chunk_never_lose_it(
    above: list[str], below: list[str], chunk: list[str], start: int
) -> None:
    lines = above + chunk + below
    located = locate("\n".join(chunk), start, lines)
    assert located is not None
    assert located.text == "\n".join(chunk)
    assert lines[located.start_line - 1 : located.end_line] == chunk


@settings(deadline=None, max_examples=200)
@given(before=LINES, after=LINES, chunk=LINES.filter(any), start=st.integers(1, 30))
def test_what_is_shown_is_always_in_the_file(
    before: list[str], after: list[str], chunk: list[str], start: int
) -> None:
    lines = before + after
    located = locate("\n".join(chunk), start, lines)
    if located is not None:
        assert 1 <= located.start_line <= located.end_line <= len(lines)
        assert located.text == "\n".join(lines[located.start_line - 1 : located.end_line])
