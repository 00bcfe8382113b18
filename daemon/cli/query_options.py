"""Checks what a search asks for, before anything is loaded: each error names the allowed values."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from ...indexer.languages.detect import language_names, resolve_language
from ...models.errors import CodeassistdError, UsageError

MAX_QUERY_CHARACTERS = 20_000
"""A longer query is a mistake; of a shorter one the search reads as much as it has use for."""


_MAX_PATTERN_CHARACTERS = 1_000
"""A path that is longer is rare; an expression of some 100,000 is more than the database compiles."""

_NOT_IN_PATTERNS = re.compile("[\0\n\ud800-\udfff]")

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILTERS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-l",
        "--language",
        "languages",
        multiple=True,
        metavar="L",
        help="Only this language, such as python or c++. May be repeated.",
    ),
    click.option(
        "-p",
        "--path",
        "paths",
        multiple=True,
        metavar="GLOB",
        help="Only paths that match, such as 'src/**'. May be repeated.",
    ),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        metavar="K",
        help="Only this kind of code, such as function or class. May be repeated.",
    ),
)


def filter_options(command: _Command) -> _Command:
    """Add the options that say which chunks may be results."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """One line of a batch file.

    Attributes:
        id: Whatever JSON value the caller gave, handed back as it came.
        query: The query.
    """

    id: object
    query: str


def checked_query(query: str, where: str = "the query") -> str:
    """A query that can be searched for.

    Args:
        query: As given; bytes that are no UTF-8 come as surrogates and are replaced.
        where: What to call it in an error.

    Returns:
        The query without surrounding blanks.

    Raises:
        UsageError: It is empty or absurdly long.
    """
    text = query.encode("utf-8", "replace").decode("utf-8").strip()
    if not text.strip("\0"):
        raise UsageError(f"{where} is empty", 'say what to look for, for instance "parse the config"')
    if len(text) > MAX_QUERY_CHARACTERS:
        raise UsageError(
            f"{where} is {len(text):,} characters long; at most {MAX_QUERY_CHARACTERS:,} are searched for",
            "shorten it; to find code like some code, use `codeassistd similar PATH:LINE-LINE`",
        )
    return text.replace("\0", " ")


def checked_languages(given: Sequence[str]) -> tuple[str, ...]:
    """Stored names of languages, from any name or alias.

    Args:
        given: As given; each may hold several, separated by commas.

    Returns:
        Them, without repetition, in order.

    Raises:
        UsageError: One is unknown.
    """
    return tuple(
        dict.fromkeys(
            resolve_language(word) or _unknown("language", word, language_names()) for word in _words(given)
        )
    )


def checked_kinds(given: Sequence[str]) -> tuple[str, ...]:
    """Kinds of chunks; see checked_languages."""
    if not given:
        return ()
    from ...indexer.chunk.chunk import KINDS

    return tuple(
        dict.fromkeys(word if word in KINDS else _unknown("kind", word, KINDS) for word in _words(given))
    )


def checked_globs(given: Sequence[str]) -> tuple[str, ...]:
    """Path patterns that can match something in a workspace.

    Raises:
        UsageError: One is empty, absurdly long, leads out of the workspace, has an open bracket or bytes
            that are no UTF-8.
    """
    for pattern in given:
        if not pattern.strip() or _NOT_IN_PATTERNS.search(pattern) or len(pattern) > _MAX_PATTERN_CHARACTERS:
            shown = pattern if len(pattern) <= 60 else pattern[:59] + "…"
            raise UsageError(f"bad path pattern: {shown!r}", "for instance --path 'src/**/*.py'")
        if ".." in pattern.replace("\\", "/").split("/"):
            raise UsageError(
                f"path pattern {pattern!r} leads out of the workspace", "patterns are relative to its root"
            )
        if pattern.count("[") > pattern.count("]"):
            raise UsageError(
                f"path pattern {pattern!r} has an open bracket", "close it, or write [[] for the character"
            )
    return tuple(given)


def read_batch(file: str) -> list[BatchQuery]:
    """The queries of a batch file, all checked before any is run.

    Args:
        file: Path of a file of JSON lines {"id", "query"}; "-" is standard input.

    Returns:
        One a non-blank line.

    Raises:
        UsageError: A line is not such a document.
        CodeassistdError: The file can't be read.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CodeassistdError(f"cannot read {file}: {error.strerror}", "check the path") from None
    name = "standard input" if file == "-" else file
    return list(_batch_lines(data.split(b"\n"), name))


def _words(given: Sequence[str]) -> list[str]:
    return [word.strip().lower() for item in given for word in item.split(",")]


def _unknown(what: str, word: str, known: Collection[str]) -> NoReturn:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown {what}: {word!r}", f"{hint}known: {', '.join(sorted(known))}")


def _batch_lines(lines: Sequence[bytes], name: str) -> Iterator[BatchQuery]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            document = None
        if (
            not isinstance(document, dict)
            or not isinstance(document.get("query"), str)
            or "id" not in document
        ):
            raise UsageError(
                f'{place}: not a JSON object with "id" and "query"', 'for instance {"id": 1, "query": "…"}'
            )
        yield BatchQuery(document["id"], checked_query(document["query"], f"{place}: the query"))
