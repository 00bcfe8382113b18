"""Passages for an inline completion, within a time box; what isn't found by then is left out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..walk.secrets import is_secret_path
from .choice import Choice, Window
from .document import document_language
from .gathering import Excerpts, Gathering
from .imports import imports_of
from .names import surroundings
from .neighbourhood import Given, in_order, is_alike, newly_named
from .records import Excerpt, Limits
from .time_box import TimeBox

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ...models.completion import ContextPassage
    from ..search.snippet import FileReader
    from ..store.rows import Snapshot
    from .names import Surroundings
    from .records import GroundedPassage, Site

COMPLETION_LIMITS = Limits()

_LOOKUP_SECONDS = 2.0
"""A lookup goes on for so long after the completion that began it has left without it: for the next one."""

_RESERVED_SECONDS = 0.009
"""Kept of the time: the interpreter lets a thread that has waited go on after up to 5 ms, if another one
computes; then there is to be chosen among what was found."""

_EDIT_LINES = 20
_MOST_EDITS = 3


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """A place where something is being typed.

    Attributes:
        path: POSIX path of the document relative to the workspace.
        text: The document as it is on screen.
        offset: The cursor, in characters (code points).
        language: As the index or the editor names it; "" to tell it by the path.
        edits: What was changed lately, newest first.
        lines_before: Lines before the cursor's that the prompt shows anyway.
        lines_after: Lines after it.
    """

    path: str
    text: str
    offset: int
    language: str = ""
    edits: tuple[ContextPassage, ...] = ()
    lines_before: int = 120
    lines_after: int = 50

    @property
    def index_language(self) -> str:
        """The language as the index names it."""
        return document_language(self.path, self.language, self.text)

    @property
    def line(self) -> int:
        """The cursor's line, 1-based."""
        return self.text.count("\n", 0, self.offset) + 1

    def window(self, line: int) -> Window:
        """What the prompt shows anyway when the cursor is in a line."""
        return Window(self.path, line - self.lines_before, line + self.lines_after)


def completion_context(
    snapshot: Snapshot,
    query: CompletionQuery,
    read: FileReader,
    box: TimeBox,
    limits: Limits = COMPLETION_LIMITS,
) -> tuple[GroundedPassage, ...]:
    """Find passages for a completion in the calling thread, with nothing remembered.

    Between one step and the next the time is looked at; a step that blocks makes it late, which
    `CompletionGrounding` never is.

    Args:
        snapshot: The revision to look in, with unsaved texts over it.
        query: Where.
        read: Gives the text of a file on screen or disk, None when there is none.
        box: The time.
        limits: How much is given.

    Returns:
        Most useful first: recent edits, definitions of names near the cursor, code like that around it. Whole
        lines; none that the prompt shows anyway, none twice.
    """
    language = query.index_language
    gathering = Gathering(query.path, language, Excerpts(limits))
    imports = imports_of(language, query.path, query.text)
    gathering.look_up(snapshot, surroundings(query.text, query.offset), imports, read, box)
    choosing = _Choosing(query, gathering, read, limits)
    return tuple(choosing.choose(gathering.sites, query.line, TimeBox(_LOOKUP_SECONDS)).passages)


class CompletionGrounding:
    """Finds passages for the completions of one workspace. For any thread.

    Looks up in threads of its own, and remembers for each set of names what it found, so that the next
    keystroke costs next to nothing; and what it gave, which stays while the cursor stays near (see
    `neighbourhood`), so that the prompt does. Of files that change meanwhile the new lines are shown.

    Args:
        limits: How much is given.
        threads: How many lookups run side by side; further ones wait.
        keep: How many sets of names are remembered.
    """

    def __init__(self, limits: Limits = COMPLETION_LIMITS, threads: int = 2, keep: int = 32) -> None:
        self._limits = limits
        self._keep = keep
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="grounding")
        self._gathered: OrderedDict[Hashable, tuple[Gathering, Future[None]]] = OrderedDict()
        self._excerpts = Excerpts(limits)
        self._given: OrderedDict[str, Given] = OrderedDict()

    def passages(
        self, snapshot: Snapshot, query: CompletionQuery, read: FileReader, box: TimeBox | None = None
    ) -> tuple[GroundedPassage, ...]:
        """Find passages; see `completion_context`.

        Args:
            snapshot: The revision to look in, with unsaved texts over it. A lookup that is late goes on with
                it after this returns; what fails then, fails unseen.
            query: Where.
            read: Gives the text of a file on screen or disk, None when there is none. Called in any thread.
            box: The time; 30 ms from now when there is none.
        """
        box = box or TimeBox(0.03)
        gathering, done = self.begin(snapshot, query, read)
        if not done.done():
            wait_for([done], timeout=max(0.0, box.left - _RESERVED_SECONDS))
        choosing = _Choosing(query, gathering, read, self._limits)
        with self._lock:
            before = self._given.get(query.path)
        given, passages = _steady(choosing, before, box)
        self._remember(query.path, given)
        return tuple(passages)

    def close(self) -> None:
        """End the threads; lookups under way are waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def begin(
        self, snapshot: Snapshot, query: CompletionQuery, read: FileReader
    ) -> tuple[Gathering, Future[None]]:
        """Begin to look up what is named at a place, unless that was begun before; see `passages`.

        Returns:
            Where the sites come in, and what is done when they are complete.
        """
        language, around = query.index_language, surroundings(query.text, query.offset)
        key = query.path, language, around.key, snapshot.revision
        with self._lock:
            known = self._gathered.get(key)
            if known is not None and not _has_failed(known[1]):
                self._gathered.move_to_end(key)
                return known
            gathering = Gathering(query.path, language, self._excerpts)
            done = self._begun(gathering, snapshot, query, around, read)
            self._gathered[key] = gathering, done
            while len(self._gathered) > self._keep:
                _, (_, oldest) = self._gathered.popitem(last=False)
                oldest.cancel()
            return gathering, done

    def _begun(
        self,
        gathering: Gathering,
        snapshot: Snapshot,
        query: CompletionQuery,
        around: Surroundings,
        read: FileReader,
    ) -> Future[None]:
        try:
            return self._threads.submit(_look_up, gathering, snapshot, query, around, read)
        except RuntimeError:  # the threads were ended meanwhile: nothing is found any more
            never: Future[None] = Future()
            never.cancel()
            return never

    def _remember(self, path: str, given: Given) -> None:
        with self._lock:
            self._given[path] = given
            self._given.move_to_end(path)
            while len(self._given) > self._keep:
                self._given.popitem(last=False)


def _look_up(
    gathering: Gathering, snapshot: Snapshot, query: CompletionQuery, around: Surroundings, read: FileReader
) -> None:
    imports = imports_of(query.index_language, query.path, query.text)
    gathering.look_up(snapshot, around, imports, read, TimeBox(_LOOKUP_SECONDS))


def _has_failed(done: Future[None]) -> bool:
    return done.cancelled() or (done.done() and done.exception() is not None)


@dataclass(frozen=True, slots=True)
class _Chosen:
    sites: list[Site]
    passages: list[GroundedPassage]


@dataclass(frozen=True, slots=True)
class _Choosing:
    query: CompletionQuery
    gathering: Gathering
    read: FileReader
    limits: Limits

    def choose(self, sites: Sequence[Site], line: int, box: TimeBox | None) -> _Chosen:
        """Take recent edits, and of some sites as many as fit, none that the prompt shows from a line."""
        choice = Choice(self.limits, self.query.window(line))
        # What an index leaves out as secret is not given away by having been edited.
        edits = [edit for edit in self.query.edits if not is_secret_path(edit.path)]
        for edit in edits[:_MOST_EDITS]:
            rows = edit.text.split("\n")[:_EDIT_LINES]
            lines = tuple(range(edit.first_line, edit.first_line + len(rows)))
            choice.take(edit.path, Excerpt(lines, "\n".join(rows)), "edit")
        taken = [
            site
            for site, excerpt in self.gathering.excerpts(sites, self.query.text, self.read, box)
            if choice.take(site.path, excerpt, site.reason, site.symbol)
        ]
        return _Chosen(taken, choice.chosen)


def _steady(choosing: _Choosing, before: Given | None, box: TimeBox) -> tuple[Given, list[GroundedPassage]]:
    """What was given before, as far as it still serves, else what is best now."""
    query, found = choosing.query, choosing.gathering.sites
    line, is_near = query.line, before is not None and before.is_near(query.line)
    if before is None or line != before.line or not is_near:
        fresh = choosing.choose(found, line, box)
        if before is None or not is_near or not is_alike(fresh.sites, before.sites):
            ordered = in_order(fresh.sites, before.sites if before is not None else ())
            chosen = choosing.choose(ordered, line, None)
            considered = frozenset(site.identity for site in found)
            return Given(line, line, tuple(chosen.sites), considered), chosen.passages
    new = newly_named(found, before.considered, query.text, query.offset)
    considered = before.considered.union(site.identity for site in new)
    chosen = choosing.choose([*new, *before.sites], before.anchor, None)
    return Given(before.anchor, line, tuple(chosen.sites), considered), chosen.passages
