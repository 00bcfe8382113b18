"""Rerankers on MLX: BERT cross-encoders, and Qwen3 asked whether a passage answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np

from . import mlx_bert, mlx_qwen3
from .mlx_network import Compute, MLXDevice, MLXNetwork, start_network

if TYPE_CHECKING:
    from ..model_config import Quantization
    from .mlx_bert import Tensors

_HEADS = ("pooler.dense", "classifier")


def classifier(tensors: Tensors, heads: int, epsilon: float, device: MLXDevice) -> MLXNetwork:
    """A BERT for sequence classification with one output.

    Args:
        tensors: By the names of Hugging Face.
        heads: Number of attention heads.
        epsilon: Of the layer norms.
        device: Where to run it.

    Returns:
        The network; see ``cross_encoder.PairNetwork``.

    Raises:
        WeightsError: A tensor is missing, or the shapes don't fit together.
    """
    names = mlx_bert.short_names(tensors)
    dtype = mlx_bert.DTYPES[device]

    def load() -> Compute:
        encoder = mlx_bert.read_encoder(names, heads, epsilon, dtype, None)
        (pooler, pooler_bias), (output, output_bias) = (
            [mx.array(np.asarray(names[f"{head}.{part}"], np.float32)) for part in ("weight", "bias")]
            for head in _HEADS
        )

        def logits(pairs: mx.array, mask: mx.array) -> mx.array:
            tokens = encoder.tokens(pairs[:, :, 0], mask, pairs[:, :, 1])
            pooled = mx.tanh(tokens[:, 0].astype(mx.float32) @ pooler.T + pooler_bias)
            return (pooled @ output.T + output_bias).reshape(len(pairs))

        return logits

    return start_network(load, device, dtype, None, pairs=True)


def judge(
    weights: Sequence[Path],
    config: Mapping[str, Any],
    yes: int,
    no: int,
    device: MLXDevice,
    quantization: Quantization | None = None,
) -> MLXNetwork:
    """A Qwen3 that writes, and is asked whether a passage answers: Qwen3-Reranker.

    Args:
        weights: Files in safetensors; packed matrices have ".scales" and ".biases".
        config: The model's config.json.
        yes: The token that says so,
        no: and the one that denies it.
        device: Where to run it.
        quantization: How packed matrices are packed.

    Returns:
        The network; see ``cross_encoder.PairNetwork``.

    Raises:
        WeightsError: A file is damaged, a tensor is missing, or the shapes don't fit together.
    """
    shape = mlx_qwen3.read_shape(config)
    dtype = mlx_qwen3.DTYPES[device]

    def load() -> Compute:
        encoder = mlx_qwen3.Qwen3Encoder(mlx_qwen3.read_arrays(weights, dtype, quantization), shape)
        # Small ones write with the table that they read with.
        table = "lm_head" if "lm_head.weight" in encoder.arrays.named else "embed_tokens"
        # Of the whole vocabulary two logits matter, and of those the difference.
        rows = encoder.arrays.rows(table, mx.array([yes, no])).astype(mx.float32)
        direction = rows[0] - rows[1]

        def logits(pairs: mx.array, mask: mx.array) -> mx.array:
            tokens = encoder.tokens(pairs[:, :, 0])
            last = mask.sum(axis=1).astype(mx.int32) - 1
            ends = mx.take_along_axis(tokens, last[:, None, None], axis=1)[:, 0]
            return ends.astype(mx.float32) @ direction

        return logits

    return start_network(load, device, dtype, quantization, pairs=True)
