"""What every network on MLX is made of: named arrays, packed or not, and the one thread that computes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import mlx.core as mx
import numpy as np

from ..weights_files import WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from ..model_config import Quantization

MLXDevice = Literal["metal", "cpu"]
Compute = Callable[[mx.array, mx.array], mx.array]
"""From token ids and mask to a row, or a number, for each text."""

TOKEN_BUDGETS: dict[MLXDevice, int] = {"metal": 16_384, "cpu": 1_024}
_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class Arrays:
    """The arrays of a network by name. A packed matrix has ".scales" and ".biases" beside its ".weight".

    Attributes:
        named: The arrays.
        quantization: How packed matrices are packed.
    """

    named: dict[str, mx.array]
    quantization: Quantization | None

    def dense(self, name: str, tokens: mx.array, *, has_bias: bool) -> mx.array:
        """A linear map."""
        matrix = self.named[f"{name}.weight"]
        if (packing := self._packing(name)) is None:
            product = tokens @ matrix.T
        else:
            group, bits = packing
            scales, shifts = self.named[f"{name}.scales"], self.named[f"{name}.biases"]
            product = mx.quantized_matmul(tokens, matrix, scales, shifts, group_size=group, bits=bits)
        return product + self.named[f"{name}.bias"] if has_bias else product

    def rows(self, name: str, ids: mx.array) -> mx.array:
        """Rows of a table."""
        found = self.named[f"{name}.weight"][ids]
        if (packing := self._packing(name)) is None:
            return found
        scales, shifts = self.named[f"{name}.scales"][ids], self.named[f"{name}.biases"][ids]
        group, bits = packing
        return mx.dequantize(found, scales, shifts, group_size=group, bits=bits)

    def _packing(self, name: str) -> tuple[int, int] | None:
        """Weights that share a scale, and bits of each; None for a matrix that isn't packed."""
        scales = self.named.get(f"{name}.scales")
        if scales is None or self.quantization is None:
            return None
        # Conversions may give some matrices more bits than others, which the sizes tell.
        group = self.quantization.group_size
        columns = self.named[f"{name}.weight"].shape[-1]
        return group, columns * _WORD_BITS // (scales.shape[-1] * group)


@dataclass(frozen=True, slots=True)
class MLXNetwork:
    """A network on MLX; see ``encoder.Network`` and ``cross_encoder.PairNetwork``.

    Attributes:
        precision: The arithmetic, and how weights are packed.
        token_budget: Padded tokens in a batch that suit the device.
        resources: What it computes with, in words.
        lanes: Batches that run well at the same time.
    """

    precision: str
    token_budget: int
    resources: str
    _compute: Compute
    _thread: ThreadPoolExecutor
    lanes: int = 1

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch."""
        # MLX's streams belong to the thread that made them, so that one thread does all the work.
        return self._thread.submit(self._forward, ids, mask).result()

    def _forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(self._compute(mx.array(ids), mx.array(mask)))


def start_network(
    load: Callable[[], Compute],
    device: MLXDevice,
    dtype: mx.Dtype,
    quantization: Quantization | None,
    *,
    pairs: bool = False,
) -> MLXNetwork:
    """Load a network in a thread of its own and try it out.

    Args:
        load: Loads the arrays, and gives the function to run.
        device: What it computes on.
        dtype: Arithmetic.
        quantization: How packed matrices are packed.
        pairs: Whether it reads ids with segments, of shape (pairs, tokens, 2).

    Raises:
        WeightsError: A tensor is missing, or the shapes don't fit together.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="mlx")
    example = (1, 2, 2) if pairs else (1, 2)
    compute = thread.submit(_tried_out, load, example).result()
    packed = f", weights in {quantization.bits} bits" if quantization else ""
    budget = TOKEN_BUDGETS[device]
    return MLXNetwork(
        precision=f"{str(dtype).removeprefix('mlx.core.')}{packed}",
        token_budget=budget,
        resources=f"Metal, batches of {budget:,} tokens" if device == "metal" else "CPU",
        _compute=compute,
        _thread=thread,
    )


def _tried_out(load: Callable[[], Compute], example: tuple[int, ...]) -> Compute:
    """The network after one short text, which needs every tensor."""
    try:
        compute = load()
        mx.eval(compute(mx.zeros(example, mx.int32), mx.ones(example[:2])))
    except KeyError as error:
        raise WeightsError(f"The weights lack the tensor {error}.", hint="Pull the model again.") from None
    except (ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(f"The shapes of the weights do not fit together ({error}).") from error
    return compute


def unit_vectors(tokens: mx.array, mask: mx.array, pooling: Pooling) -> mx.array:
    """One unit vector for each text.

    Args:
        tokens: Of shape (texts, tokens, hidden); padding is on the right.
        mask: 1 for a token and 0 for padding, of shape (texts, tokens).
        pooling: How token vectors become one.

    Returns:
        float32 of shape (texts, hidden).
    """
    tokens = tokens.astype(mx.float32)
    if pooling == "mean":  # the sum has the direction of the mean
        chosen = (tokens * mask[:, :, None]).sum(axis=1)
    elif pooling == "cls":
        chosen = tokens[:, 0]
    else:
        last = mask.sum(axis=1).astype(mx.int32) - 1
        chosen = mx.take_along_axis(tokens, last[:, None, None], axis=1)[:, 0]
    return chosen / mx.maximum(mx.linalg.norm(chosen, axis=1, keepdims=True), 1e-12)
