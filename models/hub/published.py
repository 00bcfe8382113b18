"""Models that can be pulled by a short name, with what a user needs in order to choose one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..catalog import DEFAULT_MODEL
from ..errors import UsageError
from .address import is_repository

Role = Literal["embedding", "reranking", "generation"]
WeightsFormat = Literal["safetensors", "gguf", "mlx"]

_MOST_OFFERED = 3
_WORKING_BYTES = 300_000_000


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model that others publish.

    Attributes:
        name: What a user calls it.
        role: What it is for.
        repository: "owner/name" on the hub.
        weights: Globs that choose the weights among the repository's files; empty for all there are.
        format: The form of the weights; "mlx" is safetensors quantised for Apple's MLX.
        download_bytes: About how much is fetched; the hub says it exactly before a pull begins.
        licence: SPDX identifier.
        languages: What it was trained on.
        quality: A published figure, and of what.
        summary: One line for people who choose.
    """

    name: str
    role: Role
    repository: str
    weights: tuple[str, ...]
    format: WeightsFormat
    download_bytes: int
    licence: str
    languages: str
    quality: str
    summary: str

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes: the weights, a fifth of them for buffers, and what any model takes.

        For the default model that gives what is measured; long contexts of a generation model take more.
        """
        return self.download_bytes * 6 // 5 + _WORKING_BYTES


_MODELS = (
    PublishedModel(
        name=DEFAULT_MODEL,
        role="embedding",
        repository="sentence-transformers/all-MiniLM-L6-v2",
        weights=("model.safetensors",),
        format="safetensors",
        download_bytes=90_868_376,
        licence="Apache-2.0",
        languages="English",
        quality="not trained on code",
        summary="Small and quick; comes with codeassistd.",
    ),
    PublishedModel(
        name="CodeRankEmbed",
        role="embedding",
        repository="nomic-ai/CodeRankEmbed",
        weights=("model.safetensors",),
        format="safetensors",
        download_bytes=547_000_000,
        licence="MIT",
        languages="English; Python, Java, JavaScript, PHP, Go, Ruby",
        quality="CoIR nDCG@10 60.1, CodeSearchNet MRR 77.9",
        summary="Small and trained on code; the step up for code search on a processor.",
    ),
    PublishedModel(
        name="Qwen3-Embedding-0.6B",
        role="embedding",
        repository="Qwen/Qwen3-Embedding-0.6B",
        weights=("model.safetensors",),
        format="safetensors",
        download_bytes=1_192_000_000,
        licence="Apache-2.0",
        languages="over 100 human languages, and code",
        quality="MTEB-Code 75.4",
        summary="Good at code and at questions in any language; wants an accelerator.",
    ),
    PublishedModel(
        name="Qwen3-Embedding-0.6B-4bit",
        role="embedding",
        repository="mlx-community/Qwen3-Embedding-0.6B-4bit-DWQ",
        weights=("model*.safetensors",),
        format="mlx",
        download_bytes=335_000_000,
        licence="Apache-2.0",
        languages="over 100 human languages, and code",
        quality="somewhat below the unquantised model",
        summary="The same in 4 bits for Apple silicon.",
    ),
    PublishedModel(
        name="bge-reranker-v2-m3",
        role="reranking",
        repository="BAAI/bge-reranker-v2-m3",
        weights=("model.safetensors",),
        format="safetensors",
        download_bytes=2_271_000_000,
        licence="Apache-2.0",
        languages="many human languages",
        quality="MTEB-Code 41.4",
        summary="Well known for prose in many languages; weak on code.",
    ),
    PublishedModel(
        name="Qwen3-Reranker-0.6B",
        role="reranking",
        repository="Qwen/Qwen3-Reranker-0.6B",
        weights=("model.safetensors",),
        format="safetensors",
        download_bytes=1_192_000_000,
        licence="Apache-2.0",
        languages="over 100 human languages, and code",
        quality="MTEB-Code 73.4",
        summary="Puts results in order of meaning, code included; wants an accelerator.",
    ),
    PublishedModel(
        name="Qwen2.5-Coder-0.5B",
        role="generation",
        repository="ggml-org/Qwen2.5-Coder-0.5B-Q8_0-GGUF",
        weights=("qwen2.5-coder-0.5b-q8_0.gguf",),
        format="gguf",
        download_bytes=531_000_000,
        licence="Apache-2.0",
        languages="92 programming languages",
        quality="HumanEval 28.0",
        summary="Completes lines on any computer.",
    ),
    PublishedModel(
        name="Qwen2.5-Coder-1.5B",
        role="generation",
        repository="ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF",
        weights=("qwen2.5-coder-1.5b-q8_0.gguf",),
        format="gguf",
        download_bytes=1_646_000_000,
        licence="Apache-2.0",
        languages="92 programming languages",
        quality="HumanEval 43.9",
        summary="Completes code; a fair balance without a graphics card.",
    ),
    PublishedModel(
        name="Qwen2.5-Coder-7B",
        role="generation",
        repository="ggml-org/Qwen2.5-Coder-7B-Q8_0-GGUF",
        weights=("qwen2.5-coder-7b-q8_0.gguf",),
        format="gguf",
        download_bytes=8_099_000_000,
        licence="Apache-2.0",
        languages="92 programming languages",
        quality="HumanEval 61.6",
        summary="Completes code best; wants an accelerator with 12 GB or more.",
    ),
    PublishedModel(
        name="Qwen2.5-Coder-1.5B-Instruct",
        role="generation",
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        weights=("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",),
        format="gguf",
        download_bytes=1_117_000_000,
        licence="Apache-2.0",
        languages="92 programming languages",
        quality="HumanEval 70.7 before rounding to 4 bits",
        summary="Follows instructions; runs on any computer with 4 GB to spare.",
    ),
    PublishedModel(
        name="Qwen2.5-Coder-7B-Instruct",
        role="generation",
        repository="Qwen/Qwen2.5-Coder-7B-Instruct-GGUF",
        weights=("qwen2.5-coder-7b-instruct-q4_k_m.gguf",),
        format="gguf",
        download_bytes=4_683_000_000,
        licence="Apache-2.0",
        languages="92 programming languages",
        quality="HumanEval 88.4 before rounding to 4 bits",
        summary="Follows instructions well; wants an accelerator with 8 GB or more.",
    ),
)


def published_models() -> tuple[PublishedModel, ...]:
    """All of them, by role and then by size; the embedded one first."""
    return _MODELS


def find_published(name: str) -> PublishedModel | None:
    """The model of a short name or a repository; case doesn't matter."""
    wanted = name.strip().lower()
    for model in _MODELS:
        if wanted in {model.name.lower(), model.repository.lower()}:
            return model
    return None


def unknown_model(name: str, known: Iterable[str], others: str) -> UsageError:
    """The error for a name that nothing has.

    Args:
        name: As given.
        known: The names there are.
        others: What else may be given, said when no name comes close.
    """
    by_folded = {item.lower(): item for item in known}
    wanted = name.strip().lower()
    close = [folded for folded in by_folded if wanted and wanted in folded]
    close = close or difflib.get_close_matches(wanted, by_folded, n=_MOST_OFFERED, cutoff=0.5)
    offered = ", ".join(by_folded[item] for item in close[:_MOST_OFFERED])
    hint = f"did you mean {offered}?" if close else others
    return UsageError(f"there is no model named {name!r}", hint)


def resolve_published(name: str) -> PublishedModel | str:
    """What a name given to a pull stands for.

    Returns:
        The published model, or the name itself when it is "owner/repository".

    Raises:
        UsageError: It is neither; the hint offers the names that come close.
    """
    found = find_published(name)
    if found is not None:
        return found
    wanted = name.strip()
    if is_repository(wanted):
        return wanted
    raise unknown_model(
        name,
        [model.name for model in _MODELS],
        "`codeassistd models list` shows the names; any OWNER/REPOSITORY of the hub will do, too",
    )
