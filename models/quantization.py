"""Weights and inputs of matrix products rounded to 8 bits.

A model of precision "int8" is the model with these rounded weights, on any engine: processors with 8-bit dot
products round the inputs as well and multiply whole numbers, the others use the rounded weights as floats.

Inputs differ in range by the factor of a hundred. Each is divided by a scale of its own, by which the weights
that it meets are multiplied, so that one step serves all (Xiao et al., SmoothQuant, arXiv:2211.10438). A few
neurons are hundreds of times as strong as all others for a few tokens (Sun et al., Massive Activations in
Large Language Models, arXiv:2402.17762); they stay floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_LARGEST = 127
_TINY = np.float32(1e-12)


@dataclass(frozen=True, slots=True)
class InputRange:
    """How the inputs of one matrix product are rounded.

    Attributes:
        scales: float32 of shape (inputs,), positive: what each input is divided by.
        step: What is between two neighbouring values of the inputs after that.
        shift: Added to each input first. With it they are rounded to 0..255 steps, without to -128..127.
        exact: Positions of inputs that aren't rounded, nor their weights.
    """

    scales: Array
    step: float
    shift: float
    exact: tuple[int, ...]

    @property
    def levels(self) -> tuple[int, int]:
        """The least and the largest number of steps."""
        return (0, 255) if self.shift else (-128, 127)


@dataclass(frozen=True, slots=True)
class Int8Matrix:
    """A matrix for scaled inputs, as whole numbers times scales.

    Attributes:
        values: int8 array of shape (outputs, inputs), each within -127..127; 0 where an input is exact.
        scales: float32 array of shape (outputs, 1).
    """

    values: NDArray[np.int8]
    scales: Array


def quantize(matrix: Array, inputs: InputRange) -> Int8Matrix:
    """Round a matrix.

    Args:
        matrix: float32 of shape (outputs, inputs).
        inputs: What it is multiplied by.

    Returns:
        The matrix times the scales of its inputs, off by at most half a scale of its row.
    """
    whole, scales = _whole([matrix], [inputs])
    return Int8Matrix(values=whole[0].astype(np.int8), scales=scales[0])


def rounded(matrices: Sequence[Array], inputs: Sequence[InputRange]) -> Array:
    """What matrices become by rounding, as floats for inputs as they are.

    All at once: each call that NumPy makes outside the interpreter's lock waits to get it back where another
    thread is busy, which costs more than the arithmetic.

    Args:
        matrices: At least one, float32 of shape (outputs, inputs), all of one shape.
        inputs: What each of them is multiplied by.

    Returns:
        float32 of shape (matrices, outputs, inputs); weights of exact inputs are unchanged.
    """
    floats, scales = _whole(matrices, inputs)
    floats *= scales
    floats /= _scales(inputs)
    for near, matrix, known in zip(floats, matrices, inputs, strict=True):
        exact = list(known.exact)
        near[:, exact] = matrix[:, exact]
    return floats


def _whole(matrices: Sequence[Array], inputs: Sequence[InputRange]) -> tuple[Array, Array]:
    """Whole numbers, as floats, and the scales of their rows."""
    scaled = np.stack(matrices)
    scaled *= _scales(inputs)
    for matrix, known in zip(scaled, inputs, strict=True):
        matrix[:, list(known.exact)] = 0
    largest = np.maximum(scaled.max(axis=-1, keepdims=True), -scaled.min(axis=-1, keepdims=True))
    scales = np.maximum(largest / np.float32(_LARGEST), _TINY)
    scaled /= scales
    return np.rint(scaled, out=scaled), scales


def _scales(inputs: Sequence[InputRange]) -> Array:
    return np.stack([known.scales for known in inputs])[:, None, :]


def rounded_inputs(values: Array, inputs: InputRange) -> Array:
    """What inputs become by rounding; the reference of what engines compute.

    Args:
        values: float32 of shape (..., inputs).
        inputs: How to round them.

    Returns:
        float32 of the same shape.
    """
    least, largest = inputs.levels
    steps = np.rint((values + np.float32(inputs.shift)) / inputs.scales / np.float32(inputs.step))
    near = np.clip(steps, least, largest) * np.float32(inputs.step) * inputs.scales - np.float32(inputs.shift)
    exact = list(inputs.exact)
    near[..., exact] = values[..., exact]
    return np.asarray(near, dtype=np.float32)
