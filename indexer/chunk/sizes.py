"""How large chunks are meant to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in characters without indentation (see `Lines`).

    An embedding model of 256 tokens reads about 800 characters of code, and what lies beyond has no part in
    the vector; cutting lower than that loses what a whole function says.

    Attributes:
        most: Anything larger is split, unless it is one line.
        least: The smallest piece a split aims at.
        own: A function smaller than this is merged with small neighbours.
        statement: The same for constants, properties and type aliases.
        scrap: Lines between definitions smaller than this join a neighbour.
    """

    most: int = 1400
    least: int = 500
    own: int = 120
    statement: int = 300
    scrap: int = 80


DEFAULT_SIZES = Sizes()
