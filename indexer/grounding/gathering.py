"""What is looked up for one set of names, as it comes in; kept while the names stay the same."""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING

from .alike import alike_sites, begin_alike
from .definitions import definition_sites
from .excerpt import excerpt_of
from .names import imported_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from ..search.snippet import FileReader
    from ..store.rows import Hit, Snapshot
    from .imports import Imports
    from .names import Surroundings
    from .records import Excerpt, Limits, Site
    from .time_box import TimeBox

_MOST_IMPORTED = 40
_MOST_EXCERPTS = 512
_DEFINITIONS_FIRST = 5
"""After so many definitions code that is alike is more useful than further ones."""


class Excerpts:
    """What sites show, remembered while their files stay as they are. For any thread.

    Args:
        limits: How much of a site is taken.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[Site, tuple[tuple[int, int], Excerpt | None]] = {}

    def of(self, site: Site, text: str | None) -> Excerpt | None:
        """What a site shows in its file's text; None when that is gone."""
        # Strings remember their hashes; the texts themselves are not kept for it.
        state = (-1, 0) if text is None else (len(text), hash(text))
        known = self._known.get(site)
        if known is not None and known[0] == state:
            return known[1]
        excerpt = None if text is None else excerpt_of(site, text, self._limits)
        if len(self._known) >= _MOST_EXCERPTS:
            self._known.clear()
        self._known[site] = state, excerpt
        return excerpt


class Gathering:
    """The sites for one set of names.

    Written to by one thread, read by others at any time: what is found is there as soon as it is found.

    Args:
        path: The document, relative to the workspace.
        language: Its language, as the index names it.
        excerpts: Takes them.
    """

    def __init__(self, path: str, language: str, excerpts: Excerpts) -> None:
        self._path = path
        self._language = language
        self._excerpts = excerpts
        self._sites: list[Site] = []

    def look_up(
        self, snapshot: Snapshot, around: Surroundings, imports: Imports, read: FileReader, box: TimeBox
    ) -> None:
        """Find sites and read them, until the time is over.

        Args:
            snapshot: The revision to look in.
            around: The names.
            imports: What the document imports.
            read: Gives the text of a file on screen or disk.
            box: Nothing is begun when it is over.
        """
        if box.is_over:
            return
        # The words are looked for elsewhere while the names are looked up here.
        matching = begin_alike(snapshot, around.words)
        tables = snapshot.symbol_tables()
        names = [*around.names, *imported_names(list(imports.names)[:_MOST_IMPORTED], around)]
        self._add(definition_sites(tables, names, imports, self._path, self._language, box), read, box)
        if matching is not None and not box.is_over:
            self._add_alike(snapshot, matching, read, box)

    def _add_alike(
        self, snapshot: Snapshot, matching: Future[list[Hit]], read: FileReader, box: TimeBox
    ) -> None:
        try:
            hits = matching.result(box.left)
        except NotYet:
            return
        if not box.is_over:
            self._add(alike_sites(snapshot, hits, self._language), read, box)

    def _add(self, sites: list[Site], read: FileReader, box: TimeBox) -> None:
        for site in sites:
            if box.is_over:
                return
            if site.path != self._path:
                self._excerpts.of(site, read(site.path))
            self._sites.append(site)

    @property
    def sites(self) -> list[Site]:
        """The sites found so far, most useful first."""
        return _mixed(tuple(self._sites))

    def excerpts(
        self, sites: Iterable[Site], own_text: str, read: FileReader, box: TimeBox | None
    ) -> Iterator[tuple[Site, Excerpt | None]]:
        """What sites show now; quick where their files are as they were read.

        Args:
            sites: Any.
            own_text: The document as it is on screen.
            read: Gives the text of another file on screen or disk.
            box: No further site is looked at when it is over; None for all of them.
        """
        for site in sites:
            if box is not None and box.is_over:
                return
            yield site, self._excerpts.of(site, own_text if site.path == self._path else read(site.path))


def _mixed(sites: Sequence[Site]) -> list[Site]:
    definitions = [site for site in sites if site.reason == "definition"]
    alike = [site for site in sites if site.reason != "definition"]
    return [*definitions[:_DEFINITIONS_FIRST], *alike, *definitions[_DEFINITIONS_FIRST:]]
