"""What a chat model answers, without what it says around it: reasoning, courtesies, fences."""

from __future__ import annotations

import re
from typing import Literal

_REASONING_BEGIN = "<think>"
_REASONING_END = "</think>"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)\n?$")
_MOST_LEAD_LINES = 6
"""Lines of courtesies that may come before a fence; after so many the answer is taken as it is."""

_LEAD = re.compile(
    r"\s*(here('s| is| are)|sure|certainly|of course|okay|ok\b|below"
    r"|the (updated|new|following|code|fixed|replacement)|this is|i('ve| have| will)|updated|let me)",
    re.IGNORECASE,
)


class AnswerFilter:
    """Lets the part of an answer through that was asked for, as it comes.

    The pieces that `feed` and `finish` give, joined, don't depend on how the answer was cut into pieces.

    Args:
        answer: "code" for replacement text: what stands in the first fenced block, or all of it if there is
            none; "prose" for everything but the reasoning.
        opens_reasoning: Whether the prompt ended inside a reasoning block.
    """

    def __init__(self, answer: Literal["code", "prose"] = "code", *, opens_reasoning: bool = False) -> None:
        self._is_code = answer == "code"
        self._state: Literal["start", "reasoning", "lead", "block", "through", "done"] = (
            "reasoning" if opens_reasoning else "start"
        )
        self._held = ""
        self._fence = ""
        self._depth = 0
        self._line_break = ""

    def feed(self, text: str) -> str:
        """Take a further piece of the answer.

        Returns:
            What is now known to belong to what was asked for; may be empty.
        """
        self._held += text
        return self._advance(is_end=False)

    def finish(self) -> str:
        """Take the end of the answer; gives what was still held back."""
        return self._advance(is_end=True)

    def _advance(self, *, is_end: bool) -> str:
        given = ""
        while True:
            state = self._state
            if state == "start":
                self._begin(is_end=is_end)
            elif state == "reasoning":
                self._reason()
            elif state == "lead":
                self._lead(is_end=is_end)
            elif state == "block":
                given += self._block(is_end=is_end)
            elif state == "through":
                given, self._held = given + self._held, ""
            if self._state == state:
                return given

    def _begin(self, *, is_end: bool) -> None:
        said = self._held.lstrip()
        if said.startswith(_REASONING_BEGIN):
            self._held = said[len(_REASONING_BEGIN) :]
            self._state = "reasoning"
        elif is_end or (said and not _REASONING_BEGIN.startswith(said)):
            self._state = "lead" if self._is_code else "through"
            self._held = self._held.lstrip("\n") if self._is_code else said

    def _reason(self) -> None:
        _, end, rest = self._held.partition(_REASONING_END)
        if end:
            self._held = rest
            self._state = "start"

    def _lead(self, *, is_end: bool) -> None:
        """Look for a fence, line by line; let all through once none is to be expected."""
        said = 0
        lines = _lines(self._held)
        for number, line in enumerate(lines):
            if not line.endswith("\n") and not is_end:
                return
            if fence := _FENCE.match(line):
                self._fence, self._state = fence[1], "block"
                self._held = "".join(lines[number + 1 :])
                return
            said += bool(line.strip())
            if said > _MOST_LEAD_LINES or (said == 1 and line.strip() and not _leads(line)):
                self._state = "through"
                return
        if is_end:
            self._state = "through"

    def _block(self, *, is_end: bool) -> str:
        given = ""
        lines = _lines(self._held)
        self._held = ""
        for line in lines:
            if not line.endswith("\n") and not is_end:
                self._held = line
                break
            if self._closes(line):
                self._state = "done"
                break
            given += self._line_break + line.rstrip("\n")
            self._line_break = "\n" if line.endswith("\n") else ""
        return given

    def _closes(self, line: str) -> bool:
        """Whether a line ends the block; blocks inside it begin with a language's name."""
        fence = _FENCE.match(line)
        if fence is None or fence[1][0] != self._fence[0]:
            return False
        if fence[2].strip():
            self._depth += 1
            return False
        if self._depth:
            self._depth -= 1
            return False
        return len(fence[1]) >= len(self._fence)


def _leads(line: str) -> bool:
    """Whether a first line is a courtesy, or announces what comes."""
    said = line.strip()
    return bool(_LEAD.match(line)) or (said.endswith(":") and " " in said and line[:1].isupper())


def _lines(text: str) -> list[str]:
    """Lines with their line breaks."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def answer_text(raw: str, answer: Literal["code", "prose"] = "code", *, opens_reasoning: bool = False) -> str:
    """The part of a whole answer that was asked for; see `AnswerFilter`."""
    part = AnswerFilter(answer, opens_reasoning=opens_reasoning)
    return part.feed(raw) + part.finish()


def ended_like(text: str, selected: str) -> str:
    """Replacement text that ends with a line break if, and only if, what it replaces does."""
    body = text.rstrip("\n")
    return body + "\n" if selected.endswith("\n") and body else body
