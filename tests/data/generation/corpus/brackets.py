"""How well the brackets and quotes of a text go together, without knowing its language."""

from __future__ import annotations

import re

_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())
_BRACKET = re.compile(r"[()\[\]{}]")
_QUOTES = "\"'`"
_MARKS = frozenset("()[]{}" + _QUOTES)

WINDOW = 8_000
"""Characters looked at on either side of a place; what stands further away counts the same for all
choices."""


def imbalance(before: str, text: str, after: str) -> tuple[int, int]:
    """Brackets without a partner, and quotes that are odd in number on the line where `text` ends.

    Strings and comments are read like code. So the number by itself says little; that one text makes it
    smaller than another, at the same place, says much.

    Args:
        before: What stands before the text; its last `WINDOW` characters are looked at.
        text: The text.
        after: What stands after it, likewise.
    """
    near_before, near_after = before[-WINDOW:], after[:WINDOW]
    open_brackets: list[str] = []
    alone = 0
    for part in (near_before, text, near_after):
        for bracket in _BRACKET.findall(part):
            if bracket in _OPENING:
                open_brackets.append(_OPENING[bracket])
            elif open_brackets and open_brackets[-1] == bracket:
                open_brackets.pop()
            else:
                alone += 1
    ahead = near_before + text
    line = ahead[ahead.rfind("\n") + 1 :] + near_after.split("\n", 1)[0]
    return alone + len(open_brackets), sum(line.count(quote) % 2 for quote in _QUOTES)


def closes_more_than_it_opens(text: str) -> bool:
    """Whether a text has a closing bracket without a partner in it, or an odd number of some quote."""
    open_brackets: list[str] = []
    for bracket in _BRACKET.findall(text):
        if bracket in _OPENING:
            open_brackets.append(_OPENING[bracket])
        elif open_brackets and open_brackets[-1] == bracket:
            open_brackets.pop()
        else:
            return True
    return any(text.count(quote) % 2 for quote in _QUOTES)


def is_closing(character: str) -> bool:
    """Whether a character is a closing bracket."""
    return character in _CLOSING


def has_any(text: str) -> bool:
    """Whether a text has brackets or quotes."""
    return any(character in _MARKS for character in text)
