from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from codeassistd.daemon.cli.results_text import ResultStyle, colored_results, plain_results, shown_path
from codeassistd.indexer.search.request import SearchResult

ROOT = Path("/srv/app")
FIRST = SearchResult(
    path="src/io.py",
    start_line=9,
    end_line=12,
    language="python",
    kind="method",
    symbol="Reader.read",
    score=0.8125,
    text='def read(self):\n\treturn "x\x1b[31m"\n\n    # end',
    scores={"semantic": 0.9, "keyword": 0.25},
)
SECOND = SearchResult("notes.md", 1, 1, "markdown", "section", "", 0.5, "# Notes")
ESCAPE = re.compile(r"\x1b(?:\[[0-9;]*m|\]8;[^\x1b]*\x1b\\)")


def _style(**changes: object) -> ResultStyle:
    return replace(ResultStyle(ROOT, ROOT), **changes)  # type: ignore[arg-type]


def test_plain_results_grep_well() -> None:
    assert plain_results([FIRST, SECOND], _style()) == (
        "src/io.py:9-12  Reader.read  [method]  0.812\n"
        "     9  def read(self):\n"
        '    10      return "x\\x1b[31m"\n'
        "    11\n"
        "    12      # end\n"
        "\n"
        "notes.md:1-1  [section]  0.500\n"
        "    1  # Notes"
    )


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (0, "src/io.py:9-12  Reader.read  [method]  0.812"),
        (1, "src/io.py:9-12  Reader.read  [method]  0.812\n    9  def read(self):\n    … 3 more lines"),
        (
            3,  # the blank line that would end it is left out
            """src/io.py:9-12  Reader.read  [method]  0.812
     9  def read(self):
    10      return "x\\x1b[31m"
    … 1 more line""",
        ),
    ],
)
def test_snippets_are_cut_to_the_lines_asked_for(lines: int, shown: str) -> None:
    assert plain_results([FIRST], _style(lines=lines)) == shown


def test_explained_results_show_what_a_score_is_made_of() -> None:
    assert plain_results([FIRST], _style(lines=0, explain=True)).split("\n")[1] == (
        "    semantic 0.9  keyword 0.25"
    )


def test_long_lines_are_clipped() -> None:
    [_, line] = plain_results([replace(SECOND, text="x" * 1000)], _style()).split("\n")
    assert line.endswith("x…")
    assert len(line) < 220


def test_colour_changes_how_it_looks_and_not_what_it_says() -> None:
    shown = colored_results([FIRST, SECOND], _style(explain=True))
    plain = ESCAPE.sub("", shown)
    assert "\x1b" in shown
    assert "\x1b" not in plain
    for part in (
        "src/io.py:9-12",
        "Reader.read",
        "method",
        "0.812",
        "semantic 0.9",
        "def read(self):",
        "# Notes",
    ):
        assert part in plain
    assert "9 def read(self):" in re.sub(r" +", " ", plain)
    assert '"x\\x1b[31m"' in plain


def test_a_link_opens_the_file() -> None:
    shown = colored_results([FIRST], _style(links=True))
    assert f"{(ROOT / 'src/io.py').as_uri()}" in shown
    assert "\x1b]8;" not in colored_results([FIRST], _style())


def test_languages_without_a_highlighter_are_shown_too() -> None:
    shown = ESCAPE.sub("", colored_results([replace(SECOND, language="no such language")], _style()))
    assert "# Notes" in shown


def test_narrow_terminals_get_every_heading_whole() -> None:
    shown = ESCAPE.sub("", colored_results([FIRST], _style(width=24)))
    assert "Reader.read" in re.sub(r"\n", "", shown)
    assert all(len(line) <= 24 for line in shown.split("\n"))


@pytest.mark.parametrize(
    ("current", "shown"),
    [
        (ROOT, "src/io.py"),
        (ROOT / "src", "io.py"),
        (ROOT / "docs", "../src/io.py"),
        (Path("/elsewhere"), "/srv/app/src/io.py"),
    ],
)
def test_paths_can_be_opened_from_the_current_folder(current: Path, shown: str) -> None:
    style = _style(current=current)
    assert shown_path("src/io.py", style).replace("\\", "/").removeprefix("C:") == shown


def test_odd_names_cannot_break_the_heading() -> None:
    odd = replace(SECOND, path="a\nb\x1b[2J.md", symbol="x\u202ey")
    [heading, _] = plain_results([odd], _style()).split("\n")
    assert heading == "a\\nb\\x1b[2J.md:1-1  x\\u202ey  [section]  0.500"
