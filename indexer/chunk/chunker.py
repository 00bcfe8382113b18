"""A file's text to its chunks."""

from __future__ import annotations

from collections.abc import Iterable

from ..languages import Language, detect_language
from .chunk import Chunk
from .lines import Lines
from .prose import by_heading, by_size
from .sizes import DEFAULT_SIZES, Sizes

_HEADED = frozenset({"markdown", "restructuredtext", "asciidoc", "org"})


def chunk_text(text: str, path: str, sizes: Sizes = DEFAULT_SIZES) -> list[Chunk]:
    """Cut a file into chunks that follow its syntax.

    Every line that is not blank is in exactly one chunk. The same text and file name always give the same
    chunks.

    Args:
        text: The whole file; any string.
        path: The file's path; only its last part is looked at, to tell the language.
        sizes: How large chunks are meant to be.

    Returns:
        The chunks in the order of their lines; none for a blank file.
    """
    language = detect_language(path, text[:4096])
    lines = Lines(text)
    return list(_chunks(text, lines, language, sizes))


def _chunks(text: str, lines: Lines, language: Language, sizes: Sizes) -> Iterable[Chunk]:
    if language.name in _HEADED:
        return by_heading(lines, sizes, language.name)
    if language.grammar is None or not lines.size(0, len(lines) - 1):
        return by_size(lines, sizes, language.name)
    from .code import by_syntax  # noqa: PLC0415 - brings in the grammars

    return by_syntax(text, lines, language, sizes)
