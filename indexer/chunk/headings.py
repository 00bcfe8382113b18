"""Prose by heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .lines import Lines

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_MARKS = {"asciidoc": re.compile(r"(={1,6})[ \t]+(\S.*)$"), "org": re.compile(r"(\*{1,8})[ \t]+(\S.*)$")}
_TITLE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: the row it begins at, its level (1 is the outermost) and its words."""

    row: int
    level: int
    title: str


def headings(lines: Lines, language: str) -> list[Heading]:
    """The headings of a document, in order."""
    if language == "markdown":
        return list(_markdown(lines))
    if language == "restructuredtext":
        return list(_restructured(lines))
    marks = _MARKS.get(language)
    if marks is None:
        return []
    found = ((row, marks.match(line)) for row, line in enumerate(lines.rows))
    return [Heading(row, len(match[1]), _title(match[2])) for row, match in found if match]


def _title(raw: str) -> str:
    return " ".join(raw.split())[:_TITLE_LENGTH]


def _markdown(lines: Lines) -> Iterator[Heading]:
    rows = lines.rows
    fence = ""
    row = _front_matter(rows)
    while row < len(rows):
        line = rows[row]
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
        elif atx := _ATX.match(line):
            yield Heading(row, len(atx[1]), _title(atx[2] or ""))
        elif _is_paragraph(line) and row + 1 < len(rows) and (line_below := _SETEXT.match(rows[row + 1])):
            if row == 0 or not rows[row - 1].strip() or not _is_paragraph(rows[row - 1]):
                yield Heading(row, 1 if line_below[1][0] == "=" else 2, _title(line))
            row += 1
        row += 1


def _is_paragraph(line: str) -> bool:
    text = line.lstrip(" ")
    return (
        bool(text.strip())
        and len(line) - len(text) < 4
        and not text.startswith(("#", ">", "|", "- ", "* ", "+ ", "\t"))
    )


def _front_matter(rows: list[str]) -> int:
    """The first row after a YAML or TOML header."""
    mark = rows[0].rstrip()
    if mark in {"---", "+++"}:
        for row in range(1, min(len(rows), 200)):
            if rows[row].rstrip() == mark:
                return row + 1
    return 0


def _restructured(lines: Lines) -> Iterator[Heading]:
    rows = lines.rows
    levels: list[str] = []
    row = 0
    while row + 1 < len(rows):
        title, below = rows[row], rows[row + 1]
        first = row
        over = ""
        if (
            _ADORNMENT.match(title)
            and row + 2 < len(rows)
            and rows[row + 2].strip() == title.strip()
            and below.strip()
        ):
            over, title, below, row = title[0], below, rows[row + 2], row + 1
        mark = _ADORNMENT.match(below)
        if (
            mark
            and title.strip()
            and (over or not title[0].isspace())
            and not _ADORNMENT.match(title)
            and len(below.rstrip()) >= len(title.rstrip()) - 2
        ):
            style = over + mark[1]
            if style not in levels:
                levels.append(style)
            yield Heading(first, levels.index(style) + 1, _title(title))
            row += 2
        else:
            row = first + 1
