"""What the rest of codeassistd may ask of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .completer_usage import CompleterUsage
    from .completion import CompleterIdentity, Completion, Prompt, RenderedPrompt, Sampling
    from .identity import ModelIdentity, RerankerIdentity

EmbedKind = Literal["query", "document"]


class Embedder(Protocol):
    """Turns texts into unit vectors whose inner product is their similarity."""

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are; vectors of different identities are never compared."""

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any strings; longer ones than the model reads are cut.
            kind: Which of the model's prefixes the texts get.

        Returns:
            float32 array of shape (len(texts), dimensions), rows of Euclidean length 1.
        """


class Reranker(Protocol):
    """Says of each of a few passages how well it answers a query, reading both together."""

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are; scores of different identities are never compared."""

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages.

        Args:
            query: Any string; a longer one than the model reads is cut.
            passages: Any strings, likewise.
            cancelled: Polled; once it is true the work ends.

        Returns:
            float32 array of shape (len(passages),), each from 0 to 1: the model's estimate of the chance that
            the passage answers the query. A passage's score doesn't depend on the other passages. One that is
            empty or blank has 0.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so.
        """


class Completer(Protocol):
    """Writes text: what belongs at a cursor, or what a person asks for."""

    @property
    def identity(self) -> CompleterIdentity:
        """Which model writes, and where; known without loading."""

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """Write a completion.

        Args:
            prompt: What is to be written; what doesn't fit the model's context is left out by the rules of
                `models.prompts`, and `Usage` says so.
            sampling: How.
            on_text: Gets each further piece of the text as soon as it is known; pieces joined are the text.
            cancelled: Polled; writing ends within one token once it is true.

        Returns:
            The text, which may be empty; for an instruction, without reasoning, courtesies and fences.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so.
            CodeassistdError: The model can't be loaded, failed, or can't do this.
        """

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:
        """The prompt that `complete` would give to the model; nothing is written.

        Raises:
            CodeassistdError: As `complete` does.
        """


class SharedCompleter(Completer, Protocol):
    """A completer elsewhere, another process or a server, that any number of threads may ask."""

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        owner: str = "",
    ) -> Completion:
        """Write a completion; see ``Completer``.

        Args:
            prompt: What is to be written.
            sampling: How.
            on_text: Gets each further piece of the text, in the calling thread.
            cancelled: Polled.
            owner: Whose typing this completes, any name that is theirs alone; "" when somebody waits for it.
                A request with an owner cancels the owner's earlier ones, and never waits behind an
                instruction.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so, or a later request of the owner did.
            CodeassistdError: The model can't be loaded or reached, failed, or can't do this.
        """

    def start(self) -> None:
        """Begin to get ready in the background, where there is something to do ahead of the first request."""

    def usage(self) -> CompleterUsage:
        """What is known of it now. Quick."""

    def close(self) -> None:
        """End for good, failing whoever waits; takes a second or two at most."""
