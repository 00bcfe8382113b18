"""The unit of the index: some whole lines of one file."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = frozenset(
    {
        "block",
        "class",
        "constant",
        "enum",
        "extension",
        "function",
        "impl",
        "interface",
        "macro",
        "method",
        "module",
        "object",
        "property",
        "section",
        "struct",
        "trait",
        "type",
    }
)
"""Everything that `Chunk.kind` can be."""


@dataclass(frozen=True, slots=True)
class Chunk:
    r"""Some whole lines of one file.

    Attributes:
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        language: `Language.name` of the file.
        kind: What the lines mostly are; one of `KINDS`.
        symbol: Dotted path of what they define ("Class.method"), of what they are a part of, or "". For prose
            the path of headings, joined by " > ".
        text: The lines, joined by "\n", without their line ends.
        context: Header lines of what encloses the chunk, outermost first, joined by "\n"; not part of its
            lines.
        defines: Symbol paths of every definition that begins in these lines.
    """

    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str
    text: str
    context: str = ""
    defines: tuple[str, ...] = ()
