"""Items to chunks: small neighbours merged, scraps attached, large items split."""

from __future__ import annotations

from collections.abc import Iterator

from ..languages.syntax import TYPE_KINDS, Syntax
from .chunk import Chunk
from .item import Item
from .lines import Lines
from .outline import header_of
from .sizes import Sizes
from .split import cut, statement_rank, statement_rows

_TELLING_KINDS = TYPE_KINDS | {"function", "method"}
"""Of several small definitions in a chunk, one of these gives it its name."""


class Packer:
    """Makes the chunks of one file.

    Whether two items share a chunk depends on what they are, never on how much came before them: an edit in
    one function leaves the chunks of all others alone.
    """

    def __init__(self, lines: Lines, syntax: Syntax, sizes: Sizes, language: str) -> None:
        self._lines = lines
        self._syntax = syntax
        self._sizes = sizes
        self._language = language
        self._statements: dict[int, dict[int, int]] = {}

    def pack(self, items: list[Item]) -> Iterator[Chunk]:
        """The chunks of a file's items, in order."""
        if self._syntax.clauses:
            items = _join_clauses(items)
        for group in self._attach_scraps(_runs(self._attach_closings(items))):
            yield from self._emit(group)

    def _attach_closings(self, items: list[Item]) -> list[Item]:
        kept: list[Item] = []
        for item in items:
            closes = not item.definition and not item.header and item.end - item.start < 20
            if (
                kept
                and closes
                and all(
                    self._lines.blank(row) or self._lines.closing(row)
                    for row in range(item.start, item.end + 1)
                )
            ):
                kept[-1].end = item.end
            else:
                kept.append(item)
        return kept

    def _attach_scraps(self, groups: list[list[Item]]) -> list[list[Item]]:
        done: list[list[Item]] = []
        for position, group in enumerate(groups):
            following = groups[position + 1] if position + 1 < len(groups) else None
            if not self._is_scrap(group):
                done.append(group)
            elif self._belongs_above(group, done):
                done[-1] = done[-1] + group
            elif following is not None and (group[0].header or following[0].scope is group[0].scope):
                following[:0] = group
            elif done and done[-1][0].scope is group[0].scope:
                done[-1] = done[-1] + group
            else:
                done.append(group)
        return done

    def _is_scrap(self, group: list[Item]) -> bool:
        first, last = group[0], group[-1]
        if any(item.definition and not item.small for item in group):
            return False
        if any(item.header and item.kind in TYPE_KINDS - {"impl", "extension"} for item in group):
            return False
        return self._lines.size(first.start, last.end) < self._sizes.scrap

    def _belongs_above(self, group: list[Item], done: list[list[Item]]) -> bool:
        return (
            bool(done)
            and done[-1][-1].scope is group[0].scope
            and not group[0].header
            and done[-1][-1].end == group[0].start - 1
        )

    def _emit(self, group: list[Item]) -> Iterator[Chunk]:
        start, end = group[0].start, group[-1].end
        if self._lines.size(start, end) <= self._sizes.most:
            pieces = [(start, end)]
        else:
            pieces = cut(
                self._lines, start, end, self._sizes, statement_rank(self._lines, self._depths(group))
            )
        for first, last in pieces:
            rows = self._lines.trim(first, last)
            if rows is not None:
                yield self._chunk(group, *rows)

    def _depths(self, group: list[Item]) -> dict[int, int]:
        depths: dict[int, int] = {}
        for item in group:
            known = self._statements.get(item.node.id)
            if known is None:
                known = statement_rows(item.node, self._lines, self._sizes, self._syntax.leads)
                self._statements[item.node.id] = known
            depths.update((row, depth + 1) for row, depth in known.items() if item.start <= row <= item.end)
            depths[item.start] = 0
            if item.definition and item.body > item.start:
                depths[item.body] = (
                    0 if self._lines.size(item.start, item.body - 1) >= self._sizes.least else 99
                )
        return depths

    def _chunk(self, group: list[Item], first: int, last: int) -> Chunk:
        begun = [item for item in group if item.start <= last and item.end >= first]
        defines = [each for item in begun for each in item.defines if first <= each[2] <= last]
        main = self._main(begun, first, last)
        kind, symbol, context = main.kind, main.symbol, main.context
        if main.definition and main.start < first and main.body < first:
            context = f"{context}\n{header_of(main, self._lines)}".strip("\n")
        if not symbol and all(item.definition and item.kind == begun[0].kind for item in begun):
            kind = begun[0].kind
        return Chunk(
            start_line=first + 1,
            end_line=last + 1,
            language=self._language,
            kind=kind,
            symbol=symbol,
            text=self._lines.text(first, last),
            context=context,
            defines=tuple(dict.fromkeys(each[0] for each in defines if each[0])),
        )

    def _main(self, items: list[Item], first: int, last: int) -> Item:
        """The item that gives a chunk its name: a header, or the definition that fills half of it."""

        def share(item: Item) -> int:
            return self._lines.size(max(item.start, first), min(item.end, last))

        large = [item for item in items if item.definition and not item.small]
        if large:
            return max(large, key=share)
        headers = [item for item in items if item.header]
        if headers:
            return next((item for item in reversed(headers) if item.kind in TYPE_KINDS), headers[0])
        definitions = [item for item in items if item.definition]
        if not definitions:
            return items[0]
        telling = [item for item in definitions if item.kind in _TELLING_KINDS]
        best = max(telling or definitions, key=share)
        if telling or len(definitions) == 1 or 2 * share(best) >= self._lines.size(first, last):
            return best
        loose = next((item for item in items if not item.definition), None)
        return loose or _whole(best)


def _whole(item: Item) -> Item:
    """Stands for several definitions of one scope."""
    scope = item.scope
    return Item(item.start, item.end, scope, scope.kind, scope.symbol, scope.context, item.node)


def _runs(items: list[Item]) -> list[list[Item]]:
    """Neighbours that may share a chunk, together."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and item.small and runs[-1][-1].small and runs[-1][-1].scope is item.scope:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _join_clauses(items: list[Item]) -> list[Item]:
    joined: list[Item] = []
    for item in items:
        above = joined[-1] if joined else None
        if (
            above is not None
            and above.definition
            and item.definition
            and above.symbol == item.symbol
            and item.symbol
            and above.scope is item.scope
        ):
            above.end = item.end
            above.small = False
            above.node = item.scope.node
        else:
            joined.append(item)
    return joined
