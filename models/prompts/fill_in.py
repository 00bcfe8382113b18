"""What belongs at a cursor, asked within a budget of tokens.

The budget is shared out by these rules, in this order:

- What the convention itself needs: control tokens, the path, the workspace's name.
- The document has 60 % of the rest, the passages have 40 %; what the one doesn't need is the other's.
- The text after the cursor has one part in 24 of what stands before it in the prompt, its first lines, which
  matter most; the text before the cursor has all else of the document's. A family that puts the suffix first
  gives the former up to a third of the document's room, and each what the other doesn't need. Texts are cut
  at line breaks.
- Passages are taken whole, most useful first, as far as they fit.

Models keep what they have read, as far as the next prompt begins alike. So what changes least comes first:
passages (least useful first, so that the best stand nearest to the document, as they do in training), then
the document's path and the text before the cursor, which begins at a line that moves seldom (see `windows`).
One more key at the cursor changes the end of that text, and all that follows has to be read again: hence the
small share, by which a key costs less than a tenth of a first prompt. No share depends on the exact length of
what is being typed: needs are rounded up to an eighth of the room before the others get the rest. A family
that puts the suffix first has the passages with the prefix, after it; there a key changes the very end alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..completion import ContextPassage, FillIn
from .families import PLAIN, FimFormat
from .fim_layout import FimParts, fim_segments, passage_text
from .segments import BuiltPrompt, counted
from .windows import Count, head, memoised, tail

DOCUMENT_SHARE = 0.6
PREFIX_SHARE = 2 / 3
SUFFIX_SHARE = 1 / 24
LEAST_SUFFIX_TOKENS = 16
"""A few lines."""

ROUNDING = 8
SEAM_TOKENS = 2
"""Per passage: its control token, and one more for where its text meets the next."""

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class _Shares:
    """Rooms in tokens."""

    document: int
    suffix: int
    passages: tuple[int, ...]
    passage_tokens: int = 0


def fill_in_prompt(fill_in: FillIn, form: FimFormat, budget: int, count: Count) -> BuiltPrompt:
    """Make the prompt for what belongs at a cursor.

    Args:
        fill_in: What is asked.
        form: How the model wants to be asked.
        budget: Most tokens of the prompt. With less than the convention itself needs, the prompt is that and
            nothing else.
        count: Tokens of a plain text, by the model's tokenizer with special tokens off. It is asked for texts
            of about a quarter of the budget, most of them the same from key to key, and for the finished
            prompt's own: worth keeping the tokens of a few hundred texts.
    """
    count = memoised(count)
    if form.family is PLAIN:
        fill_in = replace(fill_in, suffix="")
    bare = fim_segments(form, _parts(fill_in, "", "", ()))
    room = max(0, budget - counted(bare, count) - SEAM_TOKENS)
    shares = _shares(fill_in, form, room, count)
    for _ in range(ATTEMPTS):
        built = _built(fill_in, form, shares, count)
        if built.tokens <= budget:
            return built
        # Texts put together may take a few tokens more than each by itself.
        less = min(shares.document, built.tokens - budget + SEAM_TOKENS)
        shares = replace(shares, document=shares.document - less)
    return _built(fill_in, form, _Shares(0, 0, ()), count)


def _shares(fill_in: FillIn, form: FimFormat, room: int, count: Count) -> _Shares:
    suffix = room if form.family.suffix_first else max(LEAST_SUFFIX_TOKENS, int(room * SUFFIX_SHARE))
    start, prefix_tokens = tail(fill_in.prefix, room, count)
    end, suffix_tokens = head(fill_in.suffix, min(room, suffix), count)
    is_larger = start > 0 or (form.family.suffix_first and end < len(fill_in.suffix))
    need = room if is_larger else _rounded(prefix_tokens, room) + suffix_tokens
    left = room - min(need, int(room * DOCUMENT_SHARE))
    chosen = []
    used = 0
    for position, passage in enumerate(fill_in.passages):
        cost = count(passage_text(form, passage, fill_in.language)) + SEAM_TOKENS
        if used + cost <= left:
            chosen.append(position)
            used += cost
    return _Shares(document=room - used, suffix=suffix, passages=tuple(chosen), passage_tokens=used)


def _built(fill_in: FillIn, form: FimFormat, shares: _Shares, count: Count) -> BuiltPrompt:
    room = shares.document
    if form.family.suffix_first:
        start, end = document_window(fill_in.prefix, fill_in.suffix, room, PREFIX_SHARE, count)
    else:
        most = min(room - int(room * PREFIX_SHARE), shares.suffix)
        start, before = tail(fill_in.prefix, room - most, count)
        read = shares.passage_tokens + _rounded(before, room)
        share = max(LEAST_SUFFIX_TOKENS, int(read * SUFFIX_SHARE))
        end, _ = head(fill_in.suffix, min(most, share), count)
    passages = tuple(fill_in.passages[position] for position in reversed(shares.passages))
    parts = _parts(fill_in, fill_in.prefix[start:], fill_in.suffix[:end], passages)
    segments = fim_segments(form, parts)
    return BuiltPrompt(
        segments=segments,
        tokens=counted(segments, count),
        passages=shares.passages,
        is_trimmed=start > 0 or end < len(fill_in.suffix),
        notice=form.notice,
    )


def document_window(before: str, after: str, room: int, before_share: float, count: Count) -> tuple[int, int]:
    """The parts of two texts nearest to where they meet.

    Args:
        before: The text before.
        after: The text after.
        room: Most tokens of both together.
        before_share: Part of the room that `before` has when both need more than there is.
        count: Tokens of a text.

    Returns:
        Where the part of `before` begins, and where that of `after` ends.
    """
    start, tokens = tail(before, room, count)
    need = room if start > 0 else _rounded(tokens, room)
    after_room = max(room - int(room * before_share), room - need)
    end, after_tokens = head(after, after_room, count)
    start, _ = tail(before, room - after_tokens, count)
    return start, end


def _rounded(tokens: int, room: int) -> int:
    """Tokens rounded up, so that what is left for others stays the same while text is typed."""
    quantum = max(1, room // ROUNDING)
    return min(room, -(-tokens // quantum) * quantum)


def _parts(fill_in: FillIn, prefix: str, suffix: str, passages: tuple[ContextPassage, ...]) -> FimParts:
    return FimParts(
        prefix=prefix,
        suffix=suffix,
        path=fill_in.path,
        language=fill_in.language,
        workspace=fill_in.workspace,
        passages=passages,
    )
