"""The text that stands for a chunk when it is embedded."""

from __future__ import annotations

from typing import Protocol

from ..languages.detect import BY_NAME


class Embeddable(Protocol):
    """What a passage is made of; see `Chunk` for the meaning of each part."""

    @property
    def language(self) -> str:
        """Language name."""

    @property
    def kind(self) -> str:
        """What the lines mostly are."""

    @property
    def symbol(self) -> str:
        """Dotted path of what they define."""

    @property
    def context(self) -> str:
        """Header lines of what encloses them."""

    @property
    def text(self) -> str:
        """The lines."""


def embedding_text(chunk: Embeddable, path: str) -> str:
    """What the embedding model is given for a chunk.

    Folder names are left out, so that a renamed folder embeds nothing.

    Args:
        chunk: The chunk, fresh or stored.
        path: The file's path; only its name is used.
    """
    language = BY_NAME.get(chunk.language)
    title = language.title if language is not None else chunk.language
    head = f"{title} {path.rsplit('/', 1)[-1]}"
    if chunk.symbol:
        head = f"{head} {chunk.kind} {chunk.symbol}"
    parts = (head, chunk.context, chunk.text)
    return "\n".join(part for part in parts if part)
