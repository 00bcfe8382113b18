"""Source text to syntax tree, with a bound on the work."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tree_sitter import Parser, Point, Tree

_LARGEST = 4_000_000
"""Bytes; a larger file is cut by size."""

_SLICE = 1024
_REPORTS = 5_000
_BYTES_PER_REPORT = 16
"""The parser reports about once per 40 to 300 bytes of ordinary code, but on some broken code a number of
times that is quadratic in its length. Counting reports, not seconds, gives the same chunks everywhere."""

_SECONDS = 2.0
"""Processor time, for the rare input on which single reports take long."""

_local = threading.local()


def parse(source: bytes, grammar: str) -> Tree | None:
    """Parse a file.

    Args:
        source: UTF-8.
        grammar: A grammar name of tree-sitter-language-pack.

    Returns:
        The tree, which may hold errors; None when there is no such grammar or the work would be unreasonable.
    """
    if len(source) > _LARGEST:
        return None
    parser = _parser(grammar)
    if parser is None:
        return None
    view = memoryview(source)
    parsing = True
    deadline = time.thread_time() + _SECONDS
    left = _REPORTS + len(source) // _BYTES_PER_REPORT

    def exhausted(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the parser's signature
        nonlocal left
        left -= 1
        return left < 0 or time.thread_time() > deadline

    def read(offset: int, _point: Point) -> memoryview | bytes:
        # Grammars read again what they have seen, some of them thousands of times: a view copies nothing.
        # `Node.text` calls this too, later, and crashes the process unless it is given bytes.
        return view[offset:] if parsing else source[offset : offset + _SLICE]

    try:
        return parser.parse(read, progress_callback=exhausted)
    except ValueError:
        parser.reset()
        return None
    finally:
        parsing = False


def _parser(grammar: str) -> Parser | None:
    parsers: dict[str, Parser | None] | None = getattr(_local, "parsers", None)
    if parsers is None:
        parsers = _local.parsers = {}
    if grammar not in parsers:
        parsers[grammar] = _load(grammar)
    return parsers[grammar]


def _load(grammar: str) -> Parser | None:
    from tree_sitter import Parser  # noqa: PLC0415 - heavy
    from tree_sitter_language_pack import get_language  # noqa: PLC0415 - heavy

    try:
        return Parser(get_language(cast("Any", grammar)))
    except (LookupError, ValueError):
        return None
