from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.lsp import actions
from codeassistd.lsp.action_tasks import Source, Task, documentation_in, lines_written, task_of
from codeassistd.lsp.comments import is_comment
from codeassistd.lsp.documents import Documents
from codeassistd.lsp.folders import Folder
from codeassistd.lsp.generation_protocol import ActionParams
from codeassistd.lsp.generation_service import InlineText
from codeassistd.lsp.inline_cache import InlineCache
from codeassistd.lsp.recent_edits import RecentEdits, changed_lines
from codeassistd.lsp.replacement import fitted
from codeassistd.lsp.text_buffer import TextBuffer
from codeassistd.models.errors import CodeassistdError

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "d\n"]), max_size=8)
CODE = st.text(alphabet="ab()\n é😀", max_size=12)


@pytest.mark.parametrize(
    ("text", "indent", "expected"),
    [
        ("\n\na\n\n", "", "a\n"),
        ("a\n  b", "    ", "    a\n      b\n"),
        ("    a\n    b\n", "", "a\nb\n"),
        ("def f():\n    x", "    ", "    def f():\n        x\n"),
        ("def f():\n        x", "    ", "    def f():\n        x\n"),
        ("a\n    b", "    ", "    a\n    b\n"),
        ("f() {\n        x\n    }", "    ", "    f() {\n        x\n    }\n"),
        ("\ta\n\t\tb\nc", "", "a\n\tb\nc\n"),
        ("a\r\n\r\n  b\t", "\t", "\ta\n\n\t  b\n"),
        ("", "  ", ""),
    ],
)
def test_text_is_indented_as_what_it_replaces(text: str, indent: str, expected: str) -> None:
    assert fitted(text, indent, "\n") == expected
    assert fitted(text, indent, "\r\n") == expected.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("row", "language", "expected"),
    [
        ("  # a", "python", True),
        ("*args,", "python", False),
        (" * a", "java", True),
        ("*pointer = 1;", "c", False),
        ("#include <a>", "c", False),
        ("#[test]", "rust", False),
        ("#!/bin/sh", "bash", False),
        ("-- a", "lua", True),
        ("<!-- a -->", "html", True),
        ("a", "text", False),
    ],
)
def test_comments_are_told_by_how_they_begin(row: str, language: str, expected: bool) -> None:
    assert is_comment(row, language) is expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ('    """A."""\n    pass', "python", '    """A."""'),
        ("// A.\n// B.\nint f();", "c", "// A.\n// B."),
        ("\n/**\n A\n */\nint f();", "java", "/**\n A\n */"),
        ("int f();", "c", None),
        ("/* open", "c", None),
        ("'one'", "python", None),
    ],
)
def test_documentation_is_taken_out_of_an_answer(text: str, language: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(CodeassistdError):
            documentation_in(text, language)
    else:
        assert documentation_in(text, language) == expected


def test_a_text_without_a_last_line_end_stays_so() -> None:
    source = Source.of("a\nb", "python")
    assert lines_written(Task("", 1, 2, ""), "c\n", source) == "c"
    assert lines_written(Task("", 2, 2, ""), "c", source) == "\nc\n"
    assert lines_written(Task("", 0, 0, ""), "c", source) == "c\n"


@given(CODE, st.integers(0, 20), st.integers(0, 20), st.sampled_from(actions.KINDS))
def test_a_task_stays_inside_the_text(text: str, first: int, last: int, kind: str) -> None:
    source = Source.of(text, "python")
    assert "".join(source.rows) == text
    try:
        task = task_of(ActionParams(kind, "", 1, first, last), source)
    except CodeassistdError:
        return
    assert 0 <= task.first <= task.last <= len(source.rows)


@given(CODE, CODE, CODE, st.data())
def test_what_is_left_of_a_completion_leads_to_the_same_text(
    before: str, written: str, after: str, data: Any
) -> None:
    replaced = data.draw(st.integers(0, len(after.split("\n", maxsplit=1)[0])))
    cache = InlineCache()
    cache.keep("u", before + after, len(before), InlineText(written, replaced))
    typed = data.draw(st.integers(0, len(written)))
    now = before + written[:typed]
    is_known, rest = cache.find("u", now + after, len(now))
    assert is_known is (typed < len(written))
    if rest is not None:
        assert now + rest.text + after[rest.replaced :] == before + written + after[replaced:]
    assert cache.find("v", now + after, len(now)) == (False, None)
    assert cache.find("u", f"!{now}{after}", len(now) + 1) == (False, None)
    assert cache.find("u", f"{now}{after}!", len(now)) == (False, None)


def test_a_closing_bracket_may_be_typed_over() -> None:
    cache = InlineCache()
    cache.keep("u", "f()\n", 2, InlineText("a):", 1))
    assert cache.find("u", "f(a)\n", 4) == (True, InlineText(":", 0))
    assert cache.find("u", "f(a)\n", 3) == (True, InlineText("):", 1))
    assert cache.find("u", "f(b)\n", 3) == (False, None)


def test_old_completions_are_forgotten() -> None:
    cache = InlineCache()
    for number in range(100):
        cache.keep(f"u{number}", "", 0, InlineText("a"))
    assert cache.find("u0", "", 0) == (False, None)
    assert cache.find("u99", "", 0) == (True, InlineText("a"))
    cache.forget("u99")
    assert cache.find("u99", "", 0) == (False, None)


@given(LINES, LINES)
def test_changed_lines_are_all_that_differ(old: list[str], new: list[str]) -> None:
    first, old_last, new_last = changed_lines(old, new)
    assert old[:first] == new[:first]
    assert old[old_last:] == new[new_last:]
    assert first <= old_last
    assert first <= new_last


@given(st.lists(st.tuples(st.sampled_from("uv"), *[st.integers(0, 300)] * 3), max_size=60))
def test_places_are_bounded_and_apart(edits: list[tuple[str, int, int, int]]) -> None:
    documents = Documents()
    text = "".join(f"{number}\n" for number in range(700))
    for name in "uv":
        documents.open(f"file:///folder/{name}", 1, text)

    class Root:
        root = Path("/folder")

    folder = Folder(Path("/folder"), cast("Any", Root()))
    recent = RecentEdits()
    for uri, first, removed, added in edits:
        recent.note(f"file:///folder/{uri}", first, first + removed, first + added)
    found = recent.elsewhere(documents, folder, "", (0, 0))
    assert len(found) <= 12
    assert all(0 < edit.text.count("\n") <= 24 for edit in found)


def test_edits_of_one_place_are_one_and_move() -> None:
    documents = Documents()
    documents.open("file:///folder/a", 1, "".join(f"{number}\n" for number in range(50)))

    class Root:
        root = Path("/folder")

    folder = Folder(Path("/folder"), cast("Any", Root()))
    recent = RecentEdits()
    for row in (10, 12, 11):
        recent.note("file:///folder/a", row, row + 1, row + 1)
    recent.note("file:///folder/a", 30, 31, 31)
    recent.note("file:///folder/a", 0, 1, 3)
    found = recent.elsewhere(documents, folder, "", (0, 0))
    assert [(edit.first_line, edit.text) for edit in found] == [
        (1, "0\n1\n2\n"),
        (33, "32\n"),
        (13, "12\n13\n14\n"),
    ]
    assert recent.elsewhere(documents, folder, "file:///folder/a", (0, 50)) == ()
    recent.forget("file:///folder/a")
    assert recent.elsewhere(documents, folder, "", (0, 0)) == ()


@given(CODE, st.integers(0, 12), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_offsets_and_positions_are_inverse(text: str, offset: int, encoding: Any) -> None:
    buffer = TextBuffer(text)
    offset = min(offset, len(text))
    assert buffer.offset(buffer.position(offset, encoding), encoding) == offset
