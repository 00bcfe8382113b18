"""Embedding models whose conversions, as those to MLX, leave out how they are used: known by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .identity import Pooling


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an embedding model is used.

    Attributes:
        pooling: How token vectors become one.
        query_prefix: Text put before a query.
        document_prefix: Text put before a document.
        ending: The token that every text ends with.
    """

    pooling: Pooling
    query_prefix: str
    document_prefix: str
    ending: str


# Part of the folder's name, and the family of networks.
_KNOWN = {
    ("qwen3-embedding", "qwen3"): Recipe(
        pooling="lasttoken",
        query_prefix=(
            "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
        ),
        document_prefix="",
        ending="<|endoftext|>",
    )
}


def known_recipe(folder_name: str, model_type: object) -> Recipe | None:
    """How the model in a folder is used; None for one that isn't known.

    Args:
        folder_name: The last part of the folder's path, which has the model's name in it.
        model_type: What its config.json says.
    """
    folded = folder_name.lower()
    for (part, family), recipe in _KNOWN.items():
        if part in folded and model_type == family:
            return recipe
    return None
