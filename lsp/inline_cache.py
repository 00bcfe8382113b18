"""Completions that were made a short while ago, and what is left of them at another place. Pure.

Who types along a completion, accepts a part of it or deletes what was typed gets the rest of it without the
model being asked again. A completion holds at a place when the text before and after is the same as when it
was made, but for what was typed of it, and for closing brackets and quotes that the editor put after the
cursor meanwhile and that the completion has itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .generation_service import InlineText

_MOST_ENTRIES = 32
_CLOSERS = frozenset(")]}>\"'`")
_MOST_CLOSERS = 4


@dataclass(frozen=True, slots=True)
class _Entry:
    """A completion and where it was made.

    Texts are kept by length and hash: a large document would be kept in many versions.
    """

    uri: str
    before: tuple[int, int]
    after: tuple[int, int]
    replaced_text: str
    completion: InlineText | None


class InlineCache:
    """The last completions of one session, bounded."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque(maxlen=_MOST_ENTRIES)

    def keep(self, uri: str, text: str, offset: int, completion: InlineText | None) -> None:
        """Remember what was made.

        Args:
            uri: The document.
            text: Its text then.
            offset: The cursor then, in characters from the beginning.
            completion: None when there was nothing worth showing.
        """
        after = text[offset:]
        replaced = completion.replaced if completion else 0
        entry = _Entry(uri, _key(text[:offset]), _key(after), after[:replaced], completion)
        self._entries.append(entry)

    def find(self, uri: str, text: str, offset: int) -> tuple[bool, InlineText | None]:
        """What is known of a place.

        Returns:
            Whether anything is, and what is left of the completion; None when nothing is worth showing.
        """
        for entry in reversed(self._entries):
            if entry.uri != uri or offset < entry.before[0]:
                continue
            typed = text[entry.before[0] : offset] if _may_hold(entry, offset) else None
            if typed is None or (rest := _rest(entry, typed, text[offset:])) is None:
                continue
            if _key(text[: entry.before[0]]) == entry.before:
                return True, rest if rest.text else None
        return False, None

    def forget(self, uri: str) -> None:
        """Forget a document's completions."""
        kept = [entry for entry in self._entries if entry.uri != uri]
        self._entries.clear()
        self._entries.extend(kept)


def _key(text: str) -> tuple[int, int]:
    return len(text), hash(text)


def _may_hold(entry: _Entry, offset: int) -> bool:
    # What was typed is a beginning of the completion, but not all of it: after that more may be wanted.
    length = len(entry.completion.text) if entry.completion else 1
    return offset - entry.before[0] < length


def _rest(entry: _Entry, typed: str, after: str) -> InlineText | None:
    """What is left of a completion; with no text when there was nothing worth showing."""
    if entry.completion is None:
        return InlineText("") if not typed and _key(after) == entry.after else None
    if not entry.completion.text.startswith(typed):
        return None
    text = entry.completion.text[len(typed) :]
    replaced = entry.completion.replaced
    added = len(after) - entry.after[0]
    if added == 0:
        return InlineText(text, replaced) if _key(after) == entry.after else None
    if added > 0:
        is_same = _is_closed_by(text, after[:added]) and _key(after[added:]) == entry.after
        return InlineText(text, replaced + added) if is_same else None
    gone = entry.replaced_text[:-added]
    is_typed_over = -added <= replaced and gone in typed and _key(gone + after) == entry.after
    return InlineText(text, replaced + added) if is_typed_over else None


def _is_closed_by(text: str, closers: str) -> bool:
    """Whether closers that the editor put after the cursor are in a completion's first line, in order."""
    if len(closers) > _MOST_CLOSERS or not _CLOSERS.issuperset(closers):
        return False
    line = iter(text.split("\n", 1)[0])
    return all(closer in line for closer in closers)
