"""BERT sentence encoders in plain NumPy: slow for many texts, and there at once.

Other engines are imported and compiled for a third of a second and more before the first text. A query, or
the few chunks of one saved file, are done sooner than that here: weights are mapped from the file, and the
first product runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from .bert_weights import Affine, BertLayer, BertWeights

    Array = NDArray[np.float32]

_TOKEN_BUDGET = 512
_MASKED = np.float32(1e4)
_TINY = np.float32(1e-12)

# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: the error is below 1.5e-7.
_ERF_SLOPE = np.float32(0.3275911)
_ERF_TERMS = tuple(map(np.float32, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)))


@dataclass(frozen=True, slots=True)
class NumpyBert:
    """An encoder in float32; see `encoder.Network`.

    Attributes:
        weights: The model.
        pooling: How the vectors of tokens become one.
    """

    weights: BertWeights
    pooling: Pooling = "mean"
    lanes: int = 1
    token_budget: int = _TOKEN_BUDGET

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> Array:
        """Run one batch; see `encoder.Network`."""
        weights = self.weights
        tokens = weights.words[ids] + weights.positions[: ids.shape[1]]
        tokens = _norm(tokens, weights.norm, weights.epsilon)
        bias = (mask[:, None, None, :] - np.float32(1.0)) * _MASKED
        for layer in weights.layers:
            tokens = self._layer(layer, tokens, bias)
        pooled = tokens[:, 0] if self.pooling == "cls" else np.einsum("bth,bt->bh", tokens, mask)
        lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(lengths, _TINY), dtype=np.float32)

    def _layer(self, layer: BertLayer, tokens: Array, bias: Array) -> Array:
        epsilon = self.weights.epsilon
        attended = _dense(self._attention(layer, tokens, bias), layer.attention_output)
        tokens = _norm(tokens + attended, layer.attention_norm, epsilon)
        wide = _gelu(_dense(tokens, layer.intermediate))
        return _norm(tokens + _dense(wide, layer.output), layer.output_norm, epsilon)

    def _attention(self, layer: BertLayer, tokens: Array, bias: Array) -> Array:
        texts, length, hidden = tokens.shape
        heads = self.weights.heads
        parts = _dense(tokens, layer.qkv).reshape(texts, length, 3, heads, hidden // heads)
        query, key, value = parts.transpose(2, 0, 3, 1, 4)
        scores = query @ key.swapaxes(-1, -2)
        scores *= np.float32((hidden // heads) ** -0.5)
        scores += bias
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        joined: Array = (scores @ value).swapaxes(1, 2).reshape(texts, length, hidden)
        return joined


def _dense(tokens: Array, affine: Affine) -> Array:
    # One product of two matrices, where a stack of them would be multiplied text by text.
    flat: Array = tokens.reshape(-1, tokens.shape[-1]) @ affine.weight.T
    flat += affine.bias
    return flat.reshape(*tokens.shape[:-1], -1)


def _norm(tokens: Array, affine: Affine, epsilon: float) -> Array:
    centred: Array = tokens - tokens.mean(axis=-1, keepdims=True)
    variance = np.einsum("bth,bth->bt", centred, centred)[..., None] / np.float32(tokens.shape[-1])
    centred /= np.sqrt(variance + np.float32(epsilon))
    centred *= affine.weight
    centred += affine.bias
    return centred


def _gelu(values: Array) -> Array:
    """Each value times the normal distribution function of it; Hendrycks and Gimpel, arXiv:1606.08415."""
    scaled = values * np.float32(0.5**0.5)
    size = np.abs(scaled)
    slope = np.float32(1.0) / (np.float32(1.0) + _ERF_SLOPE * size)
    series = np.zeros_like(slope)
    for term in _ERF_TERMS:
        series += term
        series *= slope
    np.multiply(size, size, out=size)
    np.negative(size, out=size)
    series *= np.exp(size)
    error_function: Array = np.copysign(np.float32(1.0) - series, scaled)
    error_function += np.float32(1.0)
    error_function *= values
    error_function *= np.float32(0.5)
    return error_function
