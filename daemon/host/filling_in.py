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
    from ..settings_writing import CompletionSettings

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

    @property
    def prefix(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.offset]

    @property
    def suffix(self) -> str:
        """What stands after it."""
        return self.text[self.offset :]

    def prompt(self, workspace: str, passages: Sequence[ContextPassage]) -> FillIn:
        """What a model is asked.

        Args:
            workspace: Name of the workspace.
            passages: What the model should know, most useful first.
        """
        return FillIn(self.path, self.language, self.prefix, self.suffix, tuple(passages), workspace)

    def sampling(self, settings: CompletionSettings) -> Sampling:
        """How much is read and written here."""
        single_line = block_shape(self.language, self.text, self.offset).single_line
        return Sampling(settings.max_tokens, single_line=single_line, prompt_tokens=settings.prompt_tokens)

    def fill(
        self,
        completer: SharedCompleter,
        prompt: FillIn,
        sampling: Sampling,
        cancelled: Cancelled,
        *,
        owner: str = "",
    ) -> Filled:
        """Write what belongs here, and make it fit.

        Args:
            completer: What writes.
            prompt: Of this place.
            sampling: Of this place.
            cancelled: Polled.
            owner: Whose typing this completes; see ``SharedCompleter``.

        Raises:
            CancelledError: Of concurrent.futures.
            CodeassistdError: The model failed.
        """
        found = completer.complete(prompt, sampling, None, cancelled, owner=owner)
        trimmed = trim_completion(
            self.prefix,
            self.suffix,
            found.text,
            single_line=sampling.single_line,
            was_cut=found.finish_reason == "length",
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
