"""Makes text from files and paths safe to show: nothing in it may command the terminal."""

from __future__ import annotations

import re

_TAB_WIDTH = 4

# C0 and C1 controls, DEL, lone surrogates, and the marks that reorder or hide what surrounds them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f\ud800-\udfff]"
)


def safe_line(text: str) -> str:
    """One line with every control, escape and reordering character spelled out.

    Args:
        text: Any string; line breaks are spelled out too.

    Returns:
        Text of printable characters, tabs widened to spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_spelled, text.expandtabs(_TAB_WIDTH))


def safe_block(text: str) -> str:
    r"""The same for text of several lines, whose "\n" stay."""
    return "\n".join(safe_line(line) for line in text.split("\n"))


def safe_piece(text: str) -> str:
    """The same for a part of a text that is shown as it comes: line breaks and tabs stay."""
    return _UNSAFE.sub(lambda match: match[0] if match[0] in "\n\t" else _spelled(match), text)


def clipped(text: str, width: int) -> str:
    """At most `width` characters of a line, an ellipsis standing for the rest."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] in "\n\r":
        return "\\n" if match[0] == "\n" else "\\r"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
