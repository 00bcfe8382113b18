"""Lines of ignore files: how they are read, and which one decides."""

from __future__ import annotations

import pytest

from codeassistd.indexer.walk.gitignore import PatternList, globs_to_patterns, parse_patterns


def deciding(
    data: str, path: str, *, is_directory: bool = False, base: str = "", ignore_case: bool = False
) -> str | None:
    patterns = PatternList(
        parse_patterns(data.encode(), ignore_case=ignore_case),
        base=base.encode(),
        source="",
        ignore_case=ignore_case,
    )
    hit = patterns.last_match(path.encode(), path.rpartition("/")[2].encode(), is_directory=is_directory)
    return None if hit is None else f"{hit.line}:{hit.text}"


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        ("a", "a", "1:a"),
        ("a", "x/a", "1:a"),
        ("/a", "a", "1:/a"),
        ("/a", "x/a", None),
        ("x/a", "x/a", "1:x/a"),
        ("x/a", "y/x/a", None),
        ("//a", "a", None),
        ("*.log", "x/y.log", "1:*.log"),
        ("*.log", ".log", "1:*.log"),
        ("*", "a", "1:*"),
        ("a[bc]", "x/ab", "1:a[bc]"),
        ("x/*.c", "x/a.c", "1:x/*.c"),
        ("x/*.c", "x/y/a.c", None),
        ("a/", "a", None),
        ("# a\na", "a", "2:a"),
        ("\\#a", "#a", "1:\\#a"),
        ("\\!a", "!a", "1:\\!a"),
        ("!!a", "!a", "1:!!a"),
        ("*\n!a", "a", "2:!a"),
        ("!a\n*", "a", "2:*"),
        ("a  ", "a", "1:a"),
        ("a\\ ", "a ", "1:a\\ "),
        ("a\\  ", "a ", "1:a\\ "),
        ("a\\\\ ", "a\\", "1:a\\\\"),
        ("a\t", "a\t", "1:a\t"),
        ("a\r\nb\r\n", "a", "1:a"),
        ("a\r", "a", "1:a"),
        ("a\0b", "a", "1:a"),
        ("\ufeffa", "a", "1:a"),
        ("\n\n/\n!\n//\n[\na", "a", "7:a"),
        ("foo**/bar", "foox/y/bar", "1:foo**/bar"),  # git sets the letters before the first star aside
        ("foo**/bar", "foobar", "1:foo**/bar"),
    ],
)
def test_line_that_decides(data: str, path: str, expected: str | None) -> None:
    assert deciding(data, path) == expected


@pytest.mark.parametrize(
    ("data", "path"), [("a/", "a"), ("x/a/", "x/a"), ("*/", "x"), ("a*/", "ab"), ("a//", "a")]
)
def test_patterns_for_directories(data: str, path: str) -> None:
    assert deciding(data, path) is None
    assert (deciding(data, path, is_directory=True) is not None) == (data != "a//")


def test_paths_count_from_the_folder_of_the_file() -> None:
    assert deciding("/b\nc/d*", "a/b", base="a/") == "1:/b"
    assert deciding("/b\nc/d*", "a/c/dd", base="a/") == "2:c/d*"
    assert deciding("/b", "a/x/b", base="a/") is None


@pytest.mark.parametrize(
    ("data", "path"), [("ReadMe", "x/rEADmE"), ("*.LOG", "a.log"), ("A/B", "a/b"), ("A?/x*", "ab/X1")]
)
def test_ignoring_case(data: str, path: str) -> None:
    assert deciding(data, path) is None
    assert deciding(data, path, ignore_case=True) == f"1:{data}"


def test_lists_from_settings_have_no_comments() -> None:
    patterns = PatternList(globs_to_patterns(["#a", "!b", "/", "["]), base=b"", source="")
    assert patterns.last_match(b"#a", b"#a", is_directory=False) is not None
    hit = patterns.last_match(b"b", b"b", is_directory=False)
    assert hit is not None
    assert hit.negated
