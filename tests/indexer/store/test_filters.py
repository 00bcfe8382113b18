"""Filters: globs against their meaning, and conditions that LanceDB understands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.filters import condition_of, glob_regex


@pytest.mark.parametrize(
    ("glob", "matching", "not_matching"),
    [
        ("*.py", ["a.py", "src/a.py", "src/deep/a.py"], ["a.pyc", "a.py.txt"]),
        ("src/*.py", ["src/a.py"], ["src/deep/a.py", "lib/src/a.py", "a.py"]),
        ("src/**", ["src/a.py", "src/deep/a.py"], ["srcs/a.py", "lib/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/x/y/a.py"], ["src/a.js"]),
        ("**/test_*.py", ["test_a.py", "x/y/test_a.py"], ["x/a_test.py"]),
        ("src", ["src/a.py", "lib/src/b.py", "src"], ["source/a.py"]),
        ("src/", ["src/a.py"], ["srcs/a.py"]),
        ("./src/a.py", ["src/a.py"], ["x/src/a.py"]),
        ("/src/a.py", ["src/a.py"], ["x/src/a.py"]),
        ("a?c.[ch]", ["abc.c", "x/abc.h"], ["abc.d", "a/c.c"]),
        ("[!a]*.c", ["b.c"], ["a.c"]),
        ("a[b", ["a[b"], ["ab"]),
        ("[z-a]", ["[z-a]"], ["z", "a"]),
        ("a+b(c).py", ["a+b(c).py"], ["aab(c).py"]),
        (r"a\*.py", ["a*.py"], ["ab.py"]),
        ("it's.py", ["it's.py"], ["its.py"]),
    ],
)
def test_globs(glob: str, matching: list[str], not_matching: list[str]) -> None:
    pattern = re.compile(glob_regex(glob), re.DOTALL)
    assert [path for path in matching if not pattern.fullmatch(path)] == []
    assert [path for path in not_matching if pattern.fullmatch(path)] == []


@given(st.text(max_size=30))
def test_every_glob_is_a_valid_expression(glob: str) -> None:
    re.compile(glob_regex(glob))


@given(st.text(alphabet=st.characters(exclude_characters="*?[]\\/", exclude_categories=["Cs"]), min_size=1))
def test_a_plain_name_matches_itself(name: str) -> None:
    if name not in {".", ".."}:
        assert re.compile(glob_regex(name), re.DOTALL).fullmatch(f"folder/{name}")


def test_conditions_are_joined() -> None:
    assert condition_of(SearchFilter()) is None
    both = condition_of(SearchFilter(languages=("python", "c's"), kinds=("function",), paths=("*.py",)))
    assert both == (
        "language IN ('python', 'c''s') AND kind IN ('function')"
        r" AND (regexp_like(path, '^(?:.*/)?[^/]*\.py(?:/.*)?$'))"
    )
