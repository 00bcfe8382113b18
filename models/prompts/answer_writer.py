"""The answer to a prompt, out of what a model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..completion import Instruction
from .answer import AnswerFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..completion import Prompt


class AnswerWriter:
    """Hands on what was asked for, piece by piece; what fills in is handed on as it is.

    Replacement code ends with a line break if, and only if, the selected text does.

    Args:
        prompt: What was asked.
        on_text: Gets each further piece of the answer.
        opens_reasoning: Whether the prompt as the model gets it ended inside a reasoning block.
    """

    def __init__(
        self, prompt: Prompt, on_text: Callable[[str], None] | None, *, opens_reasoning: bool = False
    ) -> None:
        self._on_text = on_text
        self._pieces: list[str] = []
        self._filter: AnswerFilter | None = None
        self._selected: str | None = None
        self._line_breaks = ""
        if isinstance(prompt, Instruction):
            self._filter = AnswerFilter(prompt.answer, opens_reasoning=opens_reasoning)
            self._selected = prompt.selected if prompt.answer == "code" else None

    def take(self, text: str) -> None:
        """Take what the model wrote next."""
        self._give(text if self._filter is None else self._filter.feed(text))

    def end(self) -> str:
        """Take the end; gives the whole answer."""
        if self._filter is not None:
            self._give(self._filter.finish())
        if self._selected is not None and self._pieces and self._selected.endswith("\n"):
            self._line_breaks = ""
            self._hand_on("\n")
        return "".join(self._pieces)

    def _give(self, text: str) -> None:
        if self._selected is None:
            self._hand_on(text)
            return
        # Line breaks at its end are held back: how many there are to be is known already.
        body = (self._line_breaks + text).rstrip("\n")
        self._line_breaks = (self._line_breaks + text)[len(body) :]
        self._hand_on(body)

    def _hand_on(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            if self._on_text is not None:
                self._on_text(text)
