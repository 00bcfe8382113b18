"""A place in a document, and what a model writes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ...indexer.grounding.block_shape import block_shape
from ...indexer.languages import detect_language, resolve_language
from ...models.completion import FillIn, Sampling
from ...models.trimming import trim_completion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...lsp.service import Cancelled
    from ...models.completion import Completion, ContextPassage
    from ...models.roles import SharedCompleter

_SNIFFED_CHARACTERS = 4_096


@dataclass(frozen=True, slots=True)
class Filled:
    """What belongs at a place.

    Attributes:
        text: What comes at the cursor; "" when nothing is worth showing.
        replaced: How many characters after the cursor it takes the place of.
        completion: What the model wrote, before it was made to fit.
    """

    text: str
    replaced: int
    completion: Completion


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a document.

    Attributes:
        path: POSIX path relative to the workspace.
        language: As the index names it.
        text: The document as it is on screen.
        offset: The cursor, in characters.
    """

    path: str
    language: str
    text: str
    offset: int

    @classmethod
    def of(cls, path: str, language: str, text: str, offset: int) -> Self:
        """A place in a document whose language an editor names, or nobody does."""
        return cls(path, language_of(language, path, text), text, offset)

    def fill(
        self,
        completer: SharedCompleter,
        workspace: str,
        passages: Sequence[ContextPassage],
        max_tokens: int,
        cancelled: Cancelled,
        *,
        owner: str = "",
    ) -> Filled:
        """Write what belongs here, and make it fit.

        Args:
            completer: What writes.
            workspace: Name of the workspace.
            passages: What the model should know, most useful first.
            max_tokens: Most tokens that are written.
            cancelled: Polled.
            owner: Whose typing this completes; see ``SharedCompleter``.

        Raises:
            CancelledError: Of concurrent.futures.
            CompleterBusyError: See ``SharedCompleter``.
            CodeassistdError: The model failed.
        """
        prefix, suffix = self.text[: self.offset], self.text[self.offset :]
        single_line = block_shape(self.language, self.text, self.offset).single_line
        prompt = FillIn(self.path, self.language, prefix, suffix, tuple(passages), workspace)
        sampling = Sampling(max_tokens, single_line=single_line)
        found = completer.complete(prompt, sampling, None, cancelled, owner=owner)
        trimmed = trim_completion(
            prefix, suffix, found.text, single_line=single_line, was_cut=found.finish_reason == "length"
        )
        return Filled(trimmed.text, trimmed.replaced, found)


def language_of(named: str, path: str, text: str) -> str:
    """The language of a document as the index names it.

    Args:
        named: As an editor names it, or "".
        path: Of the document.
        text: The document.
    """
    return resolve_language(named) or detect_language(path, text[:_SNIFFED_CHARACTERS]).name
