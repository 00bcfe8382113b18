from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeassistd.daemon.settings_sources import (
    Assignment,
    Problem,
    read_environment,
    read_file,
    read_overrides,
    read_text,
)
from codeassistd.models.errors import CodeassistdError

USER = Path("/home/someone/config.toml")


def test_each_value_knows_its_file_and_line() -> None:
    reading = read_text(
        '# mine\n[search]\nlimit = 20\n\n[index]\nexclude = [\n  "docs/",\n]\n', "c.toml", "user", USER
    )
    assert reading.problems == []
    assert reading.assignments == [
        Assignment("search.limit", 20, "c.toml:3"),
        Assignment("index.exclude", ("docs/",), "c.toml:6"),
    ]


def test_dotted_keys_and_windows_line_ends_are_toml_too() -> None:
    reading = read_text("search.limit = 3\r\nindex.index_secrets = true\r\n", "c.toml", "user", USER)
    assert [(item.key, item.source) for item in reading.assignments] == [
        ("search.limit", "c.toml:1"),
        ("index.index_secrets", "c.toml:2"),
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "[index]\nexclud = []\n",
            "c.toml:2: there is no setting index.exclud",
            "did you mean index.exclude?",
        ),
        (
            "[search]\nexclude = []\n",
            "c.toml:2: there is no setting search.exclude",
            "did you mean index.exclude?",
        ),
        (
            "colour = 1\n",
            "c.toml:1: there is no setting colour",
            "`codeassistd config show` lists the settings",
        ),
        ("[serch]\nlimit = 1\n", "c.toml:1: there is no setting serch", "did you mean search"),
        ("index = 3\n", "c.toml:1: there is no setting index", "did you mean index"),
        (
            "[search]\nlimit = 0\n",
            "c.toml:2: search.limit must be a whole number from 1 to 1,000; it is 0",
            "correct",
        ),
        ("[search]\nlimit =\n", "c.toml:2: not valid TOML: Invalid value", "see https://toml.io"),
        ("[a\n", "c.toml:1: not valid TOML: ", "see https://toml.io"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text: str, message: str, hint: str) -> None:
    [problem] = read_text(text, "c.toml", "user", USER).problems
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        '[model]\nengine = "torch"\n',
        "[search]\nlimit = 5\n",
        "[index]\nindex_secrets = true\n",
        "[index]\nworkers = 2\n",
    ],
)
def test_a_workspace_may_not_set_what_is_the_users(text: str) -> None:
    reading = read_text(text, "codeassistd.toml", "workspace", USER)
    assert reading.assignments == []
    [problem] = reading.problems
    assert problem.message.startswith("codeassistd.toml:2: ")
    assert problem.message.endswith("may not be set by a workspace")
    assert problem.hint == f"set it in {USER} instead"
    assert read_text(text, "c.toml", "user", USER).problems == []


def test_a_workspace_may_set_what_is_indexed_but_not_outside_itself() -> None:
    text = '[index]\ninclude = ["src/"]\nmax_file_bytes = 10\nexclude = ["a/../../b"]\n'
    reading = read_text(text, "codeassistd.toml", "workspace", USER)
    assert [item.key for item in reading.assignments] == ["index.include", "index.max_file_bytes"]
    [problem] = reading.problems
    assert problem.message == "codeassistd.toml:4: index.exclude must stay inside the workspace: 'a/../../b'"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe[\x00", "not UTF-8 text"),
        (b"#" * 1_000_001, "larger than a settings file can be (1 MB)"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
    ],
)
def test_files_that_are_no_settings_are_problems(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(data)
    [problem] = read_file(file, "user", USER).problems
    assert message in problem.message
    assert str(file) in problem.message


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(b"\xef\xbb\xbf[search]\nlimit = 4\n")
    assert [item.value for item in read_file(file, "user", USER).assignments] == [4]


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    places = [tmp_path / "missing.toml", tmp_path]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        places.append(tmp_path / "fifo")
    for place in places:
        with pytest.raises(CodeassistdError, match=r"cannot be read|not a file") as caught:
            read_file(place, "user", USER)
        assert str(place) in caught.value.message
        assert caught.value.hint


def test_variables_set_settings_and_others_are_left_alone() -> None:
    reading = read_environment(
        {
            "CODEASSISTD_INDEX_EXCLUDE": "a/,b/",
            "CODEASSISTD_MODEL_ENGINE": "torch",
            "CODEASSISTD_DATA_DIR": "/data",
            "CODEASSISTD_SOMETHING_ELSE": "1",
            "PATH": "/bin",
        }
    )
    assert reading.problems == []
    assert reading.assignments == [
        Assignment("index.exclude", ("a/", "b/"), "CODEASSISTD_INDEX_EXCLUDE"),
        Assignment("model.engine", "torch", "CODEASSISTD_MODEL_ENGINE"),
    ]


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        (
            "CODEASSISTD_INDEX_EXCLUDES",
            "x",
            Problem(
                "CODEASSISTD_INDEX_EXCLUDES: there is no such setting",
                "did you mean CODEASSISTD_INDEX_EXCLUDE?",
            ),
        ),
        (
            "CODEASSISTD_SEARCH_MODE",
            "clever",
            Problem(
                "CODEASSISTD_SEARCH_MODE: search.mode must be one of hybrid, semantic, keyword;"
                " it is 'clever'",
                "correct it, or remove it to use the default",
            ),
        ),
    ],
)
def test_wrong_variables_are_problems(variable: str, text: str, problem: Problem) -> None:
    assert read_environment({variable: text}).problems == [problem]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("search.limit", "--set search.limit: must be KEY=VALUE"),
        ("limit=3", "--set limit=3: there is no setting limit"),
        ("search.limit=many", "--set search.limit: search.limit must be a whole number"),
    ],
)
def test_wrong_overrides_are_problems(pair: str, message: str) -> None:
    [problem] = read_overrides([pair]).problems
    assert problem.message.startswith(message)
    assert problem.hint


def test_overrides_may_set_anything() -> None:
    reading = read_overrides(["index.exclude=a,b", "search.mode = keyword"])
    assert [(item.key, item.value) for item in reading.assignments] == [
        ("index.exclude", ("a", "b")),
        ("search.mode", "keyword"),
    ]
