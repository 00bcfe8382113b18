"""Qwen3 encoders on MLX, as Qwen3-Embedding is one: weights as published, or packed by a conversion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlx.core as mx

from ..weights_files import WeightsError
from .mlx_network import Arrays, Compute, MLXDevice, MLXNetwork, start_network, unit_vectors

if TYPE_CHECKING:
    from ..identity import Pooling
    from ..model_config import Quantization

# What was trained in bfloat16 may overflow in float16.
DTYPES: dict[MLXDevice, mx.Dtype] = {"metal": mx.bfloat16, "cpu": mx.float32}

_ROPE_BASE = 1_000_000.0
_HINT = "Set model.engine to torch, which runs more kinds of models."


@dataclass(frozen=True, slots=True)
class Qwen3Shape:
    """What config.json tells of the network.

    Attributes:
        layers: How many transformer layers there are.
        heads: Number of heads of the queries,
        shared_heads: and of keys and values.
        head_size: Length of a head's vectors.
        epsilon: Of the norms.
        rope_base: Of the rotation of positions.
        has_biases: Whether the linear maps of attention have a bias.
    """

    layers: int
    heads: int
    shared_heads: int
    head_size: int
    epsilon: float
    rope_base: float
    has_biases: bool


@dataclass(frozen=True, slots=True)
class Qwen3Encoder:
    """The network: plain functions over named arrays, by the names of Hugging Face without "model."."""

    arrays: Arrays
    shape: Qwen3Shape

    def tokens(self, ids: mx.array) -> mx.array:
        """Token vectors of shape (texts, tokens, hidden).

        Padding needs no mask: it is on the right, and no token sees those after it.
        """
        tokens = self.arrays.rows("embed_tokens", ids)
        for index in range(self.shape.layers):
            name = f"layers.{index}"
            tokens = tokens + self.attended(name, self.norm(f"{name}.input_layernorm", tokens))
            tokens = tokens + self.fed_forward(name, self.norm(f"{name}.post_attention_layernorm", tokens))
        return self.norm("norm", tokens)

    def attended(self, name: str, tokens: mx.array) -> mx.array:
        """What attention adds."""
        count, length, _ = tokens.shape
        shape = self.shape
        dense = partial(self.arrays.dense, has_bias=shape.has_biases)

        def heads(role: str, number: int) -> mx.array:
            found = dense(f"{name}.self_attn.{role}_proj", tokens)
            return found.reshape(count, length, number, shape.head_size)

        query = self.rotated(self.norm(f"{name}.self_attn.q_norm", heads("q", shape.heads)))
        key = self.rotated(self.norm(f"{name}.self_attn.k_norm", heads("k", shape.shared_heads)))
        value = heads("v", shape.shared_heads).transpose(0, 2, 1, 3)
        attended = mx.fast.scaled_dot_product_attention(
            query, key, value, scale=shape.head_size**-0.5, mask="causal"
        )
        return dense(f"{name}.self_attn.o_proj", attended.transpose(0, 2, 1, 3).reshape(count, length, -1))

    def rotated(self, heads: mx.array) -> mx.array:
        """Positions put into (texts, tokens, heads, size), as (texts, heads, tokens, size)."""
        return mx.fast.rope(
            heads.transpose(0, 2, 1, 3),
            self.shape.head_size,
            traditional=False,
            base=self.shape.rope_base,
            scale=1.0,
            offset=0,
        )

    def fed_forward(self, name: str, tokens: mx.array) -> mx.array:
        """What the feed-forward layer adds."""
        dense = partial(self.arrays.dense, has_bias=False)
        gate = dense(f"{name}.mlp.gate_proj", tokens)
        return dense(f"{name}.mlp.down_proj", gate * mx.sigmoid(gate) * dense(f"{name}.mlp.up_proj", tokens))

    def norm(self, name: str, tokens: mx.array) -> mx.array:
        """Division by the root of the mean square."""
        return mx.fast.rms_norm(tokens, self.arrays.named[f"{name}.weight"], self.shape.epsilon)


def read_shape(config: Mapping[str, Any]) -> Qwen3Shape:
    """What a config.json tells of a Qwen3.

    Raises:
        WeightsError: It lacks something, or the network has parts that aren't built here.
    """
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default" or config.get("use_sliding_window") or config.get("hidden_act", "silu") != "silu":
        raise WeightsError("MLX here runs a plain Qwen3 only, without scaled positions and windows.", _HINT)
    try:
        heads = int(config["num_attention_heads"])
        return Qwen3Shape(
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            shared_heads=int(config["num_key_value_heads"]),
            head_size=int(config.get("head_dim") or int(config["hidden_size"]) // heads),
            epsilon=float(config.get("rms_norm_eps", 1e-6)),
            rope_base=float(rope.get("rope_theta") or config.get("rope_theta") or _ROPE_BASE),
            has_biases=config.get("attention_bias") is True,
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise WeightsError(f"The configuration is not that of a Qwen3: {error!r}.", hint=_HINT) from error


def build(
    weights: Sequence[Path],
    config: Mapping[str, Any],
    device: MLXDevice,
    pooling: Pooling,
    quantization: Quantization | None = None,
) -> MLXNetwork:
    """Put an encoder on a device.

    Args:
        weights: Files in safetensors; packed matrices have ".scales" and ".biases".
        config: The model's config.json.
        device: Where to run it.
        pooling: How token vectors become one.
        quantization: How packed matrices are packed.

    Returns:
        The network.

    Raises:
        WeightsError: A file is damaged, a tensor is missing, or the shapes don't fit together.
    """
    shape = read_shape(config)
    dtype = DTYPES[device]

    def load() -> Compute:
        encoder = Qwen3Encoder(read_arrays(weights, dtype, quantization), shape)
        return lambda ids, mask: unit_vectors(encoder.tokens(ids), mask, pooling)

    return start_network(load, device, dtype, quantization)


def read_arrays(weights: Sequence[Path], dtype: mx.Dtype, quantization: Quantization | None) -> Arrays:
    """Put the arrays of a Qwen3 where MLX computes; in the thread that will.

    Args:
        weights: Files in safetensors.
        dtype: Arithmetic.
        quantization: How packed matrices are packed.
    """
    named: dict[str, mx.array] = {}
    for path in weights:
        # Unlike numpy, MLX knows bfloat16, which would be copied at twice its size otherwise.
        found = mx.load(str(path), format="safetensors")
        assert isinstance(found, dict)  # noqa: S101 - for the type checker: metadata wasn't asked for
        for name, array in found.items():
            is_packed = array.dtype == mx.uint32
            named[name.removeprefix("model.")] = array if is_packed else array.astype(dtype)
    return Arrays(named, quantization)
