"""What holds for the chunks of any text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.chunk import Chunk, chunk_text

CheckCover = Callable[[str, Sequence[Chunk]], None]

_EXTENSIONS = (
    "py js ts tsx java kt scala c cpp cs go rs rb php swift lua sh ex hs zig md rst json yaml toml html css "
    "sql txt dart jl clj erl"
)
_PATHS = [f"a.{extension}" for extension in _EXTENSIONS.split()]
_CODE = (
    "def f(x):|class A {|}|{|(|)|\"|'|`|/*|*/|//|#|# A|end|do|fn x() {|<|>|[|]|```|===|---|if x:|"
    "else|=|;|,|@a|#[a]|<?php|func |module M where|->"
)
_CHARACTERS = ["\n", "\n\n", "\r\n", "\r", "\t", "  ", "\x00", "\x0c", "\u2028", "\ud800", "é", "|"]
_PIECES = st.sampled_from([*_CODE.split("|"), *_CHARACTERS])
_ODD_TEXT = st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=200)


@given(text=_ODD_TEXT, path=st.sampled_from(_PATHS))
@settings(deadline=None, max_examples=300)
def test_any_text_is_covered_once(text: str, path: str, check_cover: CheckCover) -> None:
    chunks = chunk_text(text, path)
    check_cover(text, chunks)
    assert chunk_text(text, path) == chunks


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_half_typed_code_is_covered_once(
    data: st.DataObject, sources: dict[str, str], check_cover: CheckCover
) -> None:
    name = data.draw(st.sampled_from(sorted(sources)))
    text = sources[name]
    cut_from, cut_to = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    typed = data.draw(_ODD_TEXT)
    for edited in (text[:cut_from] + typed, text[:cut_from] + typed + text[cut_to:], text[cut_from:cut_to]):
        check_cover(edited, chunk_text(edited, name))


@given(data=st.data(), path=st.sampled_from(_PATHS))
@settings(deadline=None, max_examples=100)
def test_any_bytes_are_covered_once(data: st.DataObject, path: str, check_cover: CheckCover) -> None:
    text = data.draw(st.binary(max_size=300)).decode("utf-8", "surrogateescape")
    check_cover(text, chunk_text(text, path))


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "[" * 2_000 + "]" * 2_000,
        "{\n" * 20_000,
        "if x {\n" * 5_000,
        "a\rb\rc",
        "\ufeff",
        "",
        "\n \n",
    ],
    ids=[
        "parentheses",
        "brackets",
        "braces",
        "blocks",
        "carriage returns",
        "byte order mark",
        "empty",
        "blank",
    ],
)
def test_deep_and_empty_texts(path: str, text: str, check_cover: CheckCover) -> None:
    check_cover(text, chunk_text(text, path))


@given(data=st.data(), count=st.integers(1, 120))
@settings(deadline=None, max_examples=150)
def test_an_edit_in_a_function_changes_only_that_function(
    data: st.DataObject, count: int, sources: dict[str, str]
) -> None:
    name = data.draw(st.sampled_from(sorted(name for name in sources if "EDIT" in sources[name])))
    rows = sources[name].split("\n")
    at = next(row for row, line in enumerate(rows) if "EDIT" in line)
    added = [rows[at].replace("EDIT", f"a remark with the number {number}") for number in range(count)]
    before = chunk_text(sources[name], name)
    after = chunk_text("\n".join(rows[:at] + added + rows[at:]), name)
    edited = next(chunk for chunk in before if "EDIT" in chunk.text)
    gone, new = Counter(map(_identity, before)), Counter(map(_identity, after))
    assert list((gone - new).elements()) == [_identity(edited)]
    assert {(symbol, kind) for symbol, kind, _, _ in new - gone} == {(edited.symbol, edited.kind)}


def _identity(chunk: Chunk) -> tuple[str, str, str, str]:
    return chunk.symbol, chunk.kind, chunk.context, chunk.text


def test_line_ends_do_not_matter(sources: dict[str, str]) -> None:
    for name, text in sources.items():
        assert chunk_text(text.replace("\n", "\r\n"), name) == chunk_text(text, name)
