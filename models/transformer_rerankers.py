"""Rerankers other than BERT from a local folder: classifiers with one output, and Qwen3-Reranker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cross_encoder import CrossEncoder
from .errors import CodeassistdError
from .identity import RerankerIdentity
from .model_config import quantization_of
from .tokenization import PairTokenizer, QuestionTokenizer
from .weights_files import WeightsError, weights_files

if TYPE_CHECKING:
    from .backends.mlx_network import MLXDevice
    from .cross_encoder import PairNetwork
    from .engine_choice import Choice, EngineName

_MOST_TOKENS = 512
_LEAST_TOKENS = 8
_HINT = "Give a cross-encoder with one output: `codeassistd models list` shows some."

# The words that the model was trained with.
_JUDGE = "qwen3-reranker"
_BEFORE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the"
    ' Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
_BETWEEN = (
    "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
    "<Query>: {query}\n<Document>: {passage}"
)
_AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


def engines(folder: Path, config: Mapping[str, Any]) -> tuple[EngineName, ...]:
    """The engines that can run a reranker.

    Args:
        folder: Of the model.
        config: Its config.json.
    """
    if not _is_judge(folder, config):
        return ("torch",)
    # Only MLX reads weights that a conversion to it has packed.
    return ("mlx",) if config.get("quantization") else ("mlx", "torch")


def load(folder: Path, config: Mapping[str, Any], choice: Choice, threads: int) -> CrossEncoder:
    """Load a reranker.

    Args:
        folder: Has config.json, tokenizer.json and weights in safetensors.
        config: The config.json.
        choice: One of `engines`, and where it runs.
        threads: Most threads that compute at the same time on the CPU.

    Raises:
        WeightsError: The folder holds another kind of model, or files that don't fit together.
        CodeassistdError: transformers is not installed.
        ImportError: The engine does not load.
    """
    if choice.engine == "torch":
        from .backends.torch_transformer import is_installed  # noqa: PLC0415 - the embedded one does without

        if not is_installed():
            raise CodeassistdError("This reranker needs transformers, which is not installed.", _INSTALL)
    if _is_judge(folder, config):
        return _judge(folder, config, choice, threads)
    labels = config.get("id2label")
    if not isinstance(labels, dict) or len(labels) != 1:
        raise WeightsError(f"The model in {folder} doesn't give one number for a pair of texts.", hint=_HINT)
    return _classifier(folder, _longest(folder, config), choice, threads)


_INSTALL = "pip install transformers"


def _is_judge(folder: Path, config: Mapping[str, Any]) -> bool:
    return _JUDGE in folder.name.lower() and config.get("model_type") == "qwen3"


def _classifier(folder: Path, max_tokens: int, choice: Choice, threads: int) -> CrossEncoder:
    from .backends import torch_device, torch_pair_scorers  # noqa: PLC0415

    tokenizer = PairTokenizer(folder / "tokenizer.json", max_tokens, threads)
    network = torch_device.on_device_or_cpu(
        lambda device: torch_pair_scorers.classifier(folder, device, threads), choice
    )
    return CrossEncoder(RerankerIdentity(folder.name, max_tokens), tokenizer, network)


def _judge(folder: Path, config: Mapping[str, Any], choice: Choice, threads: int) -> CrossEncoder:
    path = folder / "tokenizer.json"
    tokenizer = QuestionTokenizer(path, _MOST_TOKENS, threads, _BEFORE, _BETWEEN, _AFTER)
    yes, no = tokenizer.number_of("yes"), tokenizer.number_of("no")
    network: PairNetwork
    if choice.engine == "mlx":
        from .backends import mlx_pair_scorers  # noqa: PLC0415

        place: MLXDevice = "metal" if choice.device == "metal" else "cpu"
        quantization = quantization_of(config)
        network = mlx_pair_scorers.judge(weights_files(folder), config, yes, no, place, quantization)
    else:
        from .backends import torch_device, torch_pair_scorers  # noqa: PLC0415

        network = torch_device.on_device_or_cpu(
            lambda device: torch_pair_scorers.judge(folder, yes, no, device, threads), choice
        )
    return CrossEncoder(RerankerIdentity(folder.name, _MOST_TOKENS), tokenizer, network)


def _longest(folder: Path, config: Mapping[str, Any]) -> int:
    """How many tokens are read of a pair."""
    positions = config.get("max_position_embeddings", _MOST_TOKENS)
    if not isinstance(positions, int) or positions < _LEAST_TOKENS:
        raise WeightsError(
            f"{folder / 'config.json'} says that the model has {positions!r} positions.", _HINT
        )
    # In some families the first position comes after the padding's number.
    return min(positions - int(config.get("pad_token_id") or 0) - 1, _MOST_TOKENS)
