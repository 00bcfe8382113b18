"""From the bytes of a file to text worth indexing, or the reason why it is not."""

from __future__ import annotations

import codecs

from .entry import ContentLimits, SkipReason
from .generated import has_generated_marker, is_generated_name, is_minified_name
from .secrets import contains_private_key

# The longer marks first: that of UTF-32 starts with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_STARTS = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
)
# Control characters that text does contain: tab, line ends, form feed, backspace, escape (terminal colours).
_TEXT_CONTROLS = b"\t\n\r\f\b\x1b\x0b"
_OTHER_CONTROLS = bytes(set(range(0x20)) - set(_TEXT_CONTROLS)) + b"\x7f"
_MAX_CONTROL_SHARE = 0.02

# Hand-written code may hold a key or a picture on one line; data and bundles are little else.
_LONG_LINES_MAX_SHARE = 0.8

_MINIFIABLE = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".css", ".html", ".htm")
_MINIFIED_MIN_LENGTH = 2_000
_MINIFIED_MEAN_LINE = 200
_MINIFIED_MAX_BLANKS = 0.10  # prose and hand-written code are a sixth blanks or more


def inspect(path: str, data: bytes, limits: ContentLimits | None = None) -> str | SkipReason:
    r"""Text of a file, or why it is not indexed.

    A `SkipReason` is a string too, so test for it first. Line ends are left alone: lines are what ``\n``
    separates.

    Args:
        path: POSIX path relative to the workspace root.
        data: The whole contents.
        limits: What is worth indexing; the defaults when None.
    """
    limits = limits or ContentLimits()
    if len(data) > limits.max_file_bytes:
        return SkipReason.TOO_LARGE
    if is_generated_name(path):
        return SkipReason.GENERATED
    if is_minified_name(path):
        return SkipReason.MINIFIED
    text = decode(data)
    return text if isinstance(text, SkipReason) else _judged(path, text, limits)


def _judged(path: str, text: str, limits: ContentLimits) -> str | SkipReason:
    if not limits.index_secrets and contains_private_key(text):
        return SkipReason.SECRET
    if has_generated_marker(text):
        return SkipReason.GENERATED
    if path.lower().endswith(_MINIFIABLE) and _looks_minified(text):
        return SkipReason.MINIFIED
    if _is_mostly_long_lines(text, limits.max_line_length):
        return SkipReason.LONG_LINE
    return text


def decode(data: bytes) -> str | SkipReason:
    """Text of UTF-8, or of UTF-16 and UTF-32 with a byte order mark (dropped), else BINARY or UNDECODABLE."""
    mark, encoding = next((pair for pair in _BYTE_ORDER_MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    if encoding == "utf-8" and _is_binary(data):
        return SkipReason.BINARY
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        return SkipReason.UNDECODABLE
    return SkipReason.BINARY if "\0" in text else text


def _is_binary(data: bytes) -> bool:
    if b"\0" in data or data.startswith(_BINARY_STARTS):
        return True
    controls = len(data) - len(data.translate(None, _OTHER_CONTROLS))
    return controls > len(data) * _MAX_CONTROL_SHARE


def _is_mostly_long_lines(text: str, max_length: int) -> bool:
    if len(text) <= max_length:
        return False
    in_long_lines = sum(len(line) for line in text.split("\n") if len(line) > max_length)
    return in_long_lines > len(text) * _LONG_LINES_MAX_SHARE


def _looks_minified(text: str) -> bool:
    if len(text) < _MINIFIED_MIN_LENGTH:
        return False
    lines = sum(1 for line in text.split("\n") if line.strip())
    blanks = text.count(" ") + text.count("\t")
    return len(text) > lines * _MINIFIED_MEAN_LINE and blanks < len(text) * _MINIFIED_MAX_BLANKS
