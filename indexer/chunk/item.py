"""What a file is made of, before its parts are merged and split into chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What encloses an item: a file, a class, a namespace, a long function."""

    node: Node
    kind: str = "block"
    symbol: str = ""
    context: str = ""


@dataclass(slots=True, eq=False)
class Item:
    """Some rows that belong together.

    Attributes:
        start: First row, with leading comments.
        end: Last row, inclusive.
        scope: What encloses it.
        kind: As in `Chunk`.
        symbol: As in `Chunk`.
        context: As in `Chunk`.
        node: What to split when it is too large.
        inner: The definition without what wraps it.
        definition: Whether it is a definition; otherwise lines between definitions.
        small: Whether it may share a chunk with its neighbours.
        header: Whether it begins its scope.
        body: The row where the definition itself begins, below its comments.
        defines: Symbol, kind and first row of each definition that begins in it.
    """

    start: int
    end: int
    scope: Scope
    kind: str
    symbol: str
    context: str
    node: Node
    inner: Node | None = None
    definition: bool = False
    small: bool = True
    header: bool = False
    body: int = 0
    defines: list[tuple[str, str, int]] = field(default_factory=list)
