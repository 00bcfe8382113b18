"""Chunks of source code that a grammar reads."""

from __future__ import annotations

from collections.abc import Iterable

from ..languages import Language
from ..languages.grammars import SYNTAXES
from .chunk import Chunk
from .lines import Lines
from .outline import Outline
from .pack import Packer
from .parse import parse
from .prose import by_size
from .sizes import Sizes


def by_syntax(text: str, lines: Lines, language: Language, sizes: Sizes) -> Iterable[Chunk]:
    """Cut source code at its definitions; by size when it cannot be parsed within reason."""
    grammar = language.grammar or ""
    syntax = SYNTAXES.get(grammar)
    tree = parse(text.encode("utf-8", "replace"), grammar) if syntax is not None else None
    if syntax is None or tree is None:
        return by_size(lines, sizes, language.name)
    items = Outline(lines, syntax, sizes).items(tree.root_node)
    # The nodes that items hold are valid only while the tree lives, hence no lazy generator here.
    return list(Packer(lines, syntax, sizes, language.name).pack(items))
