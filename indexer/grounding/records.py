"""Plain records of grounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...models.completion import ContextPassage

Reason = Literal["edit", "scope", "imports", "definition", "use", "similar", "search"]
"""Why a passage was chosen: it was changed lately; it encloses the place; it is what the file imports; it
defines a name that is used; it uses the name that is defined; it is like the place; it answers the words."""


Identity = tuple[str, str, str, str]
"""What tells a site from others."""


@dataclass(frozen=True, slots=True)
class GroundedPassage:
    """A passage with what led to it.

    Attributes:
        passage: What the model is given.
        last_line: The last line it was taken from, 1-based, inclusive; of a class whose methods are left out,
            the last one shown.
        reason: Why it was chosen.
        symbol: What it defines or uses; "" when that isn't a symbol.
    """

    passage: ContextPassage
    last_line: int
    reason: Reason
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is given.

    Attributes:
        passages: How many at most.
        characters: In all of them together.
        passage_characters: In one.
        passage_lines: In one.
    """

    passages: int = 8
    characters: int = 6_000
    passage_characters: int = 1_600
    passage_lines: int = 30


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the workspace that may be worth showing, by what is known of it before its file is read.

    Attributes:
        path: POSIX path relative to the workspace.
        start_line: Where the index has it, 1-based: a hint.
        end_line: Inclusive.
        reason: Why.
        symbol: The definition's symbol path; with `text`, what the lines belong to.
        text: The lines as indexed; "" for a definition, which is looked for by its name.
    """

    path: str
    start_line: int
    end_line: int
    reason: Reason
    symbol: str = ""
    text: str = ""

    @property
    def identity(self) -> Identity:
        """What tells it from other sites, wherever its lines move."""
        return self.reason, self.path, self.symbol, self.text

    @property
    def name(self) -> str:
        """The last part of the symbol path."""
        return self.symbol.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines taken from a text, some perhaps left out between them.

    Attributes:
        lines: Their numbers, 1-based, ascending.
        text: The lines; "..." stands where some are left out.
    """

    lines: tuple[int, ...]
    text: str
