"""Which lines of a document are comments, by how its language begins them. Pure."""

from __future__ import annotations

from ..indexer.grounding.language_traits import BLOCK_COMMENTS, LINE_COMMENTS

_BLOCK = ("/*", "*/")


def has_comments(language: str) -> bool:
    """Whether it is known how a language, as the index names it, begins its comments."""
    return language in LINE_COMMENTS or language in BLOCK_COMMENTS


def is_comment(row: str, language: str) -> bool:
    """Whether a line is a comment, or looks like a line of one that has several.

    Args:
        row: The line.
        language: As the index names it.
    """
    row = row.strip()
    if row.startswith("#["):
        return False  # an attribute of Rust
    if row.startswith(LINE_COMMENTS.get(language, ())):
        return not row.startswith("#!")
    blocks = BLOCK_COMMENTS.get(language, ())
    if _BLOCK in blocks and (row.startswith(("* ", "*/")) or row == "*"):
        return True
    return row.startswith(tuple(begin.strip() for begin, _ in blocks))
