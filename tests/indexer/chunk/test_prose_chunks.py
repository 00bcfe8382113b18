"""Documents by heading, anything else by size."""

from __future__ import annotations

import pytest

from codeassistd.indexer.chunk import chunk_text
from codeassistd.indexer.chunk.headings import headings
from codeassistd.indexer.chunk.lines import Lines

_LONG = "word " * 40


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("markdown", "# A\n\n## B ##\n#c\n#\n", [(0, 1, "A"), (2, 2, "B"), (4, 1, "")]),
        ("markdown", "```sh\n# no\n```\n# yes\n", [(3, 1, "yes")]),
        ("markdown", "````\n```\n# no\n````\n# yes\n", [(4, 1, "yes")]),
        ("markdown", "~~~\n```\n# no\n~~~\n# yes\n", [(4, 1, "yes")]),
        ("markdown", "```\n# never closed\n", []),
        ("markdown", "A\n===\n\nB\n---\n", [(0, 1, "A"), (3, 2, "B")]),
        ("markdown", "---\ntitle: x\n---\n# A\n", [(3, 1, "A")]),
        ("markdown", "text\n\n---\n\n| a |\n| --- |\n", []),
        (
            "restructuredtext",
            "=====\nTitle\n=====\n\nA\n-\n\nPart\n----\n",
            [(0, 1, "Title"), (7, 2, "Part")],
        ),
        ("asciidoc", "= A\n\n== B\n", [(0, 1, "A"), (2, 2, "B")]),
        ("org", "* A\n** B\n", [(0, 1, "A"), (1, 2, "B")]),
    ],
)
def test_headings(language: str, text: str, expected: list[tuple[int, int, str]]) -> None:
    found = headings(Lines(text), language)
    assert [(heading.row, heading.level, heading.title) for heading in found] == expected


def test_sections_carry_the_path_of_headings() -> None:
    text = (
        f"intro {_LONG}\n\n# Guide\n{_LONG}\n\n## Install\n{_LONG}\n\n### Linux\n{_LONG}\n\n## Use\n{_LONG}\n"
    )
    assert [
        (chunk.start_line, chunk.end_line, chunk.kind, chunk.symbol) for chunk in chunk_text(text, "a.md")
    ] == [
        (1, 1, "section", ""),
        (3, 4, "section", "Guide"),
        (6, 7, "section", "Guide > Install"),
        (9, 10, "section", "Guide > Install > Linux"),
        (12, 13, "section", "Guide > Use"),
    ]


def test_a_heading_without_text_joins_what_is_below_it() -> None:
    text = f"# API\n\n## Search\n{_LONG}\n\n## Note\nshort\n\n# End\n{_LONG}\n"
    assert [(chunk.start_line, chunk.symbol, chunk.defines) for chunk in chunk_text(text, "a.md")] == [
        (1, "API > Search", ("API", "API > Search")),
        (6, "API > Note", ("API > Note",)),
        (9, "End", ("End",)),
    ]


def test_text_is_cut_at_blank_lines() -> None:
    paragraph = f"{_LONG}\n{_LONG}\n{_LONG}\n"
    chunks = chunk_text("\n".join([paragraph] * 12), "a.txt")
    assert len(chunks) > 3
    assert {(chunk.end_line - chunk.start_line + 1) % 4 for chunk in chunks} == {3}
    assert {chunk.kind for chunk in chunks} == {"block"}


def test_cuts_fall_on_the_same_lines_after_an_insertion() -> None:
    rows = [f'  "key{number}": "{number * 7919 % 1000}",' for number in range(1200)]
    before = {chunk.text for chunk in chunk_text("\n".join(["{", *rows, "}"]), "a.json")}
    after = {
        chunk.text
        for chunk in chunk_text("\n".join(["{", *rows[:10], '  "new": 1,', *rows[10:], "}"]), "a.json")
    }
    assert len(before) > 10
    assert len(after - before) <= len(before) // 2


def test_one_long_line_is_one_chunk() -> None:
    line = "a" * 50_000
    assert [chunk.text for chunk in chunk_text(f"{line}\n{line}\n", "a.txt")] == [line, line]
