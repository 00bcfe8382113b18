"""Where a session's documents were edited lately, so that a completion knows what its user is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .generation_service import RecentEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Documents
    from .folders import Folder

_MOST_PLACES = 12
_MOST_LINES = 24
_NEAR = 4
"""Edits with no more lines than these between them are one place."""

_MOST_CHARACTERS = 2_000


@dataclass(slots=True)
class _Place:
    """Edited lines: 0-based, the last one exclusive."""

    uri: str
    first: int
    last: int


def changed_lines(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """Where two versions of a text differ.

    Returns:
        First line that differs, 0-based, and after which lines of the old and the new one all are equal.
    """
    least = min(len(old), len(new))
    first = next((number for number in range(least) if old[number] != new[number]), least)
    alike = 0
    while alike < least - first and old[len(old) - 1 - alike] == new[len(new) - 1 - alike]:
        alike += 1
    return first, len(old) - alike, len(new) - alike


class RecentEdits:
    """The places that were edited last, merged and bounded; they move with the lines above them."""

    def __init__(self) -> None:
        self._places: list[_Place] = []  # newest first

    def note(self, uri: str, first: int, old_last: int, new_last: int) -> None:
        """Lines have taken the place of others.

        Args:
            uri: The document.
            first: First of them, 0-based.
            old_last: Where the old ones ended, exclusive.
            new_last: Where the new ones end, exclusive.
        """
        place = _Place(uri, first, max(new_last, first + 1))
        others = []
        for other in self._places:
            if other.uri == uri:
                _move(other, first, old_last, new_last)
                if other.first <= place.last + _NEAR and place.first <= other.last + _NEAR:
                    place.first, place.last = min(place.first, other.first), max(place.last, other.last)
                    continue
            others.append(other)
        if place.last - place.first > _MOST_LINES:
            # The latest edit is what counts of a place that has grown.
            place.first = max(place.first, min(first, place.last - _MOST_LINES))
            place.last = place.first + _MOST_LINES
        self._places = [place, *others][:_MOST_PLACES]

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._places = [place for place in self._places if place.uri != uri]

    def elsewhere(
        self, documents: Documents, folder: Folder, uri: str, near: tuple[int, int]
    ) -> tuple[RecentEdit, ...]:
        """The edited places of a folder, newest first, without those that are in sight.

        Args:
            documents: The open documents.
            folder: Only its files count.
            uri: The document that is in sight.
            near: The lines of it that are, 0-based; the last one exclusive.
        """
        found = []
        for place in self._places:
            document = documents.of_uri(place.uri)
            if document is None or document.path is None:
                continue
            if place.uri == uri and place.first < near[1] and near[0] < place.last:
                continue
            relative = folder.relative(document.path)
            text = "".join(document.buffer.lines[place.first : place.last])[:_MOST_CHARACTERS]
            if relative is not None and text.strip():
                found.append(RecentEdit(relative, place.first + 1, text))
        return tuple(found)


def _move(place: _Place, first: int, old_last: int, new_last: int) -> None:
    """Keep a place on its lines while others change."""
    added = new_last - old_last
    if place.first >= old_last:
        place.first += added
        place.last += added
    elif place.last > first:
        place.first = min(place.first, first)
        place.last = max(place.last + added, new_last, place.first + 1)
