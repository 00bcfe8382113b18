"""`codeassistd similar`: finds code like given lines of a file."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ...indexer.search.request import SearchFilter
from ...models.errors import UsageError
from .answers import Answered, AnswerOptions, answer_options, show_answer, with_answerer
from .excerpts import workspace_path
from .options import ExampleCommand, shared, shared_options
from .query_options import checked_globs, checked_kinds, checked_languages, filter_options
from .session import open_session

if TYPE_CHECKING:
    from ..answering import Answers

_PLACE = re.compile(r"(?P<path>.+?):(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, as named on the command line.

    Attributes:
        path: The file, relative to the current folder or absolute.
        first: First line, 1-based.
        last: Last line, inclusive.
    """

    path: str
    first: int
    last: int


@click.command(
    "similar",
    short_help="Find code like some lines of a file.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd similar src/app.py:40", ""),
        ("codeassistd similar src/app.py:40-62 -k 5", ""),
        ("codeassistd similar lib/http.ts:12 --language typescript --json", ""),
    ),
)
@click.argument("place", metavar="PATH:LINE[-LINE]")
@filter_options
@answer_options
@shared_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    place: str,
    languages: tuple[str, ...],
    paths: tuple[str, ...],
    kinds: tuple[str, ...],
    **shown: object,
) -> int:
    """Find code that means much the same as some lines of a file, wherever it is in the workspace.

    PATH is relative to the current folder. A single line stands for the function or the block it is in.
    """
    options = AnswerOptions(**shown)  # type: ignore[arg-type]
    lines = parse_place(place)
    where = SearchFilter(checked_languages(languages), checked_globs(paths), checked_kinds(kinds))
    session = open_session(shared(context), quiet=options.quiet)
    path = workspace_path(lines.path, session.workspace)
    limit = options.limit or session.settings.search.limit

    def answer(answerer: Answers) -> None:
        began = time.perf_counter()
        response = answerer.similar(path, (lines.first, lines.last), limit=limit, where=where)
        took = time.perf_counter() - began
        show_answer(session, options, Answered(place, response, took, answerer.how_to_finish))

    # Indexed lines have their vectors already; the model is for those that don't yet.
    with_answerer(session, options, answer, needs_model=True, preload=False)
    return 0


def parse_place(text: str) -> Place:
    """Read "PATH:LINE" or "PATH:LINE-LINE".

    Raises:
        UsageError: It is neither, or no range of lines.
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not PATH:LINE or PATH:LINE-LINE", "for instance src/app.py:40-62")
    first = int(match["first"])
    last = int(match["last"] or first)
    if first < 1 or last < first:
        raise UsageError(
            f"{text!r} is no range of lines", "lines count from 1, and the last is not before the first"
        )
    return Place(match["path"], first, last)
