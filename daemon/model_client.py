"""The models that the running daemon has loaded, for commands that would have to load them themselves."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from .process.connecting import attach
from .process.errors import DaemonAbsentError
from .process.rendezvous import find_rendezvous
from .process.rpc_client import RpcClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..models.roles import EmbedKind

_MOST_TEXTS = 1_000
_MOST_CHARACTERS = 4_000_000


@contextmanager
def models_at_daemon(data_dir: Path) -> Iterator[ModelClient | None]:
    """Ask the daemon that runs for its models.

    Args:
        data_dir: Whose daemon.

    Yields:
        The models; None when no daemon runs.

    Raises:
        CodeassistdError: The daemon can't be used.
    """
    try:
        connection = attach(find_rendezvous(data_dir), "lsp")
    except DaemonAbsentError:
        yield None
        return
    with RpcClient(connection) as client:
        client.request("initialize", {"processId": None, "workspaceFolders": [], "capabilities": {}})
        client.notify("initialized", {})
        yield ModelClient(client)
        client.request("shutdown")
        client.notify("exit")


class ModelClient:
    """The daemon's models.

    Args:
        client: A session with the daemon.
    """

    def __init__(self, client: RpcClient) -> None:
        self._client = client

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> tuple[str, NDArray[np.float32]]:
        """Embed texts.

        Returns:
            The model's id, and float32 vectors of shape (len(texts), dimensions), rounded to seven digits.

        Raises:
            CodeassistdError: The model can't be used.
        """
        model, vectors = "", []
        for part in _parts(texts):
            answer = self._client.request("codeassist/embed", {"texts": part, "kind": kind})
            model = answer["model"]
            vectors.append(np.array(answer["embeddings"], np.float32))
        return model, np.concatenate(vectors)

    def rerank(self, query: str, passages: Sequence[str]) -> tuple[str, list[tuple[int, float]]]:
        """Order passages by how well they answer a query.

        Args:
            query: The question.
            passages: At most 10,000.

        Returns:
            The model's name, and each passage's place and score from 0 to 1, best first.

        Raises:
            CodeassistdError: The model can't be used.
        """
        answer = self._client.request("codeassist/rerank", {"query": query, "passages": list(passages)})
        return answer["model"], [(result["index"], result["score"]) for result in answer["results"]]


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """Lists that fit into a message each; none is empty."""
    part: list[str] = []
    characters = 0
    for text in texts:
        if part and (len(part) == _MOST_TEXTS or characters + len(text) > _MOST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(text)
        characters += len(text)
    yield part
