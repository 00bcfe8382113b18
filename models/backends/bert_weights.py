"""The weights of a BERT encoder by role, from the tensor names of Hugging Face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..weights_files import WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Affine:
    """``x @ weight.T + bias``, of shapes (out, in) and (out,); or a layer norm's scale and shift."""

    weight: Array
    bias: Array

    def parts(self, count: int) -> list[Affine]:
        """The same map as equal maps side by side, sharing its memory."""
        pairs = zip(np.split(self.weight, count), np.split(self.bias, count), strict=True)
        return [Affine(weight, bias) for weight, bias in pairs]


@dataclass(frozen=True, slots=True)
class BertLayer:
    """One transformer layer; query, key and value are one matrix of shape (3 * hidden, hidden)."""

    qkv: Affine
    attention_output: Affine
    attention_norm: Affine
    intermediate: Affine
    output: Affine
    output_norm: Affine


@dataclass(frozen=True, slots=True)
class BertWeights:
    """A BERT encoder for texts of one segment.

    Attributes:
        words: Word embeddings (vocabulary, hidden).
        positions: Position embeddings with the embedding of segment 0 added, (max positions, hidden).
        norm: Layer norm after the embeddings.
        layers: Transformer layers, first to last.
        heads: Number of attention heads.
        epsilon: Added to the variance in every layer norm.
    """

    words: Array
    positions: Array
    norm: Affine
    layers: tuple[BertLayer, ...]
    heads: int
    epsilon: float

    @property
    def hidden(self) -> int:
        """Length of a token vector."""
        return int(self.words.shape[1])


def bert_weights(tensors: Mapping[str, NDArray[np.generic]], heads: int, epsilon: float) -> BertWeights:
    """Sort the tensors of a checkpoint into roles.

    Args:
        tensors: Tensor name -> array, as stored.
        heads: Number of attention heads.
        epsilon: Of the layer norms.

    Returns:
        Arrays that share memory with ``tensors`` where they are float32 already.

    Raises:
        WeightsError: A tensor is missing or the shapes do not fit together.
    """
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""

    def array(name: str) -> Array:
        try:
            return np.asarray(tensors[prefix + name], dtype=np.float32)
        except KeyError:
            raise WeightsError(
                f"The weights lack the tensor {prefix + name}: this is no BERT encoder."
            ) from None

    def affine(name: str) -> Affine:
        return Affine(array(f"{name}.weight"), array(f"{name}.bias"))

    def layer(name: str) -> BertLayer:
        parts = [affine(f"{name}.attention.self.{role}") for role in ("query", "key", "value")]
        return BertLayer(
            qkv=Affine(
                np.concatenate([part.weight for part in parts]), np.concatenate([part.bias for part in parts])
            ),
            attention_output=affine(f"{name}.attention.output.dense"),
            attention_norm=affine(f"{name}.attention.output.LayerNorm"),
            intermediate=affine(f"{name}.intermediate.dense"),
            output=affine(f"{name}.output.dense"),
            output_norm=affine(f"{name}.output.LayerNorm"),
        )

    count = sum(name.endswith(".attention.self.query.weight") for name in tensors)
    weights = BertWeights(
        words=array("embeddings.word_embeddings.weight"),
        positions=array("embeddings.position_embeddings.weight")
        + array("embeddings.token_type_embeddings.weight")[0],
        norm=affine("embeddings.LayerNorm"),
        layers=tuple(layer(f"encoder.layer.{index}") for index in range(count)),
        heads=heads,
        epsilon=epsilon,
    )
    _check_shapes(weights)
    return weights


def _check_shapes(weights: BertWeights) -> None:
    hidden = weights.hidden
    sound = bool(weights.layers) and hidden % weights.heads == 0 and weights.positions.shape[1] == hidden
    for layer in weights.layers:
        wide = layer.intermediate.weight.shape[0]
        sound &= layer.qkv.weight.shape == (3 * hidden, hidden)
        sound &= layer.attention_output.weight.shape == (hidden, hidden)
        sound &= layer.intermediate.weight.shape == (wide, hidden)
        sound &= layer.output.weight.shape == (hidden, wide)
    if not sound:
        raise WeightsError("The shapes of the weights do not fit together: this is no BERT encoder.")
