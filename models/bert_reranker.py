"""BERT cross-encoders from a local folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .cross_encoder import CrossEncoder, PairNetwork
from .identity import RerankerIdentity
from .model_config import read_mapping
from .tokenization import PairTokenizer
from .weights import map_tensors
from .weights_files import WeightsError, weights_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .backends.mlx_network import MLXDevice
    from .engine_choice import Choice, EngineName

    Tensors = Mapping[str, NDArray[np.generic]]

ENGINES: tuple[EngineName, ...] = ("mlx", "torch")
_MOST_TOKENS = 512
_HINT = "Give a folder of a cross-encoder with config.json, tokenizer.json and model.safetensors."


@dataclass(frozen=True, slots=True)
class CrossEncoderConfig:
    """What config.json tells of a BERT with one output.

    Attributes:
        heads: Number of attention heads.
        epsilon: Added to the variance in every layer norm.
        max_tokens: Of query and passage together, special tokens included.
    """

    heads: int
    epsilon: float
    max_tokens: int


def load(folder: Path, choice: Choice, threads: int) -> CrossEncoder:
    """Load a cross-encoder.

    Args:
        folder: Has config.json, tokenizer.json and weights in safetensors.
        choice: One of `ENGINES`, and where it runs.
        threads: Most threads that compute at the same time.

    Raises:
        WeightsError: A file is damaged, or of another kind of model.
        ImportError: The engine does not load.
    """
    config = read_config(folder / "config.json")
    tensors: dict[str, NDArray[np.generic]] = {}
    for path in weights_files(folder):
        tensors |= map_tensors(path)
    _require_positions(tensors, config.max_tokens, folder)
    tokenizer = PairTokenizer(folder / "tokenizer.json", config.max_tokens, threads)
    identity = RerankerIdentity(folder.name, config.max_tokens)
    return CrossEncoder(identity, tokenizer, _network(tensors, config, choice, threads))


def _network(tensors: Tensors, config: CrossEncoderConfig, choice: Choice, threads: int) -> PairNetwork:
    if choice.engine == "mlx":
        from .backends import mlx_pair_scorers  # noqa: PLC0415

        device: MLXDevice = "metal" if choice.device == "metal" else "cpu"
        return mlx_pair_scorers.classifier(tensors, config.heads, config.epsilon, device)
    from .backends import torch_cross_encoder, torch_device  # noqa: PLC0415

    return torch_device.on_device_or_cpu(
        lambda device: torch_cross_encoder.build(tensors, config.heads, config.epsilon, device, threads),
        choice,
    )


def _require_positions(tensors: Tensors, count: int, folder: Path) -> None:
    for name, array in tensors.items():
        if name.endswith("embeddings.position_embeddings.weight") and len(array) < count:
            raise WeightsError(
                f"The weights in {folder} have {len(array)} positions, not {count}.", hint=_HINT
            )


def read_config(path: Path) -> CrossEncoderConfig:
    """What a config.json says that the weights don't.

    Raises:
        WeightsError: It can't be read, or is of another kind of model.
    """
    config = read_mapping(path)
    try:
        kind, activation = config["model_type"], config.get("hidden_act", "gelu")
        outputs = len(config["id2label"]) if "id2label" in config else int(config.get("num_labels", 2))
        found = CrossEncoderConfig(
            heads=int(config["num_attention_heads"]),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
            max_tokens=min(int(config["max_position_embeddings"]), _MOST_TOKENS),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} is not a model's configuration: {error!r}.", hint=_HINT) from error
    if kind != "bert" or activation != "gelu" or outputs != 1:
        raise WeightsError(
            f"{path} is of a model of type {kind!r} with {outputs} outputs and activation {activation!r};"
            " a BERT with 1 output and gelu is needed.",
            hint=_HINT,
        )
    if found.heads < 1 or found.max_tokens < 8:
        raise WeightsError(f"{path} has {found.heads} heads and {found.max_tokens} positions.", hint=_HINT)
    return found
