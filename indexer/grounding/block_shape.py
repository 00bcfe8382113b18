"""Whether what is written at a cursor may have several lines. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .indentation import is_comment
from .language_traits import ARROWS, COLON_BLOCKS, PROSE, WORD_BLOCKS
from .lexical import lexical_place

_CLOSING = re.compile(r"[\s)\]}>\"'`;,:]*$")
_LAST_WORD = re.compile(r"(\w+)[ \t]*$")
_COLON_HEADER = re.compile(
    r"\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case|proc|func|when|of)\b"
)


@dataclass(frozen=True, slots=True)
class BlockShape:
    """How much may be written at a cursor.

    Attributes:
        single_line: Whether a completion ends with its line.
        because: The rule that says so: "text after", "string", "comment", "documentation", "prose", "block",
            "empty line" or "rest of line".
    """

    single_line: bool
    because: str


def block_shape(language: str, text: str, offset: int) -> BlockShape:
    """Tell whether a completion may have several lines.

    Args:
        language: As the index names it; an unknown one goes by the rules that all languages share.
        text: The document, perhaps half typed.
        offset: The cursor, in characters; one outside the text is taken to its nearest end.
    """
    offset = min(max(0, offset), len(text))
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    before, after = text[line_start:offset], text[offset : line_end if line_end >= 0 else len(text)]
    if not _CLOSING.match(after):
        return BlockShape(single_line=True, because="text after")
    place = lexical_place(language, text, offset).place
    if place in {"string", "comment"}:
        return BlockShape(single_line=True, because=place)
    if place in {"long string", "long comment"}:
        return BlockShape(single_line=bool(before.strip() and after.strip()), because="documentation")
    if place == "prose" or language in PROSE:
        return BlockShape(single_line=bool(before.strip()), because="prose")
    return _in_code(language, before.rstrip())


def _in_code(language: str, before: str) -> BlockShape:
    if not before:
        # What follows on the line can only be closers: of an argument list, or of the block itself.
        return BlockShape(single_line=False, because="empty line")
    if _opens_block(language, before):
        return BlockShape(single_line=False, because="block")
    return BlockShape(single_line=True, because="rest of line")


def _opens_block(language: str, line: str) -> bool:
    if line.endswith("{") and not line.endswith(("${", "#{", "{{")):
        return True
    if line.endswith(ARROWS):
        return not is_comment(line)
    if line.endswith(":") and (language in COLON_BLOCKS or not language):
        return language == "yaml" or _COLON_HEADER.match(line) is not None
    word = _LAST_WORD.search(line)
    return word is not None and word.group(1) in WORD_BLOCKS.get(language, ())
