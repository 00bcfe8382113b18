"""Passages for an instruction: nearest first, then what the selection needs, who uses it, what is like it."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...models.errors import UsageError
from ..search.engine import search
from ..search.request import EVERYWHERE, SearchRequest
from ..search.similar import similar
from ..search.snippet import source_lines
from ..terms import content_words, query_terms
from .alike import alike_sites, begin_alike
from .choice import Choice, Window
from .definitions import definition_sites
from .document import document_language
from .excerpt import excerpt_of, shown
from .imports import imports_of
from .names import imported_names, of_lines, surroundings
from .records import Limits, Site
from .scope import scopes_at
from .time_box import TimeBox
from .uses import use_excerpts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ...models.roles import Embedder
    from ..search.request import SearchResult
    from ..search.snippet import FileReader
    from ..store.rows import Snapshot
    from .records import Excerpt, GroundedPassage, Reason
    from .scope import CodeScope

INSTRUCTION_LIMITS = Limits(passages=12, characters=14_000, passage_characters=2_000, passage_lines=50)
_LOOKUP_SECONDS = 2.0
_MOST_IMPORT_ROWS = 30
_MOST_SELECTED_ROWS = 200
_MOST_DEFINITIONS = 6
_MOST_USES = 3
_MOST_SIMILAR = 3
_MOST_FOUND = 6
_FEWEST_WORDS = 2
"""An instruction of fewer words that aren't mere asking ("explain this") finds nothing of use."""

Found = tuple[str, "Excerpt | None", "Reason", str]


@dataclass(frozen=True, slots=True)
class InstructionQuery:
    """What a person asks, and about what.

    Attributes:
        instruction: In words.
        path: POSIX path of the document relative to the workspace; "" when it is about no document.
        text: The document as it is on screen.
        start: Beginning of the selection, in characters (code points).
        end: Its end, exclusive; the same as `start` when nothing is selected.
        language: As the index or the editor names it; "" to tell it by the path.
        lines_before: Lines before the selection that the prompt shows anyway.
        lines_after: Lines after it.
    """

    instruction: str
    path: str = ""
    text: str = ""
    start: int = 0
    end: int = 0
    language: str = ""
    lines_before: int = 120
    lines_after: int = 60


@dataclass(frozen=True, slots=True)
class _Place:
    """The selection, read.

    Attributes:
        rows: The document's lines.
        first: First line of the selection, 1-based; of the definition around it when nothing is selected.
        last: Its last line.
        scopes: The definitions around it, innermost first.
        language: As the index names it.
    """

    rows: Sequence[str]
    first: int
    last: int
    scopes: tuple[CodeScope, ...]
    language: str

    @property
    def selected(self) -> Sequence[str]:
        """The lines of the selection, as many as are looked at."""
        return self.rows[self.first - 1 : self.last][:_MOST_SELECTED_ROWS]


def instruction_context(
    snapshot: Snapshot,
    query: InstructionQuery,
    read: FileReader,
    embedder: Embedder | None,
    cancelled: Callable[[], bool],
    limits: Limits = INSTRUCTION_LIMITS,
) -> tuple[GroundedPassage, ...]:
    """Find passages for an instruction. Blocks, some tenths of a second in a large workspace.

    Args:
        snapshot: The revision to look in, with unsaved texts over it.
        query: What is asked.
        read: Gives the text of a file on screen or disk, None when there is none.
        embedder: The model of the index's vectors; without one, searches go by words.
        cancelled: Polled between lookups.
        limits: How much is given.

    Returns:
        Most useful first: headers of the definitions around the selection and the file's imports as far as
        the prompt doesn't show them anyway, definitions of the names used in the selection, uses of what it
        defines, code like it, and what answers the instruction's words. Whole lines; none twice.

    Raises:
        CancelledError: Of concurrent.futures; ``cancelled`` said so.
        CodeassistdError: The index can't be read.
    """
    place = _place(query)
    choice = Choice(
        limits, Window(query.path, place.first - query.lines_before, place.last + query.lines_after)
    )
    taken: dict[str, int] = {}
    for path, excerpt, reason, symbol in _found(snapshot, query, place, read, embedder, limits):
        if cancelled():
            raise CancelledError
        if choice.is_full:
            break
        if taken.get(reason, 0) < _MOST_OF.get(reason, limits.passages) and choice.take(
            path, excerpt, reason, symbol
        ):
            taken[reason] = taken.get(reason, 0) + 1
    return tuple(choice.chosen)


_MOST_OF: dict[str, int] = {
    "definition": _MOST_DEFINITIONS,
    "use": _MOST_USES,
    "similar": _MOST_SIMILAR,
    "search": _MOST_FOUND,
}


def _place(query: InstructionQuery) -> _Place:
    language = document_language(query.path, query.language, query.text)
    start = min(max(0, query.start), len(query.text))
    end = min(max(start, query.end), len(query.text))
    scopes = scopes_at(language, query.text, start) if query.path else ()
    first = query.text.count("\n", 0, start) + 1
    last = first + query.text.count("\n", start, max(start, end - 1))
    if start == end and scopes:
        first, last = scopes[0].first_line, scopes[0].last_line
    return _Place(source_lines(query.text), first, last, scopes, language)


def _found(
    snapshot: Snapshot,
    query: InstructionQuery,
    place: _Place,
    read: FileReader,
    embedder: Embedder | None,
    limits: Limits,
) -> Iterator[Found]:
    """Everything that may be of use, most useful first, each looked up when it is asked for.

    Between one lookup and the next there is something empty: an occasion to give up.
    """
    if query.path:
        yield from _nearest(query, place, limits)
        yield from _defined(snapshot, query, place, read, limits)
        yield ("", None, "use", "")
        yield from _used(snapshot, query, place, read, limits)
        yield ("", None, "similar", "")
        yield from _similar(snapshot, query, place, read, embedder, limits)
    yield ("", None, "search", "")
    yield from _searched(snapshot, query, read, embedder, limits)


def _nearest(query: InstructionQuery, place: _Place, limits: Limits) -> Iterator[Found]:
    for scope in place.scopes:
        rows = range(scope.header_line - 1, min(scope.body_line - 1, len(place.rows)))
        yield query.path, shown(place.rows, rows, limits), "scope", scope.symbol
    last = imports_of(place.language, query.path, query.text).last_row
    if last >= 0:
        rows = range(min(last + 1, _MOST_IMPORT_ROWS, len(place.rows)))
        yield query.path, shown(place.rows, rows, limits), "imports", ""


def _defined(
    snapshot: Snapshot, query: InstructionQuery, place: _Place, read: FileReader, limits: Limits
) -> Iterator[Found]:
    has_words = any(map(str.strip, place.selected))
    around = of_lines(place.selected) if has_words else surroundings(query.text, query.start)
    imports = imports_of(place.language, query.path, query.text)
    asked = of_lines([query.instruction]).names
    names = [*around.names, *asked, *imported_names(list(imports.names), around)]
    tables = snapshot.symbol_tables()
    box = TimeBox(_LOOKUP_SECONDS)
    for site in definition_sites(tables, names, imports, query.path, place.language, box):
        yield _excerpt(site, query, read, limits)


def _used(
    snapshot: Snapshot, query: InstructionQuery, place: _Place, read: FileReader, limits: Limits
) -> Iterator[Found]:
    """Uses of the definition that is selected, or that the selection is in."""
    if not place.scopes:
        return
    scope = place.scopes[0]
    hits = snapshot.matching(query_terms(scope.name)[:8], "terms", 30, EVERYWHERE).result()
    paths = dict.fromkeys(chunk.path for chunk in snapshot.chunks([hit.row for hit in hits]))
    for path in paths:
        text = query.text if path == query.path else read(path)
        own = (scope.first_line, scope.last_line) if path == query.path else None
        if text is not None:
            for excerpt in use_excerpts(text, scope.name, own, limits):
                yield path, excerpt, "use", scope.symbol


def _similar(
    snapshot: Snapshot,
    query: InstructionQuery,
    place: _Place,
    read: FileReader,
    embedder: Embedder | None,
    limits: Limits,
) -> Iterator[Found]:
    try:
        found = similar(
            snapshot, embedder, query.path, (place.first, place.last), 2 * _MOST_SIMILAR, EVERYWHERE, read
        )
    except UsageError:  # the document is not indexed, or its lines have no vectors yet: words have to do
        matching = begin_alike(snapshot, of_lines(place.selected).words)
        hits = [] if matching is None else matching.result()
        for site in alike_sites(snapshot, hits, place.language):
            yield _excerpt(site, query, read, limits)
        return
    yield from _results(found.results, "similar", query, read, limits)


def _searched(
    snapshot: Snapshot, query: InstructionQuery, read: FileReader, embedder: Embedder | None, limits: Limits
) -> Iterator[Found]:
    words = [
        word for word in content_words(query.instruction) if word.lower() not in _ORDERS and word.strip("_")
    ]
    if len(words) < (_FEWEST_WORDS if query.path else 1):
        return
    request = SearchRequest(" ".join(words), limit=2 * _MOST_FOUND)
    yield from _results(search(snapshot, embedder, request, read).results, "search", query, read, limits)


_VERBS = """
add all better change clean clear code complete comment comments create docstring document documentation
explain file fix function generate give help here implement improve make method please refactor rename
rewrite selected selection show simplify tell test tests unit update write
"""
_ORDERS = frozenset(_VERBS.split())
"""Words of instructions that don't say what they are about."""


def _results(
    results: Sequence[SearchResult], reason: Reason, query: InstructionQuery, read: FileReader, limits: Limits
) -> Iterator[Found]:
    for result in results:
        site = Site(result.path, result.start_line, result.end_line, reason, result.symbol, result.text)
        yield _excerpt(site, query, read, limits)


def _excerpt(site: Site, query: InstructionQuery, read: FileReader, limits: Limits) -> Found:
    text = query.text if site.path == query.path else read(site.path)
    return site.path, None if text is None else excerpt_of(site, text, limits), site.reason, site.symbol
