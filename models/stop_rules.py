"""When a completion is done, told while it is written, so that no time goes into what would be trimmed."""

from __future__ import annotations

import re
from collections.abc import Callable

from .surroundings import Surroundings, weight

StopRule = Callable[[str], int | None]
"""Given all the text so far: how many of its characters are worth keeping, once writing on is pointless; else
None. Asked again with each longer text; the first answer that isn't None ends the completion."""

REPEATED_LINES = 2
REPEATED_WEIGHT = 16
_CONTINUES = re.compile(
    r"[)\]}>]|(else|elif|except|finally|case|default|catch|rescue|ensure|when|end|endif|fi|done|esac|then|do|in|and|or"
    r"|public|private|protected)\b|\"\"\"|'''|`|#|//|/?\*|--|<!--|</"
)
_TEXT_OF_LINE = re.compile(r"\S[^\n]*\n")


def stop_rule(prefix: str, suffix: str, *, single_line: bool) -> StopRule:
    """Make the rule for one completion.

    It ends when its one line is done; when two lines with text that follow the cursor are being said again;
    when a line begins further left than the block that was begun in, unless it goes on with it ("else", "}").

    Args:
        prefix: The document before the cursor.
        suffix: The document after it.
        single_line: Whether the first line break that follows text ends the completion.
    """
    repeated = Surroundings(prefix, suffix).first_lines(REPEATED_LINES)
    if weight(repeated) < REPEATED_WEIGHT:
        repeated = ""
    cursor_line = prefix[prefix.rfind("\n") + 1 :]

    def rule(text: str) -> int | None:
        if single_line and (line := _TEXT_OF_LINE.search(text)):
            return line.end() - 1
        if repeated and (at := text.find(repeated)) >= 0:
            return at
        return _dedented(cursor_line, text)

    return rule


def _dedented(cursor_line: str, text: str) -> int | None:
    """Where a line begins further left than the first line with text; only whole lines count."""
    block: int | None = None
    start = 0
    for line in (cursor_line + text).split("\n")[:-1]:
        indent = len(line) - len(line.lstrip())
        if line.strip():
            if block is not None and indent < block and not _CONTINUES.match(line.strip()):
                return max(0, start - len(cursor_line) - 1)
            block = indent if block is None else block
        start += len(line) + 1
    return None
