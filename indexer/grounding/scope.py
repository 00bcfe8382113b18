"""The definitions around a cursor, for half-typed code too.

Blocks are told by indentation, so that a line that is half typed spoils nothing. What the rows that open them
define is told by the grammar, which reads only these rows: the same few for a file of any length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..chunk.parse import parse
from ..languages.detect import BY_NAME
from ..languages.grammars import SYNTAXES
from ..search.snippet import source_lines
from .indentation import (
    block_end,
    enclosing_rows,
    header_end,
    indent_of,
    is_attribute,
    is_closer,
    is_comment,
    lead_start,
)
from .language_traits import COLON_BLOCKS, WORD_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ..languages.syntax import Syntax

_MOST_SCOPES = 12
_LONGEST_ROW = 300
_TYPE_ABOVE = frozenset({"c", "cpp", "cuda", "objc"})
_TYPE_ROW = re.compile(r"[ \t]*[A-Za-z_][\w \t*&:<>,]{0,100}$")
_NAME_ROW = re.compile(r"[ \t]*[\w:~]+[ \t]*\(")
_CODE_KINDS = frozenset(
    {
        "function",
        "method",
        "class",
        "struct",
        "interface",
        "enum",
        "trait",
        "impl",
        "module",
        "object",
        "extension",
        "macro",
    }
)


@dataclass(frozen=True, slots=True)
class CodeScope:
    """A definition that encloses a place.

    Attributes:
        name: Its own name.
        symbol: Its path, with the names of what encloses it: "Class.method".
        kind: As in `Chunk.kind`: "function", "method", "class", …
        first_line: Its first line with the comments and decorators above it; 1-based, as all lines.
        header_line: The line on which it is declared.
        body_line: The first line below its header; above `last_line` by one when there is none.
        last_line: Inclusive.
        indentation: The white space before its declaration.
        header: The declaration, its lines joined by spaces.
    """

    name: str
    symbol: str
    kind: str
    first_line: int
    header_line: int
    body_line: int
    last_line: int
    indentation: str
    header: str


def scope_at(language: str, text: str, offset: int) -> CodeScope | None:
    """The innermost definition around a place; None at the top of a file, or where no grammar tells."""
    return next(iter(scopes_at(language, text, offset)), None)


def scopes_at(language: str, text: str, offset: int) -> tuple[CodeScope, ...]:
    """The definitions around a place, innermost first.

    A place in the comment or the decorators right above a definition belongs to it.

    Args:
        language: As the index names it.
        text: The document.
        offset: The place, in characters; one outside the text is taken to its nearest end.
    """
    known = BY_NAME.get(language)
    grammar = known.grammar if known is not None else None
    syntax = SYNTAXES.get(grammar) if grammar is not None else None
    if grammar is None or syntax is None:
        return ()
    rows = source_lines(text)
    offset = min(max(0, offset), len(text))
    row = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    chain = _chain(rows, row, column, language)[:_MOST_SCOPES]
    found = _defined(chain, rows, language, grammar, syntax)
    scopes = [_scope(rows, at, *found[at]) for at in chain if at in found]
    return tuple(each for each in scopes if each.first_line <= row + 1 <= each.last_line + _slack(rows, row))


def _slack(rows: Sequence[str], row: int) -> int:
    """How many blank lines above a row: a cursor below a body, on blank lines, is still in it."""
    at = row
    while at >= 0 and not rows[at].strip():
        at -= 1
    return row - at


def _chain(rows: Sequence[str], row: int, column: int, language: str) -> list[int]:
    """The rows that may declare what encloses a place, innermost first."""
    start, indent = _anchor(rows, row, column)
    closes = is_closer(rows[start]) or rows[start].strip() == "{"
    own = [start] if rows[start].strip() and not closes else []
    around = enclosing_rows(rows, start, indent + closes)
    return list(dict.fromkeys(_declared(rows, at, language) for at in (*own, *around)))


def _anchor(rows: Sequence[str], row: int, column: int) -> tuple[int, int]:
    """The row from which to look up, and the indentation there."""
    if not rows[row].strip():
        above = next((at for at in range(row - 1, -1, -1) if rows[at].strip()), None)
        typed = indent_of(rows[row][:column] + "|") if rows[row][:column] else 0
        opened = above is not None and rows[above].rstrip().endswith(
            (":", "{", "->", "=>", "do", "then", "(")
        )
        inside = indent_of(rows[above]) + 1 if above is not None and opened else 0
        below = next(
            (indent_of(rows[at]) for at in range(row, min(len(rows), row + 50)) if rows[at].strip()), 0
        )
        return row, max(typed, inside, min(below, indent_of(rows[above]) if above is not None else 0))
    at = row
    while at + 1 < len(rows) and at - row < 40 and (is_comment(rows[at]) or is_attribute(rows[at])):
        if not rows[at + 1].strip() or indent_of(rows[at + 1]) < indent_of(rows[row]):
            return row, indent_of(rows[row])
        at += 1
    if lead_start(rows, at, 60) > row:
        at = row
    return at, indent_of(rows[at])


def _declared(rows: Sequence[str], row: int, language: str) -> int:
    """The first row of a header: above its last one, or above its name where the type has its own line."""
    if language not in _TYPE_ABOVE or row == 0:
        return row
    return row - 1 if _is_type_above(rows, row) else row


def _is_type_above(rows: Sequence[str], row: int) -> bool:
    above = rows[row - 1]
    is_type = _TYPE_ROW.match(above) is not None and indent_of(above) == indent_of(rows[row])
    return is_type and _NAME_ROW.match(rows[row]) is not None


def _header_end(rows: Sequence[str], row: int) -> int:
    """The last row of a header that begins at a row `_declared` gave."""
    begins_with_type = row + 1 < len(rows) and _is_type_above(rows, row + 1)
    return header_end(rows, row + 1 if begins_with_type else row)


def _defined(
    chain: Sequence[int], rows: Sequence[str], language: str, grammar: str, syntax: Syntax
) -> dict[int, tuple[str, str, str]]:
    """The name, path and kind of what each row declares, as far as it declares anything."""
    source: list[str] = []
    origin: dict[int, int] = {}
    closers: list[str] = []
    for at in reversed(chain):
        origin[len(source)] = at
        header = [row[:_LONGEST_ROW] for row in rows[at : _header_end(rows, at) + 1]]
        closers.append(_closer(header[-1], language))
        source += header
    if language in COLON_BLOCKS and chain:
        source.append(" " * (indent_of(rows[chain[0]]) + 8) + "pass")
    source += [each for each in reversed(closers) if each]
    tree = parse("\n".join(source).encode("utf-8", "replace"), grammar)
    if tree is None:
        return {}
    return {origin[row]: found for row, found in _names(tree.root_node, syntax) if row in origin}


def _closer(row: str, language: str) -> str:
    if row.rstrip().endswith("{"):
        return "}" + ")" * max(0, row.count("(") - row.count(")"))
    return "end" if language in WORD_HEADERS and language != "bash" else ""


def _names(root: Node, syntax: Syntax) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """The row, name, path and kind of every definition in a tree."""
    stack: list[tuple[Node, str, str]] = [(root, "", "")]
    while stack:
        node, path, within = stack.pop()
        recognize = syntax.definitions.get(node.type)
        found = recognize(node) if recognize is not None else None
        if found is not None and found.kind in _CODE_KINDS:
            path = f"{path}.{found.name}" if path and found.name else path or found.name
            in_type = within not in {"", "function", "method", "module"}
            within = "method" if found.kind == "function" and in_type else found.kind
            if found.name:
                yield found.node.start_point.row, (found.name, path, within)
            # What wraps the definition would be found again inside it.
            stack += [(each, path, within) for each in found.node.named_children]
        else:
            stack += [(each, path, within) for each in node.named_children]


def _scope(rows: Sequence[str], row: int, name: str, symbol: str, kind: str) -> CodeScope:
    head, line = _header_end(rows, row), rows[row]
    return CodeScope(
        name=name,
        symbol=symbol,
        kind=kind,
        first_line=lead_start(rows, row, 60) + 1,
        header_line=row + 1,
        body_line=head + 2,
        last_line=block_end(rows, row, head) + 1,
        indentation=line[: len(line) - len(line.lstrip())],
        header=re.sub(r"\s+", " ", " ".join(rows[row : head + 1])).strip(),
    )
