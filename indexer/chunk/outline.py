"""A syntax tree to a flat list of items: definitions, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..languages.syntax import SCOPE_KINDS, TYPE_KINDS, Found, Syntax
from .chunk import KINDS
from .item import Item, Scope
from .lines import Lines
from .sizes import Sizes

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFINING_KINDS = KINDS - {"impl", "extension", "block"}
_LONG_ROWS = 40
_DEEPEST = 24
_HEADER_LENGTH = 160
_HEADER_ROWS = 12
_DEEP_KINDS = frozenset({"function", "method", "class", "struct", "interface", "enum", "trait", "module"})
"""What is a definition even inside a function; the rest is local there."""

_STATEMENT_KINDS = frozenset({"constant", "property", "type", "macro"})


class _Leads:
    """The run of comments and attributes right above what comes next."""

    def __init__(self) -> None:
        self._start, self._end = -1, -2

    def add(self, start: int, end: int) -> None:
        if start > self._end + 1:
            self._start = start
        self._end = max(end, self._end)

    def above(self, row: int) -> int:
        """The first row of what belongs to a definition at this row."""
        return self._start if self._end >= row - 1 else row

    def clear(self) -> None:
        self._start, self._end = -1, -2


class Outline:
    """Reads one tree."""

    def __init__(self, lines: Lines, syntax: Syntax, sizes: Sizes) -> None:
        self._lines = lines
        self._syntax = syntax
        self._sizes = sizes

    def items(self, root: Node) -> list[Item]:
        """All items of a file in order; together they cover every row that is not blank, once."""
        return self._members(Scope(root), 0, len(self._lines) - 1, 0)

    def _members(self, scope: Scope, start: int, end: int, depth: int) -> list[Item]:
        items: list[Item] = []
        cursor = start
        leads = _Leads()
        for node, found in self._stream(scope):
            row, last = node.start_point.row, _last_row(node, end)
            if found is None:
                if node.type in self._syntax.leads and row >= cursor:
                    leads.add(row, last)
                    continue
                if node.type in self._syntax.tails and items and items[-1].definition:
                    self._extend(items[-1], last)
                    cursor = max(cursor, last + 1)
            elif last < cursor:
                _note(items, scope, found, row)
            else:
                top = max(cursor, leads.above(row))
                self._gap(items, scope, cursor, top - 1, header=cursor == start and depth > 0)
                items += self._definition(scope, found, node, top, last, depth)
                cursor = last + 1
            leads.clear()
        self._gap(items, scope, cursor, end, header=cursor == start and depth > 0)
        return items

    def _stream(self, scope: Scope) -> Iterator[tuple[Node, Found | None]]:
        """The nodes below a node, in order, looking through those that only hold others."""
        syntax = self._syntax
        named_members = scope.kind not in {"function", "method"}
        stack = list(reversed(scope.node.named_children))
        while stack:
            node = stack.pop()
            kind = node.type
            recognize = syntax.definitions.get(kind)
            found = recognize(node) if recognize is not None else None
            if found is not None and not named_members and found.kind not in _DEEP_KINDS:
                found = None
            if found is None and (
                kind in syntax.bodies
                or (kind in syntax.long_bodies and node.end_point.row - node.start_point.row > _LONG_ROWS)
            ):
                stack += reversed(node.named_children)
            else:
                yield node, found

    def _extend(self, item: Item, last: int) -> None:
        item.end = max(item.end, last)
        item.small = self._lines.size(item.start, item.end) < self._sizes.own

    def _gap(self, items: list[Item], scope: Scope, start: int, end: int, *, header: bool) -> None:
        rows = self._lines.trim(start, end) if start <= end else None
        if rows is None:
            return
        item = Item(*rows, scope, scope.kind, scope.symbol, scope.context, scope.node, header=header)
        if header:
            item.context = scope.context.rpartition("\n")[0]
            if scope.kind in _DEFINING_KINDS:
                declared = min(max(rows[0], scope.node.start_point.row), rows[1])
                item.defines.append((scope.symbol, scope.kind, declared))
        items.append(item)

    def _definition(
        self, scope: Scope, found: Found, node: Node, top: int, last: int, depth: int
    ) -> list[Item]:
        kind = found.kind
        if kind == "function" and scope.kind in TYPE_KINDS:
            kind = "method"
        symbol = f"{scope.symbol}.{found.name}" if scope.symbol and found.name else scope.symbol or found.name
        size = self._lines.size(top, last)
        item = Item(top, last, scope, kind, symbol, scope.context, node, found.node, definition=True)
        item.small = size < (self._sizes.statement if kind in _STATEMENT_KINDS else self._sizes.own)
        item.body = max(top, node.start_point.row)
        if kind in _DEFINING_KINDS and found.name:
            item.defines.append((symbol, kind, max(top, found.node.start_point.row)))
        large = size > self._sizes.most
        if depth < _DEEPEST and last > top and (large or (kind in SCOPE_KINDS and not item.small)):
            header = _header(found.node, self._lines)
            inner = Scope(found.node, kind, symbol, f"{scope.context}\n{header}".strip("\n"))
            members = self._members(inner, top, last, depth + 1)
            definitions = [each for each in members if each.definition or each.scope is not inner]
            if any(large or not each.small for each in definitions):
                if not members[0].header:
                    members[0].defines[:0] = item.defines
                return members
            item.defines += [each for member in definitions for each in member.defines]
        return [item]


def _note(items: list[Item], scope: Scope, found: Found, row: int) -> None:
    """Record a definition on a row that an earlier one already covers."""
    if items and items[-1].scope is scope and items[-1].end >= row and found.name:
        symbol = f"{scope.symbol}.{found.name}" if scope.symbol else found.name
        items[-1].defines.append((symbol, found.kind, row))


def _last_row(node: Node, end: int) -> int:
    point = node.end_point
    row = point.row - 1 if point.column == 0 and point.row > node.start_point.row else point.row
    return min(row, end)


def _header(node: Node, lines: Lines) -> str:
    """The first lines of a definition, up to where its brackets close, on one line."""
    row = node.start_point.row
    last = min(node.end_point.row, row + _HEADER_ROWS)
    while row < last and lines.rows[row].lstrip().startswith(("@", "#[", "[")):
        row += 1
    header = " ".join(lines.rows[row].split())
    while row < last and header.count("(") > header.count(")") and len(header) < _HEADER_LENGTH:
        row += 1
        header += " " + " ".join(lines.rows[row].split())
    return header[:_HEADER_LENGTH].rstrip()


def header_of(item: Item, lines: Lines) -> str:
    """The header line of a definition, for the pieces that come after its first."""
    return _header(item.inner or item.node, lines)
