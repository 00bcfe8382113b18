"""Search filters in LanceDB's filter language, and path globs as regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..search.request import SearchFilter


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def glob_regex(glob: str) -> str:
    """A path glob as a regular expression that matches whole POSIX paths.

    `*` and `?` stay within a folder, `**` crosses folders, `[...]` is a set. A glob without a slash
    matches file names anywhere; one that names a folder matches everything below it.

    Args:
        glob: The pattern, relative to the workspace; a leading "/" or "./" is ignored.

    Returns:
        An anchored expression in the syntax that Python and Rust's regex share.
    """
    pattern = glob.removeprefix("./")
    anchored = "/" in pattern.rstrip("/")
    pattern = pattern.strip("/")
    out = ["^" if anchored else "^(?:.*/)?"]
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            out.append("(?:[^/]+/)*")
            position += 3
        elif pattern.startswith("**", position):
            out.append(".*")
            position += 2
        else:
            piece, position = _glob_piece(pattern, position)
            out.append(piece)
    out.append("(?:/.*)?$")
    return "".join(out)


def _glob_piece(pattern: str, position: int) -> tuple[str, int]:
    char = pattern[position]
    if char == "*":
        return "[^/]*", position + 1
    if char == "?":
        return "[^/]", position + 1
    if char == "[":
        end = pattern.find("]", position + 2)
        if end > 0:
            negated = pattern[position + 1] in "!^"
            members = pattern[position + 1 + negated : end].replace("\\", "\\\\").replace("[", "\\[")
            members = members.replace("&", "\\&").replace("~", "\\~")
            if members and _valid_ranges(members):
                return f"[{'^' if negated else ''}{members}]", end + 1
    if char == "\\" and position + 1 < len(pattern):
        return re.escape(pattern[position + 1]), position + 2
    return re.escape(char), position + 1


def _valid_ranges(members: str) -> bool:
    return all(low <= high for low, high in re.findall(r"(.)-(.)", members))


def condition_of(search_filter: SearchFilter) -> str | None:
    """The filter as a SQL condition.

    Args:
        search_filter: Languages, path globs and kinds; within each, any may match.

    Returns:
        A condition on the chunk table, or None when everything passes.
    """
    conditions = []
    if search_filter.languages:
        conditions.append(_one_of("language", search_filter.languages))
    if search_filter.kinds:
        conditions.append(_one_of("kind", search_filter.kinds))
    if search_filter.paths:
        globs = (f"regexp_like(path, {quote(glob_regex(glob))})" for glob in search_filter.paths)
        conditions.append(f"({' OR '.join(globs)})")
    return " AND ".join(conditions) or None


def passes(search_filter: SearchFilter, path: str, language: str, kind: str) -> bool:
    """Whether the filter lets a chunk through: the same as `condition_of`, for chunks outside the table."""
    if search_filter.languages and language not in search_filter.languages:
        return False
    if search_filter.kinds and kind not in search_filter.kinds:
        return False
    globs = search_filter.paths
    return not globs or any(_compiled(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(glob_regex(glob))


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(quote, values))})"
