"""Git's globs: what each form matches, and that a hostile one takes no time."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.walk.wildmatch import literal, literal_length, translate


def matches(glob: str, subject: str, *, pathname: bool = True, ignore_case: bool = False) -> bool:
    expression = translate(glob.encode(), pathname=pathname, ignore_case=ignore_case)
    return expression is not None and re.fullmatch(expression, subject.encode()) is not None


@pytest.mark.parametrize(
    ("glob", "accepted", "refused"),
    [
        ("a", ["a"], ["b", "aa", "A", "a/a"]),
        ("?", ["a", "*"], ["", "ab", "/", "é"]),
        ("??", ["é", "ab"], ["a"]),
        ("*", ["", "a", ".a", "é"], ["a/b"]),
        ("*.c", [".c", "a.c", "a.c.c"], ["a.cc", "a/b.c"]),
        ("a*b*c", ["abc", "axbbxc", "abcbc"], ["abxcx", "ab/c"]),
        ("a/*/c", ["a/b/c", "a//c"], ["a/c", "a/b/b/c"]),
        ("**", ["", "a", "a/b/c"], []),
        ("**/a", ["a", "b/a", "b/c/a"], ["ba", "a/b"]),
        ("***/a", ["a", "b/c/a"], ["ba"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "xa/b"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/b/y/c", "a/b/x/b/c"], ["a/c", "a/b", "b/c"]),
        ("a**b", ["ab", "axb"], ["a/b", "a/x/b"]),
        ("a/**b", ["a/b", "a/xb"], ["a/x/b"]),
        (r"**\/a", ["b/a", "/a"], ["a"]),
        ("**/*a*", ["a", "x/a", "x/yay"], ["x/y", "a/b"]),
        ("[ab]", ["a", "b"], ["c", "ab", "[ab]"]),
        ("[!ab]", ["c", "!"], ["a", "b", "/"]),
        ("[^ab]", ["c", "^"], ["a", "b", "/"]),
        ("[a-c]", ["a", "b", "c"], ["d", "-"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[-a]", ["a", "-"], ["b"]),
        ("[--0]", ["-", ".", "0"], ["/", "a"]),
        ("[]a]", ["]", "a"], ["b", "[]a]"]),
        ("[!]a]", ["b"], ["]", "a"]),
        (r"[\]]", ["]"], ["\\"]),
        (r"[a\-z]", ["a", "-", "z"], ["b"]),
        (r"[a-\z]", ["b"], ["\\"]),
        ("[[:upper:]1]", ["A", "1"], ["a", "2", ":"]),
        ("[[:space:]]", [" ", "\t", "\r"], ["\v", "\f", "a"]),
        ("[[:punct:]]", ["!", "~", "_"], ["a", " "]),
        ("[a-[:digit:]]", [":]", "d]"], ["5", "5]"]),
        ("[[:]", ["[", ":"], ["a"]),
        ("[z-a]", ["z"], ["a", "b"]),
        ("[/]", [], ["/", "[/]"]),
        ("a[!b]c", ["aac"], ["a/c", "abc"]),
        (r"\*", ["*"], ["a", r"\*"]),
        (r"\a", ["a"], [r"\a"]),
    ],
)
def test_glob(glob: str, accepted: list[str], refused: list[str]) -> None:
    assert [subject for subject in accepted + refused if matches(glob, subject)] == accepted


@pytest.mark.parametrize(
    "glob", ["[", "[a", "[]", "[!]", "[[:foo:]]", "[[::]]", "[[:a", "a\\", "[\\", "[a-\\", "[a-z"]
)
def test_glob_that_git_never_matches(glob: str) -> None:
    assert translate(glob.encode(), pathname=True) is None


@pytest.mark.parametrize(
    ("glob", "accepted", "refused"),
    [
        ("aB", ["ab", "AB"], ["é"]),
        ("*É", ["É"], ["é"]),  # only ASCII letters have two cases for git
        (r"\a", ["a", "A"], []),
        (r"\A", [], ["a", "A"]),  # git folds the name but not what is escaped
        ("[a]", ["a", "A"], ["b"]),
        ("[A]", [], ["a", "A"]),
        ("[A-C]", ["a", "B"], ["d"]),
        ("[[:upper:]]", ["a", "A"], ["1"]),
    ],
)
def test_ignoring_case(glob: str, accepted: list[str], refused: list[str]) -> None:
    assert [subject for subject in accepted + refused if matches(glob, subject, ignore_case=True)] == accepted


def test_names_know_no_double_star() -> None:
    assert matches("**a", "xa", pathname=False)
    assert matches("a**b*", "axxb", pathname=False)


@pytest.mark.parametrize(
    ("glob", "subject"),
    [
        ("*a" * 60 + "b", "a" * 250),
        ("**/a/" * 40 + "b", "a/" * 1500 + "c"),
        ("**/*a*a*a*a*/" * 12 + "b", ("a" * 200 + "/") * 18 + "c"),
        ("[ab]*" * 80 + "c", "ab" * 127),
    ],
)
def test_hostile_globs_end(glob: str, subject: str) -> None:
    assert not matches(glob, subject)  # with plain backtracking none of these ends within a lifetime


@given(st.binary(max_size=20))
def test_literal_matches_itself_alone(text: bytes) -> None:
    assert re.fullmatch(literal(text), text)
    assert not re.fullmatch(literal(text), text + b"x")
    assert re.fullmatch(literal(text, ignore_case=True), text.upper())


def slow_match(glob: str, subject: str) -> bool:
    """The definition of `*`, `?` and letters, tried out."""
    if not glob:
        return not subject
    if glob[0] == "*":
        return slow_match(glob[1:], subject) or (
            subject[:1] not in ("", "/") and slow_match(glob, subject[1:])
        )
    return (
        bool(subject)
        and (subject[0] == glob[0] or (glob[0] == "?" and subject[0] != "/"))
        and slow_match(glob[1:], subject[1:])
    )


@settings(max_examples=300, deadline=None)
@given(st.text("ab?*/", max_size=7).filter(lambda glob: "**" not in glob), st.text("ab/", max_size=7))
def test_earliest_matches_lose_nothing(glob: str, subject: str) -> None:
    assert matches(glob, subject) == slow_match(glob, subject)


def test_literal_length() -> None:
    assert [literal_length(glob) for glob in (b"abc", b"a*", b"*", b"a\\b", b"", b"a]b[")] == [
        3,
        1,
        0,
        1,
        0,
        3,
    ]
    assert literal_length(string.punctuation.encode()) == string.punctuation.index("*")
