"""The text that stands for a chunk when it is embedded."""

from __future__ import annotations

from ..languages.detect import BY_NAME
from .chunk import Chunk


def embedding_text(chunk: Chunk, path: str) -> str:
    """What the embedding model is given for a chunk.

    Folder names are left out, so that a renamed folder embeds nothing.

    Args:
        chunk: The chunk.
        path: The file's path; only its name is used.
    """
    language = BY_NAME.get(chunk.language)
    title = language.title if language is not None else chunk.language
    head = f"{title} {path.rsplit('/', 1)[-1]}"
    if chunk.symbol:
        head = f"{head} {chunk.kind} {chunk.symbol}"
    parts = (head, chunk.context, chunk.text)
    return "\n".join(part for part in parts if part)
