"""Parts of a text that fit a number of tokens, cut so that they stay put while the text is typed on.

A cut that moves with each key would change the prompt from there on, and the model would have to read all of
it again. So the beginning of a text is cut off in steps of many lines, at lines whose number in the document
is a multiple of the step: it stays where it is until the text has grown by about as much as a step, a quarter
of the room.
"""

from __future__ import annotations

from collections.abc import Callable

Count = Callable[[str], int]
"""Tokens of a plain text, by the model's own tokenizer; parts are counted by themselves and added up."""

MOST_CHARACTERS_PER_TOKEN = 8
"""No more of a text is looked at than this per token of room: documents may be a thousand times larger."""

CHARACTERS_PER_STEP_TOKEN = 3
STEPS = 4
HEAD_LINES = 8
MOST_STEP_LINES = 256


def memoised(count: Count) -> Count:
    """The same count, asked once for each text."""
    known: dict[str, int] = {}

    def counted(text: str) -> int:
        if text not in known:
            known[text] = count(text) if text else 0
        return known[text]

    return counted


def tail(text: str, room: int, count: Count) -> tuple[int, int]:
    """The end of a text.

    Args:
        text: Any text.
        room: Most tokens.
        count: Tokens of a text.

    Returns:
        Where the part begins, in characters, and its tokens. It begins at a line's beginning, unless the last
        line alone is too long.
    """
    least = max(0, len(text) - room * MOST_CHARACTERS_PER_TOKEN)
    begins = _line_beginnings(text, least)
    step = _step(len(text) - least, len(begins), room)
    for lines in (step, 1):
        start, tokens = _extended(text, [offset for line, offset in begins if line % lines == 0], room, count)
        if start < len(text) or not text:
            return start, tokens
    return _long_tail(text, room, count)


def head(text: str, room: int, count: Count) -> tuple[int, int]:
    """The beginning of a text.

    Args:
        text: Any text.
        room: Most tokens.
        count: Tokens of a text.

    Returns:
        Where the part ends, in characters, and its tokens. It ends after a line break, unless the first line
        alone is too long.
    """
    reach = min(len(text), room * MOST_CHARACTERS_PER_TOKEN)
    ends = [offset for _, offset in _line_beginnings(text[:reach], 0)[1:]]
    if reach == len(text) and text and text[-1] != "\n":
        ends.append(len(text))
    end = tokens = taken = 0
    for lines in (HEAD_LINES, 1):
        while taken < len(ends):
            further = min(taken + lines, len(ends))
            cost = count(text[end : ends[further - 1]])
            if tokens + cost > room:
                break
            end, tokens, taken = ends[further - 1], tokens + cost, further
    if end or not text:
        return end, tokens
    return _long_head(text, room, count)


def _line_beginnings(text: str, least: int) -> list[tuple[int, int]]:
    """Number and offset of each line that begins at `least` or after, at the end of the text as well."""
    line = text.count("\n", 0, least)
    result = [(0, 0)] if least == 0 else []
    at = text.find("\n", max(least - 1, 0))
    if least and at == least - 1:
        line -= 1
    while at != -1:
        line += 1
        result.append((line, at + 1))
        at = text.find("\n", at + 1)
    return result


def _step(characters: int, lines: int, room: int) -> int:
    """Lines of a step: the power of two with about a quarter of the room's text."""
    per_line = max(1.0, characters / max(lines, 1))
    wanted = room * CHARACTERS_PER_STEP_TOKEN / STEPS / per_line
    step = 1
    while step * 2 <= min(wanted, MOST_STEP_LINES):
        step *= 2
    return step


def _extended(text: str, offsets: list[int], room: int, count: Count) -> tuple[int, int]:
    """Go back from the end of a text from offset to offset, as far as there is room."""
    start, tokens = len(text), 0
    for offset in reversed(offsets):
        cost = count(text[offset:start])
        if tokens + cost > room:
            break
        start, tokens = offset, tokens + cost
    return start, tokens


def _long_tail(text: str, room: int, count: Count) -> tuple[int, int]:
    """The end of a last line that is too long, cut at steps counted from its beginning."""
    beginning = text.rfind("\n") + 1
    step = max(1, room)
    least = max(beginning, len(text) - room * MOST_CHARACTERS_PER_TOKEN)
    offsets = [offset for offset in range(beginning, len(text), step) if offset >= least]
    return _extended(text, offsets, room, count)


def _long_head(text: str, room: int, count: Count) -> tuple[int, int]:
    """The beginning of a first line that is too long."""
    end = text.find("\n") + 1 or len(text)
    end = min(end, room * MOST_CHARACTERS_PER_TOKEN)
    while end:
        tokens = count(text[:end])
        if tokens <= room:
            return end, tokens
        end = min(end - 1, end * room // tokens)
    return 0, 0
