from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from codeassistd.daemon.cli.query_options import (
    MAX_QUERY_CHARACTERS,
    BatchQuery,
    checked_globs,
    checked_kinds,
    checked_languages,
    checked_query,
    read_batch,
)
from codeassistd.models.errors import CodeassistdError, UsageError


@pytest.mark.parametrize(
    ("query", "checked"),
    [
        ("  parse config\n", "parse config"),
        ("日本語", "日本語"),
        ("bad \udcff byte", "bad ? byte"),
        ("a\0b", "a b"),
        ("x" * MAX_QUERY_CHARACTERS, "x" * MAX_QUERY_CHARACTERS),
    ],
)
def test_queries_are_cleaned(query: str, checked: str) -> None:
    assert checked_query(query) == checked


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "the query is empty"),
        (" \n\t", "the query is empty"),
        ("\0", "the query is empty"),
        ("x" * 1_000_000, "the query is 1,000,000 characters long; at most 20,000"),
    ],
)
def test_queries_that_say_nothing_or_too_much_are_refused(query: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        checked_query(query)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ((), ()),
        (("Python",), ("python",)),
        (("c++", "C#", "golang"), ("cpp", "csharp", "go")),
        (("py,python", "rust"), ("python", "rust")),
    ],
)
def test_languages_go_by_any_of_their_names(given: tuple[str, ...], checked: tuple[str, ...]) -> None:
    assert checked_languages(given) == checked


def test_an_unknown_language_is_answered_with_the_closest_and_all() -> None:
    with pytest.raises(UsageError, match="unknown language: 'pyhton'") as caught:
        checked_languages(("pyhton",))
    assert caught.value.hint.startswith("did you mean python? known: ")
    assert "typescript" in caught.value.hint


def test_kinds_are_known_or_refused() -> None:
    assert checked_kinds(("Function", "class,function")) == ("function", "class")
    assert checked_kinds(()) == ()
    with pytest.raises(UsageError, match="unknown kind: 'funktion'") as caught:
        checked_kinds(("funktion",))
    assert caught.value.hint.startswith("did you mean function? known: ")


@pytest.mark.parametrize("pattern", ["*.py", "src/**", "a/[ab].c", "[[]x]", "!tests/**", "日本/*"])
def test_globs_of_the_workspace_are_taken(pattern: str) -> None:
    assert checked_globs((pattern,)) == (pattern,)


@pytest.mark.parametrize("pattern", ["", "  ", "../x", "a/../b", "a\\..\\b", "[ab", "a\nb", "a\0b"])
def test_globs_that_can_match_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="path pattern") as caught:
        checked_globs((pattern,))
    assert caught.value.hint


def test_a_batch_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"id": 1, "query": " a "}\r\n\n{"id": null, "query": "é", "more": 0}', encoding="utf-8")
    assert read_batch(str(file)) == [BatchQuery(1, "a"), BatchQuery(None, "é")]


def test_a_batch_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "x", "query": "a"}\n')))
    assert read_batch("-") == [BatchQuery("x", "a")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"not json", 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b'["a"]', 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b'{"query": "a"}', 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b'{"id": 1, "query": 3}', 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b"[" * 100_000, 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b"\xff\xfe", 'q.jsonl:2: not a JSON object with "id" and "query"'),
        (b'{"id": 1, "query": " "}', "q.jsonl:2: the query is empty"),
    ],
)
def test_a_bad_line_of_a_batch_is_named_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("q.jsonl").write_bytes(b'{"id": 1, "query": "a"}\n' + line)
    with pytest.raises(UsageError) as caught:
        read_batch("q.jsonl")
    assert caught.value.message.startswith(message)


def test_a_batch_file_that_is_missing_is_an_error() -> None:
    with pytest.raises(CodeassistdError, match=r"cannot read no\.jsonl"):
        read_batch("no.jsonl")


@pytest.mark.parametrize("pattern", ["*" * 100_000, "\ud800.py", "", "a\nb"])
def test_patterns_the_database_cannot_take_are_wrong_usage(pattern: str) -> None:
    """It would fail on them as it fails on a damaged table, which is built anew."""
    with pytest.raises(UsageError) as caught:
        checked_globs([pattern])
    assert len(caught.value.message) < 120
