"""Cross-encoders from a local folder: one network reads query and passage together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .batching import plan_batches
from .encoder import BrokenModelError
from .errors import CodeassistdError, DeviceUnavailableError
from .identity import RerankerIdentity
from .tokenization import PairTokenizer
from .weights import map_tensors
from .weights_files import WeightsError, require_memory, weights_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .backends.torch_device import Device
    from .tokenization import TokenPair

_MOST_TOKENS = 512
_MOST_CONFIG_BYTES = 1_000_000
_TOKENIZER, _CONFIG = "tokenizer.json", "config.json"


class PairNetwork(Protocol):
    """A network that gives one number for each pair of texts."""

    @property
    def token_budget(self) -> int:
        """Padded tokens in a batch that suit the engine."""

    def forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch.

        Args:
            pairs: Token id and segment, of shape (pairs, tokens, 2), zero where padded.
            mask: 1 for a token and 0 for padding, of shape (pairs, tokens).

        Returns:
            Logits of shape (pairs,).
        """


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


class PairReader(Protocol):
    """Makes the tokens that a network reads of pairs of texts."""

    def encode(self, query: str, passages: Sequence[str]) -> list[TokenPair]:
        """The tokens of a query with each of the passages."""


class CrossEncoder:
    """A ``Reranker`` that runs a network over every pair of query and passage.

    Args:
        identity: Which scores these are.
        tokenizer: The model's tokenizer.
        network: The model's network on some engine.
    """

    def __init__(self, identity: RerankerIdentity, tokenizer: PairReader, network: PairNetwork) -> None:
        self._identity = identity
        self._tokenizer = tokenizer
        self._network = network

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are."""
        return self._identity

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages; see ``Reranker``.

        Raises:
            CancelledError: ``cancelled`` said so.
            BrokenModelError: The network gave NaN or infinity.
        """
        scores = np.zeros(len(passages), np.float32)
        written = [at for at, passage in enumerate(passages) if passage.strip()]
        pairs = self._tokenizer.encode(query, [passages[at] for at in written])
        for batch in plan_batches([len(pair.ids) for pair in pairs], self._network.token_budget):
            if cancelled is not None and cancelled():
                raise CancelledError
            logits = self._network.forward(*_padded([pairs[place] for place in batch]))
            if not np.isfinite(logits).all():
                raise BrokenModelError(
                    f"The reranker {self._identity.name} gave NaN or infinite scores.",
                    hint="Set model.reranker to another folder, or to nothing for the embedded reranker.",
                )
            # Written so that no exponential overflows.
            scores[[written[place] for place in batch]] = 0.5 * (1.0 + np.tanh(0.5 * logits))
        return scores


def load(folder: Path, threads: int) -> CrossEncoder:
    """Load a reranker in the format of sentence-transformers or transformers.

    Args:
        folder: Has config.json, tokenizer.json and weights in safetensors; nothing else is opened.
        threads: Most threads that compute at the same time.

    Raises:
        WeightsError: A file is missing, damaged, or of another kind of model.
        MemoryShortError: The model would not fit into memory.
        CodeassistdError: torch, or what else the model needs, is not installed.
    """
    from . import hardware  # noqa: PLC0415 - the embedded reranker does without

    for name in (_CONFIG, _TOKENIZER):
        if not (folder / name).is_file():
            raise WeightsError(f"The reranker's folder {folder} lacks the file {name}.", hint=_HINT)
    weights = weights_files(folder)
    machine = hardware.probe()
    if not machine.torch:
        raise CodeassistdError("A cross-encoder needs torch, which is not installed.", "pip install torch")
    require_memory(folder.name, sum(path.stat().st_size for path in weights), machine.free_memory_bytes)
    device: Device = "cuda" if machine.cuda else "mps" if machine.apple_silicon else "cpu"
    config = _json(folder / _CONFIG)
    if config.get("model_type") != "bert":
        from .transformer_rerankers import load as load_other  # noqa: PLC0415

        return load_other(folder, config, device, threads)
    return _bert(folder, device, threads)


_HINT = "Give a folder of a cross-encoder with config.json, tokenizer.json and model.safetensors."


def _bert(folder: Path, device: Device, threads: int) -> CrossEncoder:
    from .backends import torch_cross_encoder  # noqa: PLC0415

    config = read_config(folder / _CONFIG)
    tensors: dict[str, NDArray[np.generic]] = {}
    for path in weights_files(folder):
        tensors |= map_tensors(path)
    try:
        network = torch_cross_encoder.build(tensors, config.heads, config.epsilon, device, threads)
    except DeviceUnavailableError:
        # The probe saw an accelerator that the installed torch was not built for.
        network = torch_cross_encoder.build(tensors, config.heads, config.epsilon, "cpu", threads)
    if network.max_tokens < config.max_tokens:
        raise WeightsError(
            f"The weights in {folder} have {network.max_tokens} positions, not {config.max_tokens}.",
            hint=_HINT,
        )
    identity = RerankerIdentity(folder.name, config.max_tokens)
    return CrossEncoder(identity, PairTokenizer(folder / _TOKENIZER, config.max_tokens, threads), network)


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            config = json.loads(file.read(_MOST_CONFIG_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not a model's configuration: {error!r}.", hint=_HINT) from error
    if not isinstance(config, dict):
        raise WeightsError(f"{path} is not a model's configuration.", hint=_HINT)
    return config


def read_config(path: Path) -> CrossEncoderConfig:
    """What a config.json says that the weights don't.

    Raises:
        WeightsError: It can't be read, or is of another kind of model.
    """
    config = _json(path)
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


def _padded(pairs: Sequence[TokenPair]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    longest = max(len(pair.ids) for pair in pairs)
    ids = np.zeros((len(pairs), longest, 2), np.int32)
    mask = np.zeros((len(pairs), longest), np.float32)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids), 0] = pair.ids
        ids[row, : len(pair.ids), 1] = pair.segments
        mask[row, : len(pair.ids)] = 1.0
    return ids, mask
