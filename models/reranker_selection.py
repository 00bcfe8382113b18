"""Load the reranker that is asked for: the embedded one, or a cross-encoder from a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import catalog, hardware
from .errors import CodeassistdError

if TYPE_CHECKING:
    from .roles import Reranker

EMBEDDED = "late-interaction"


@dataclass(frozen=True, slots=True)
class RerankerRequest:
    """Which reranker is wanted.

    Attributes:
        folder: Of a cross-encoder (config.json, tokenizer.json, model.safetensors); None for the embedded
            reranker, which takes nothing but the default embedding model's files.
        threads: Most threads that compute at the same time; None for all usable cores.
        cache_dir: Folder for small caches that make the next start quicker; None for no cache.
    """

    folder: Path | None = None
    threads: int | None = None
    cache_dir: Path | None = None

    @property
    def name(self) -> str:
        """The reranker's name, known without loading it."""
        return EMBEDDED if self.folder is None else self.folder.name


def load_reranker(request: RerankerRequest) -> Reranker:
    """Load a reranker.

    Args:
        request: Which one.

    Returns:
        The reranker; it may be used by several threads.

    Raises:
        WeightsError: A file is missing, altered, or not what it should be.
        CodeassistdError: A cross-encoder is wanted and the engine that it needs is not installed.
    """
    return _embedded(request) if request.folder is None else _cross_encoder(request, request.folder)


# The imports below stand inside functions so that a request costs no numpy.


def _embedded(request: RerankerRequest) -> Reranker:
    from . import weights  # noqa: PLC0415
    from .late_interaction import MAX_TOKENS, TABLE, LateInteractionReranker  # noqa: PLC0415
    from .tokenization import Tokenizer  # noqa: PLC0415

    entry = catalog.find(catalog.DEFAULT_MODEL)
    files = weights.locate(entry)
    weights.verify(files, entry, request.cache_dir)
    tokenizer = Tokenizer(files.tokenizer, MAX_TOKENS, _threads(request))
    return LateInteractionReranker(tokenizer, weights.map_tensors(files.weights)[TABLE])


def _cross_encoder(request: RerankerRequest, folder: Path) -> Reranker:
    from .reranker_folder import load  # noqa: PLC0415

    if folder.parent == request.cache_dir and not folder.is_dir():
        raise _not_pulled(folder)
    return load(folder, _threads(request))


def _threads(request: RerankerRequest) -> int:
    return request.threads or hardware.probe().cores


def _not_pulled(folder: Path) -> CodeassistdError:
    """The error for a name of the settings that no model of the store has."""
    from .hub.published import find_published, published_models, unknown_model  # noqa: PLC0415

    name = folder.name.replace("--", "/")
    if find_published(name) is None:
        rerankers = [model.name for model in published_models() if model.role == "reranking"]
        return unknown_model(name, rerankers, f"{', '.join(rerankers)} can be pulled")
    return CodeassistdError(f"The reranker {name} is not installed.", hint=f"codeassistd models pull {name}")
