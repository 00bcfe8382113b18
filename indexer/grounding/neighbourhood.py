"""Passages that stay while the cursor stays near: a model reads a prompt anew from where it differs. Pure.

While a line is typed its passages stay as they are, but for the definition of a name that was just typed and
isn't among them. Near by, they are exchanged once most of what would be given is something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .names import of_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .records import Identity, Site

NEAR_LINES = 20
_TYPED_ROWS = 2
_MOST_NEW = 2


@dataclass(frozen=True, slots=True)
class Given:
    """What was given last in a document.

    Attributes:
        anchor: Line for which it was chosen, 1-based.
        line: Line where it was given last.
        sites: Most useful first, recent edits not among them.
        considered: Identities of all sites among which these were chosen.
    """

    anchor: int
    line: int
    sites: tuple[Site, ...]
    considered: frozenset[Identity] = frozenset()

    def is_near(self, line: int) -> bool:
        """Whether a line belongs to the neighbourhood for which it was chosen."""
        return bool(self.sites) and abs(line - self.anchor) <= NEAR_LINES


def is_alike(fresh: Sequence[Site], given: Sequence[Site]) -> bool:
    """Whether at least half of what would be chosen anew is given already."""
    known = {site.identity for site in given}
    return 2 * sum(site.identity in known for site in fresh) >= len(fresh)


def newly_named(
    found: Sequence[Site], considered: Collection[Identity], text: str, offset: int
) -> list[Site]:
    """Definitions of names before the cursor, on its line or the one above, that weren't found before.

    Args:
        found: All that was found.
        considered: What was found before.
        text: The document.
        offset: The cursor, in characters. A word that it touches is still being typed, and no name yet.
    """
    before = text[:offset]
    while before and (before[-1].isalnum() or before[-1] == "_"):
        before = before[:-1]
    rows = [row for row in before[-2_000:].split("\n") if row.strip()][-_TYPED_ROWS:]
    names = {each.name for each in of_lines(rows).names}
    return [
        site
        for site in found
        if site.reason == "definition" and site.name in names and site.identity not in considered
    ][:_MOST_NEW]


def in_order(fresh: Sequence[Site], given: Sequence[Site]) -> list[Site]:
    """Sites with new ones first, which puts them at the end of a prompt's passages; old ones as they were.

    Args:
        fresh: What is to be given, most useful first.
        given: What was given before, in its order.
    """
    places = {site.identity: place for place, site in enumerate(given)}
    return sorted(fresh, key=lambda site: places.get(site.identity, -1))
