"""BERT sentence encoders on MLX: for the graphics processor of Apple silicon, and any CPU as a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import mlx.core as mx
import numpy as np

from ..weights_files import WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from ..sentence_transformer import Quantization

    Tensors = Mapping[str, NDArray[np.generic]]

MLXDevice = Literal["metal", "cpu"]

_TOKEN_BUDGETS: dict[MLXDevice, int] = {"metal": 16_384, "cpu": 1_024}
_LAYER_PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


@dataclass(frozen=True, slots=True)
class _Encoder:
    """The network: plain functions over named arrays.

    Attributes:
        arrays: By the names of Hugging Face, without "bert.".
        layers: How many transformer layers there are.
        heads: Number of attention heads.
        epsilon: Of the layer norms.
        quantization: How packed matrices are packed.
        pooling: "mean" or "cls".
    """

    arrays: dict[str, mx.array]
    layers: int
    heads: int
    epsilon: float
    quantization: Quantization | None
    pooling: Pooling

    def vectors(self, ids: mx.array, mask: mx.array) -> mx.array:
        """Unit vectors of shape (texts, hidden)."""
        tokens = self.embedded(ids)
        bias = ((mask - 1.0) * 1e4)[:, None, None, :].astype(tokens.dtype)
        for index in range(self.layers):
            tokens = self.layer(f"encoder.layer.{index}", tokens, bias)
        tokens = tokens.astype(mx.float32)
        # The sum has the direction of the mean.
        chosen = tokens[:, 0] if self.pooling == "cls" else (tokens * mask[:, :, None]).sum(axis=1)
        return chosen / mx.maximum(mx.linalg.norm(chosen, axis=1, keepdims=True), 1e-12)

    def embedded(self, ids: mx.array) -> mx.array:
        """Word, position and segment, of shape (texts, tokens, hidden)."""
        length = ids.shape[1]
        positions = self.rows("embeddings.position_embeddings", mx.arange(length))
        segment = self.rows("embeddings.token_type_embeddings", mx.zeros((1,), mx.int32))
        words = self.rows("embeddings.word_embeddings", ids)
        return self.norm("embeddings.LayerNorm", words + positions + segment)

    def layer(self, name: str, tokens: mx.array, bias: mx.array) -> mx.array:
        """One transformer layer."""
        count, length, hidden = tokens.shape
        query, key, value = (
            self.dense(f"{name}.attention.self.{role}", tokens)
            .reshape(count, length, self.heads, hidden // self.heads)
            .transpose(0, 2, 1, 3)
            for role in ("query", "key", "value")
        )
        scale = (hidden // self.heads) ** -0.5
        attended = mx.fast.scaled_dot_product_attention(query, key, value, scale=scale, mask=bias)
        joined = attended.transpose(0, 2, 1, 3).reshape(count, length, hidden)
        tokens = self.norm(
            f"{name}.attention.output.LayerNorm",
            tokens + self.dense(f"{name}.attention.output.dense", joined),
        )
        wide = self.dense(f"{name}.intermediate.dense", tokens)
        wide = wide * (1 + mx.erf(wide / 2**0.5)) / 2
        return self.norm(f"{name}.output.LayerNorm", tokens + self.dense(f"{name}.output.dense", wide))

    def dense(self, name: str, tokens: mx.array) -> mx.array:
        """A linear map whose matrix may be packed."""
        matrix, bias = self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"]
        scales = self.arrays.get(f"{name}.scales")
        if scales is None or self.quantization is None:
            return tokens @ matrix.T + bias
        shifts = self.arrays[f"{name}.biases"]
        packing = self.quantization
        product = mx.quantized_matmul(
            tokens, matrix, scales, shifts, group_size=packing.group_size, bits=packing.bits
        )
        return product + bias

    def rows(self, name: str, ids: mx.array) -> mx.array:
        """Rows of a table that may be packed."""
        found = self.arrays[f"{name}.weight"][ids]
        scales = self.arrays.get(f"{name}.scales")
        if scales is None or self.quantization is None:
            return found
        shifts, packing = self.arrays[f"{name}.biases"][ids], self.quantization
        return mx.dequantize(found, scales[ids], shifts, group_size=packing.group_size, bits=packing.bits)

    def norm(self, name: str, tokens: mx.array) -> mx.array:
        """Layer normalisation."""
        return mx.fast.layer_norm(
            tokens, self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"], self.epsilon
        )


@dataclass(frozen=True, slots=True)
class MLXBert:
    """An encoder on MLX; see ``encoder.Network``.

    Attributes:
        precision: The arithmetic, and how weights are packed.
        token_budget: Padded tokens in a batch that suit the device.
        resources: What it computes with, in words.
        lanes: Batches that run well at the same time.
    """

    precision: str
    token_budget: int
    resources: str
    _encoder: _Encoder
    _thread: ThreadPoolExecutor
    lanes: int = 1

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch."""
        # MLX's streams belong to the thread that made them, so that one thread does all the work.
        return self._thread.submit(self._forward, ids, mask).result()

    def _forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(self._encoder.vectors(mx.array(ids), mx.array(mask)))


def build(
    tensors: Tensors,
    heads: int,
    epsilon: float,
    device: MLXDevice,
    *,
    pooling: Pooling = "mean",
    quantization: Quantization | None = None,
    feed_forward: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> MLXBert:
    """Put an encoder on a device.

    Args:
        tensors: Of a BERT, by the names of Hugging Face; packed matrices have ".scales" and ".biases".
        heads: Number of attention heads.
        epsilon: Of the layer norms.
        device: Where to run it.
        pooling: "mean" or "cls".
        quantization: How packed matrices are packed.
        feed_forward: Changes the matrices of the feed-forward layers.

    Returns:
        The network.

    Raises:
        WeightsError: A tensor is missing, or the shapes don't fit together.
    """
    dtype = mx.float16 if device == "metal" else mx.float32
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""
    names = {name.removeprefix(prefix): array for name, array in tensors.items()}
    layers = sum(name.endswith(".attention.self.query.weight") for name in names)
    if feed_forward is not None:
        names |= {
            name: feed_forward(np.asarray(array, np.float32))
            for name, array in names.items()
            if name.endswith((".intermediate.dense.weight", ".output.dense.weight"))
            and not name.endswith(".attention.output.dense.weight")
        }
    wanted = _wanted(layers)
    thread = ThreadPoolExecutor(1, thread_name_prefix="mlx")
    encoder = thread.submit(
        lambda: _Encoder(
            arrays={name: _array(array, dtype) for name, array in names.items() if name in wanted},
            layers=layers,
            heads=heads,
            epsilon=epsilon,
            quantization=quantization,
            pooling=pooling,
        )
    ).result()
    thread.submit(partial(_try_out, encoder)).result()
    packed = f", weights in {quantization.bits} bits" if quantization else ""
    return MLXBert(
        precision=f"{str(dtype).removeprefix('mlx.core.')}{packed}",
        token_budget=_TOKEN_BUDGETS[device],
        resources=f"Metal, batches of {_TOKEN_BUDGETS[device]:,} tokens" if device == "metal" else "CPU",
        _encoder=encoder,
        _thread=thread,
    )


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


def _try_out(encoder: _Encoder) -> None:
    """Run one short text, which needs every tensor."""
    if not encoder.layers:
        raise WeightsError("The weights have no layers: this is no BERT encoder.")
    try:
        mx.eval(encoder.vectors(mx.zeros((1, 2), mx.int32), mx.ones((1, 2))))
    except KeyError as error:
        raise WeightsError(f"The weights lack the tensor {error}: this is no BERT encoder.") from None
    except (ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"The shapes of the weights do not fit together: this is no BERT encoder ({error})."
        ) from error
