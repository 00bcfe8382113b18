"""The definition that a line is in, told by its looks: right for half-typed code, and quick. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAB = 4
_MOST_ROWS = 3_000
_MOST_HEADER_ROWS = 20
_LONGEST_ROW = 500

_FUNCTION = re.compile(
    r"\s*(?:(?:export|default|pub(?:\([\w:]+\))?|public|private|protected|internal|static|final|abstract"
    r"|virtual|override|async|unsafe|const|inline|extern|suspend|open|local|partial|sealed|data)\s+)*"
    r"(?:def|fn|func|function|fun|sub|proc|defp?)\b\*?\s*(?:\([^)]*\)\s*)?(?P<name>[\w$.:?!]+)"
)
_TYPE = re.compile(
    r"\s*(?:(?:export|default|pub(?:\([\w:]+\))?|public|private|protected|internal|static|final|abstract"
    r"|sealed|data|partial|open|case|value)\s+)*"
    r"(?:class|struct|interface|trait|enum|impl|module|protocol|record|object|type)\s+(?P<name>[\w$]+)"
)
_ARROW = re.compile(
    r"\s*(?:export\s+)?(?:const|let|var)\s+(?P<name>[\w$]+)\s*(?::[^=]+)?=\s*(?:async\s*)?"
    r"(?:function\b|\([^)]*\)|[\w$]+)\s*(?::[^=]+)?(?:=>|\{|$)"
)
_BRACED = re.compile(r"\s*(?:[\w$<>\[\],.*&:?@]+\s+)*[*&]*(?P<name>~?[A-Za-z_$][\w$:]*)\s*\([^;]*$")
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "if else for while switch catch with return match when do try using lock foreach elif unless until"
        " synchronized sizeof new throw await yield assert print in not and or",
    )
)
_COMMENT = re.compile(
    r"\s*(?://|#(?!\s*(?:define|include|ifn?def|if|endif|else|pragma|region)\b)|/\*|\*(?=[\s/]|$)|--(?=\s)|;)"
)
_DECORATION = re.compile(r"\s*(?:@\w|#!?\[|\[\w[^\]]*\]\s*$|template\s*<)")
_CLOSER = re.compile(r"\s*(?:[\])}]|(?:end|endfunction|done|fi|esac)\b)")
_DOCSTRING = re.compile(r"\s*[rRuUbB]{0,2}(?:\"\"\"|'''|\"|')")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:#|//).*")
_UNFINISHED = re.compile(
    r"\b(?:TODO|FIXME|XXX)\b|\braise\s+NotImplementedError\b|\b(?:todo|unimplemented)!|[Nn]ot[ _]?implemented"
    r"|\bTODO\("
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A definition in a document; rows are LSP lines, 0-based, ends exclusive.

    Attributes:
        name: Its name.
        kind: What it is.
        first: Its first row, decorators and attributes included, comments not.
        last: Where it ends.
        body: Where its body begins.
        has_documentation: Whether a comment stands above it, or a docstring in it.
        is_unfinished: Whether its body is empty, a placeholder, or has something left to be done.
    """

    name: str
    kind: Literal["function", "type"]
    first: int
    last: int
    body: int
    has_documentation: bool
    is_unfinished: bool


def scope_at(rows: Sequence[str], row: int, language: str) -> Scope | None:
    """Find the innermost definition that a row is in, its header and decorators included.

    Args:
        rows: The lines of the document.
        row: 0-based.
        language: Of the document, as its editor names it.
    """
    for at in range(min(row, len(rows) - 1), max(-1, row - _MOST_ROWS), -1):
        if not rows[at].strip() or is_comment(rows[at]):
            continue
        found = _header(rows, at)
        if found is not None and _end(rows, at) > row:
            return _scope(rows, at, *found, language)
    for at in range(row, min(len(rows), row + _MOST_HEADER_ROWS)):
        # On a decorator or attribute, the definition is the one below.
        if not _DECORATION.match(rows[at]):
            found = _header(rows, at) if at > row else None
            return _scope(rows, at, *found, language) if found else None
    return None


def is_comment(row: str) -> bool:
    """Whether a line is a comment, as far as its beginning tells."""
    return _COMMENT.match(row) is not None and not _DECORATION.match(row)


def indent_of(row: str) -> str:
    """The white space that a line begins with."""
    return row[: len(row) - len(row.lstrip(" \t"))]


def _width(row: str) -> int:
    return len(indent_of(row).expandtabs(_TAB))


def _header(rows: Sequence[str], at: int) -> tuple[str, Literal["function", "type"]] | None:
    row = rows[at][:_LONGEST_ROW]
    if found := _FUNCTION.match(row) or _ARROW.match(row):
        return found["name"].rstrip(":"), "function"
    if found := _TYPE.match(row):
        return found["name"], "type"
    found = _BRACED.match(row.rstrip())
    begins = row[: found.end("name")] if found else ""
    if found is None or "=" in begins or _NO_NAMES & set(re.findall(r"\w+", begins)):
        return None
    opens = rows[_header_end(rows, at)].rstrip()
    return (found["name"], "function") if opens.endswith("{") else None


def _header_end(rows: Sequence[str], at: int) -> int:
    """The last row of a header: where its brackets close, or a brace of its own opens below."""
    depth = 0
    for row in range(at, min(len(rows), at + _MOST_HEADER_ROWS)):
        bare = _TEXT.sub("", rows[row][:_LONGEST_ROW])
        depth += bare.count("(") + bare.count("[") - bare.count(")") - bare.count("]")
        if depth <= 0:
            return row + 1 if row + 1 < len(rows) and rows[row + 1].strip() == "{" else row
    return at


def _end(rows: Sequence[str], at: int) -> int:
    """Where the block ends whose header begins at a row, exclusive."""
    own, last = _width(rows[at]), _header_end(rows, at)
    for row in range(last + 1, min(len(rows), at + _MOST_ROWS)):
        if not rows[row].strip():
            continue
        width = _width(rows[row])
        if width > own:
            last = row
        elif width == own and _CLOSER.match(rows[row]):
            return row + 1
        else:
            break
    return last + 1


def _scope(
    rows: Sequence[str], at: int, name: str, kind: Literal["function", "type"], language: str
) -> Scope:
    first = at
    while first > 0 and _DECORATION.match(rows[first - 1]):
        first -= 1
    body, last = _header_end(rows, at) + 1, _end(rows, at)
    if language.lower() == "python":
        is_documented = body < last and _DOCSTRING.match(rows[body]) is not None
    else:
        is_documented = first > 0 and (is_comment(rows[first - 1]) or rows[first - 1].rstrip().endswith("*/"))
    inside = [row.strip() for row in rows[body:last] if row.strip() and not _CLOSER.match(row)]
    is_unfinished = (
        not inside or all(row in {"pass", "..."} or _DOCSTRING.match(row) for row in inside)
        or any(_UNFINISHED.search(row) for row in inside)
    )  # fmt: skip
    if kind == "type" or (body == last and "{" in rows[at] and "}" in rows[at]):
        is_unfinished = False
    return Scope(name, kind, first, last, body, is_documented, is_unfinished)
