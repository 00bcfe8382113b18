"""Gaps in a text, as they are for training and for the questions of measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

KINDS = ("line", "lines", "block", "any")
"""One line or its rest, several lines, the lines that are indented more than one above, any part."""

LONGEST = 120


def span(random: Random, text: str, kind: str) -> tuple[int, int]:
    """Where a random gap of a kind in KINDS begins and ends; it holds more than space.

    Most begin where a line's text does, where people stop typing; else within a line.
    """
    while True:
        start, end = _span(random, text, kind)
        if text[start:end].strip():
            return start, end


def _span(random: Random, text: str, kind: str) -> tuple[int, int]:
    if kind == "any":
        start = random.randrange(len(text) - 1)
        return start, random.randint(start + 1, min(len(text), start + LONGEST))
    lines = text.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    first = random.randrange(len(lines))
    last = first
    if kind == "lines":
        last = min(first + random.randint(1, 4), len(lines) - 1)
    elif kind == "block":
        while last + 1 < len(lines) and last - first < 11 and not _ends(lines[first], lines[last + 1]):
            last += 1
    while last > first and not lines[last].strip():
        last -= 1
    line = lines[first].rstrip("\n")
    start = begins[first] + len(line) - len(line.lstrip())
    if random.random() < 0.15 and line.strip():
        start = random.randrange(start, begins[first] + len(line))
    return start, begins[last] + len(lines[last].rstrip("\n"))


def _ends(first: str, line: str) -> bool:
    """Whether a line is no part of the block that another line begins in."""
    if not line.strip():
        return False
    begins = line.startswith(("def ", "class ", "function", "export"))
    return begins or _indentation(line) < _indentation(first)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
