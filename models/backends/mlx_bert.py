"""BERT sentence encoders on MLX: for the graphics processor of Apple silicon, and any CPU as a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

from ..weights_files import WeightsError
from .mlx_network import Arrays, Compute, MLXDevice, MLXNetwork, start_network, unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from ..model_config import Quantization

    Tensors = Mapping[str, NDArray[np.generic]]

DTYPES: dict[MLXDevice, mx.Dtype] = {"metal": mx.float16, "cpu": mx.float32}

_LAYER_PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


@dataclass(frozen=True, slots=True)
class BertEncoder:
    """The network: plain functions over named arrays.

    Attributes:
        arrays: By the names of Hugging Face, without "bert.".
        layers: How many transformer layers there are.
        heads: Number of attention heads.
        epsilon: Of the layer norms.
    """

    arrays: Arrays
    layers: int
    heads: int
    epsilon: float

    def tokens(self, ids: mx.array, mask: mx.array, segments: mx.array | None = None) -> mx.array:
        """Token vectors.

        Args:
            ids: Token ids of shape (texts, tokens).
            mask: Same shape, 1 for a token and 0 for padding.
            segments: Same shape, which text of a pair each belongs to; None for single texts.

        Returns:
            Array of shape (texts, tokens, hidden).
        """
        tokens = self.embedded(ids, mx.zeros((1,), mx.int32) if segments is None else segments)
        bias = ((mask - 1.0) * 1e4)[:, None, None, :].astype(tokens.dtype)
        for index in range(self.layers):
            tokens = self.layer(f"encoder.layer.{index}", tokens, bias)
        return tokens

    def embedded(self, ids: mx.array, segments: mx.array) -> mx.array:
        """Word, position and segment, of shape (texts, tokens, hidden)."""
        length = ids.shape[1]
        positions = self.arrays.rows("embeddings.position_embeddings", mx.arange(length))
        segment = self.arrays.rows("embeddings.token_type_embeddings", segments)
        words = self.arrays.rows("embeddings.word_embeddings", ids)
        return self.norm("embeddings.LayerNorm", words + positions + segment)

    def layer(self, name: str, tokens: mx.array, bias: mx.array) -> mx.array:
        """One transformer layer."""
        count, length, hidden = tokens.shape
        dense = partial(self.arrays.dense, has_bias=True)
        query, key, value = (
            dense(f"{name}.attention.self.{role}", tokens)
            .reshape(count, length, self.heads, hidden // self.heads)
            .transpose(0, 2, 1, 3)
            for role in ("query", "key", "value")
        )
        scale = (hidden // self.heads) ** -0.5
        attended = mx.fast.scaled_dot_product_attention(query, key, value, scale=scale, mask=bias)
        joined = attended.transpose(0, 2, 1, 3).reshape(count, length, hidden)
        tokens = self.norm(
            f"{name}.attention.output.LayerNorm",
            tokens + dense(f"{name}.attention.output.dense", joined),
        )
        wide = dense(f"{name}.intermediate.dense", tokens)
        wide = wide * (1 + mx.erf(wide / 2**0.5)) / 2
        return self.norm(f"{name}.output.LayerNorm", tokens + dense(f"{name}.output.dense", wide))

    def norm(self, name: str, tokens: mx.array) -> mx.array:
        """Layer normalisation."""
        named = self.arrays.named
        return mx.fast.layer_norm(tokens, named[f"{name}.weight"], named[f"{name}.bias"], self.epsilon)


def build(
    tensors: Tensors,
    heads: int,
    epsilon: float,
    device: MLXDevice,
    *,
    pooling: Pooling = "mean",
    quantization: Quantization | None = None,
) -> MLXNetwork:
    """Put an encoder on a device.

    Args:
        tensors: Of a BERT, by the names of Hugging Face; packed matrices have ".scales" and ".biases".
        heads: Number of attention heads.
        epsilon: Of the layer norms.
        device: Where to run it.
        pooling: "mean" or "cls".
        quantization: How packed matrices are packed.

    Returns:
        The network.

    Raises:
        WeightsError: A tensor is missing, or the shapes don't fit together.
    """
    dtype = DTYPES[device]
    names = short_names(tensors)

    def load() -> Compute:
        encoder = read_encoder(names, heads, epsilon, dtype, quantization)
        return lambda ids, mask: unit_vectors(encoder.tokens(ids, mask), mask, pooling)

    return start_network(load, device, dtype, quantization)


def short_names(tensors: Tensors) -> dict[str, NDArray[np.generic]]:
    """The tensors of a BERT without the "bert." that some checkpoints put before the encoder's names."""
    return {name.removeprefix("bert."): array for name, array in tensors.items()}


def read_encoder(
    names: Tensors, heads: int, epsilon: float, dtype: mx.Dtype, quantization: Quantization | None
) -> BertEncoder:
    """Put the arrays of an encoder where MLX computes; in the thread that will.

    Args:
        names: As `short_names` gives them.
        heads: See `build`.
        epsilon: See `build`.
        dtype: Arithmetic.
        quantization: How packed matrices are packed.

    Raises:
        WeightsError: There are no layers.
    """
    layers = sum(name.endswith(".attention.self.query.weight") for name in names)
    if not layers:
        raise WeightsError("The weights have no layers: this is no BERT encoder.")
    wanted = _wanted(layers)
    named = {name: _array(array, dtype) for name, array in names.items() if name in wanted}
    return BertEncoder(Arrays(named, quantization), layers, heads, epsilon)


def _wanted(layers: int) -> set[str]:
    """The names of all tensors that the network may read."""
    tables = [f"embeddings.{kind}_embeddings" for kind in ("word", "position", "token_type")]
    parts = [f"encoder.layer.{index}.{part}" for index in range(layers) for part in _LAYER_PARTS]
    norms = ["embeddings.LayerNorm"]
    for index in range(layers):
        norms += [f"encoder.layer.{index}.{part}.LayerNorm" for part in ("attention.output", "output")]
    return {
        f"{name}.{kind}"
        for name in (*tables, *parts, *norms)
        for kind in ("weight", "bias", "scales", "biases")
    }


def _array(array: NDArray[np.generic], dtype: mx.Dtype) -> mx.array:
    made = mx.array(array)
    return made if array.dtype == np.uint32 else made.astype(dtype)
