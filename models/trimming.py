"""A completion made to fit between the texts around the cursor.

Models run on into what already stands there, close brackets that the editor has closed, go round in circles,
and end in the middle of a line when they are cut off. What is trimmed here is
all but sure to be one of these: of 39,000 random pieces of this project's own code 99.95 % are left as they
are. The exceptions are text that is to stand there twice in a row, which nobody can tell from a repetition,
and brackets or quotes inside strings, which are counted like code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .brackets import closes_more_than_it_opens, has_any, imbalance, is_closing
from .surroundings import Surroundings, weight

SURE_WEIGHT = 3
"""Letters and digits that text must share with what follows the cursor, to be a repetition rather than
chance."""

CUT_WEIGHT = 12
"""Likewise when not even the first line is shared as a whole."""

BEYOND_DOUBT = 24
"""Likewise when brackets go together no better without it."""

SURE_LINES = 3
"""Lines that are shared when the completion goes on differently after them."""

MOST_LINE_BREAKS = 3
LOOP_LINES = 4
LONGEST_LOOP = 12
_CONTROL = re.compile(
    r"<\|[a-z_]{2,24}\|>|<｜[^｜\n]{2,30}｜>|</?s>|<(?:fim_(?:prefix|suffix|middle|pad)|file_sep|repo_name|PRE|SUF|MID|EOT)>"
    r"|\[(?:PREFIX|SUFFIX|MIDDLE|/?INST)\]|<(?:start|end)_of_turn>|<eos>"
)
_QUOTES = ("'", '"', "`")
_TEXT_OF_LINE = re.compile(r"\S[^\n]*")
_CHARACTER_LOOP = re.compile(r"(.{1,40}?)\1{9,}", re.DOTALL)
_CLOSERS = re.compile(r"[)\]}\"'`;,:]*")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A completion worth showing, or none.

    Attributes:
        text: What comes at the cursor; "" when nothing is worth showing.
        replaced: How many characters after the cursor, on its line, `text` takes the place of.
    """

    text: str
    replaced: int = 0


def trim_completion(
    prefix: str, suffix: str, completion: str, *, single_line: bool, was_cut: bool
) -> Trimmed:
    """Make a completion fit.

    Args:
        prefix: The document before the cursor.
        suffix: The document after it.
        completion: As the model wrote it.
        single_line: Whether it ends at the first line break that follows text.
        was_cut: Whether it had all the tokens it was given, so that its end may be missing.
    """
    text = _without_control_text(prefix, suffix, completion)
    text = _without_loops(text, was_cut=was_cut)
    surroundings = Surroundings(prefix, suffix)
    shown = _without_what_follows(surroundings, text)
    was_cut = was_cut and shown == text
    if single_line and (line := _TEXT_OF_LINE.search(shown)):
        was_cut = was_cut and line.end() == len(shown)
        shown = shown[: line.end()]
    shown = _ended(surroundings, shown, was_cut=was_cut)
    shown = _without_needless_closers(surroundings, shown)
    if not shown.strip() or _is_there_already(surroundings, shown):
        return Trimmed("")
    return Trimmed(shown, _replaced(surroundings, shown))


def _without_control_text(prefix: str, suffix: str, text: str) -> str:
    """The text up to where a control token is spelt, unless it is quoted or in the document as well."""
    text = text.replace("\ufffd", "")
    for token in _CONTROL.finditer(text):
        is_quoted = (
            (prefix[-1:] + text[: token.start()])[-1:] in _QUOTES
            or token.group() in prefix
            or token.group() in suffix
        )
        if not is_quoted:
            return text[: token.start()]
    return text


def _without_loops(text: str, *, was_cut: bool) -> str:
    """The text with what it says over and over at its end said once."""
    if (
        was_cut
        and (loop := _CHARACTER_LOOP.search(text))
        and loop.end() >= len(text) - len(loop[1])
        and weight(loop[1])
    ):
        return text[: loop.start() + len(loop[1])]
    lines = text.splitlines(keepends=True)
    whole = lines[:-1] if lines and not lines[-1].endswith("\n") and was_cut else lines
    for period in range(1, min(LONGEST_LOOP, len(whole) // LOOP_LINES) + 1):
        block = [line.rstrip("\n") for line in whole[-period:]]
        repeats = 1
        while block == [line.rstrip("\n") for line in whole[-period * (repeats + 1) : -period * repeats]]:
            repeats += 1
        if repeats >= LOOP_LINES and weight("".join(block)) >= SURE_WEIGHT:
            return "".join(whole[: len(whole) - period * (repeats - 1)])
    return text


def _without_what_follows(around: Surroundings, text: str) -> str:
    """The text without its end, as far as that is what follows the cursor anyway."""
    cuts = [*_repetitions(around, text), *_passed_by(around, text)]
    if not cuts:
        return text
    best = min(cuts, key=lambda cut: (imbalance(around.prefix, text[:cut], around.suffix), cut))
    return text[:best]


def _repetitions(around: Surroundings, text: str) -> list[int]:
    """Where the text could end because all that comes after is the beginning of the suffix."""
    before = None
    cuts = []
    for cut in range(len(text)):
        if not around.suffix.startswith(text[cut:]):
            continue
        shared = text[cut:]
        is_sure = _is_no_chance(around, text, cut)
        if weight(shared) >= BEYOND_DOUBT:
            cuts.append(cut)
        elif is_sure or (has_any(shared) and not _is_triple_quote(around, text)):
            before = imbalance(around.prefix, text, around.suffix) if before is None else before
            after = imbalance(around.prefix, text[:cut], around.suffix)
            if after < before or (is_sure and after[0] <= before[0]):
                cuts.append(cut)
    return cuts


def _is_no_chance(around: Surroundings, text: str, cut: int) -> bool:
    """Whether text that is the beginning of the suffix has enough in it to be a repetition."""
    shared = text[cut:]
    line = text[text.rfind("\n", 0, cut) + 1 : cut]
    if len(shared) < around.first_line_end or line.isspace():
        return weight(shared) >= CUT_WEIGHT
    ends_a_line = bool(around.tail.strip()) and "\n" in shared
    return weight(shared) >= SURE_WEIGHT or (ends_a_line and bool(line))


def _is_triple_quote(around: Surroundings, text: str) -> bool:
    """Whether three quotes stand where the text ends, so that one more or less says nothing."""
    seam = (around.prefix[-3:] + text)[-3:] + around.suffix[:3]
    return any(quote * 3 in seam for quote in _QUOTES)


def _passed_by(around: Surroundings, text: str) -> list[int]:
    """Where the text comes upon several lines that follow the cursor, whatever it says after them."""
    block = around.first_lines(SURE_LINES)
    if not block or weight(block) < CUT_WEIGHT:
        return []
    at = text.find(block)
    return [at] if at >= 0 else []


def _ended(around: Surroundings, text: str, *, was_cut: bool) -> str:
    """The text without a last line that is a part of one, and without space that nothing follows."""
    if was_cut:
        whole = text[: text.rfind("\n") + 1].rstrip()
        return whole or text.rstrip()
    if around.tail.strip():
        return text
    text = text.rstrip(" \t")
    body = text.rstrip("\n")
    following = len(around.suffix) - len(around.suffix.lstrip("\n"))
    allowed = max(0, MOST_LINE_BREAKS - following)
    return body + "\n" * min(len(text) - len(body), allowed)


def _without_needless_closers(around: Surroundings, text: str) -> str:
    """The text without closing brackets at its end, if that makes all brackets of the document go together.

    Not on lines with quotes: what is a string there, and what code, is more than can be told.
    """
    line = (around.prefix + text).rstrip().rsplit("\n", 1)[-1]
    if not around.is_small or any(quote in line for quote in _QUOTES):
        return text
    shorter = text.rstrip()
    alone = _brackets(around, text)
    while alone and is_closing(shorter[-1:]):
        shorter = shorter[:-1].rstrip()
        fewer = _brackets(around, shorter)
        if fewer >= alone:
            return text
        alone = fewer
    return text if alone or len(shorter) == len(text.rstrip()) else shorter


def _is_there_already(around: Surroundings, text: str) -> bool:
    """Whether all of the text is what follows the cursor."""
    said = text.strip()
    following = around.suffix.lstrip()
    if not following.startswith(said) or following[len(said) : len(said) + 1] not in {"", "\n"}:
        return False
    is_sure = weight(said) >= SURE_WEIGHT or said == around.tail.strip()
    return is_sure and not _is_triple_quote(around, text) and _brackets(around, "") <= _brackets(around, text)


def _replaced(around: Surroundings, text: str) -> int:
    """How many closing brackets and quotes after the cursor the text has closed itself."""
    closers = _CLOSERS.match(around.tail)
    if closers is None or not closes_more_than_it_opens(text) or _is_triple_quote(around, text):
        return 0
    choices = range(closers.end() + 1)
    return min(choices, key=lambda length: (imbalance(around.prefix, text, around.suffix[length:]), length))


def _brackets(around: Surroundings, text: str) -> int:
    return imbalance(around.prefix, text, around.suffix)[0]
