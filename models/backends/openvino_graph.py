"""The network of a BERT sentence encoder as a graph of OpenVINO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .bert_weights import Affine, BertWeights

_MASKED = 1e4


@dataclass(frozen=True, slots=True)
class Normalised:
    """Tokens with mean 0 and variance 1, of shape (1, tokens, hidden), and what they are still to go through.

    Whatever takes them makes scale and shift part of an operation of its own.
    """

    values: Any
    affine: Affine


@dataclass(frozen=True, slots=True)
class Layout:
    """The rectangle of texts and tokens that attention works on; see `packing.PackedBatch`.

    Attributes:
        heads: Rows of an array (tokens * heads, hidden / heads), of shape (texts, heads, width).
        joined: Rows of an array (texts * heads * width, hidden / heads), of shape (tokens, heads).
        bias: Added to the scores: 0 for a token and a large negative number for padding.
    """

    heads: Any
    joined: Any
    bias: Any


@dataclass(frozen=True, slots=True)
class GraphBuilder:
    """Adds the parts of the network to a graph; ``op`` is an OpenVINO opset."""

    op: Any
    weights: BertWeights

    def constant(self, value: NDArray[np.float32] | np.float32) -> Any:
        """Floats; an array stays where it is, and must outlive the network unchanged."""
        return self.op.constant(value, shared_memory=isinstance(value, np.ndarray))

    def integers(self, values: int | list[int]) -> Any:
        """Whole numbers, for shapes and positions."""
        return self.op.constant(np.array(values, dtype=np.int64))

    def rows(self, values: Any, length: int) -> Any:
        """The same numbers in rows of a length."""
        return self.op.reshape(values, self.integers([-1, length]), special_zero=False)

    def picked(self, rows: Any, which: Any) -> Any:
        """Rows by number, in the shape of the numbers."""
        return self.op.gather(rows, which, self.integers(0))

    def dense(self, tokens: Any, affine: Affine) -> Any:
        """A matrix product and a bias."""
        product = self.op.matmul(tokens, self.constant(affine.weight), transpose_a=False, transpose_b=True)
        return self.op.add(product, self.constant(affine.bias))

    def normalised(self, tokens: Any, affine: Affine) -> Normalised:
        """Layer normalisation but for its scale and shift."""
        centred = self.op.mvn(
            tokens,
            self.integers([-1]),
            normalize_variance=True,
            eps=self.weights.epsilon,
            eps_mode="inside_sqrt",
        )
        return Normalised(centred, affine)

    def finished(self, tokens: Normalised) -> Any:
        """What the whole layer normalisation gives."""
        scaled = self.op.multiply(tokens.values, self.constant(tokens.affine.weight))
        return self.op.add(scaled, self.constant(tokens.affine.bias))

    def embeddings(self, ids: Any, positions: Any) -> Normalised:
        """What goes into the first layer."""
        words = self.picked(self.constant(self.weights.words), ids)
        places = self.picked(self.constant(self.weights.positions), positions)
        return self.normalised(
            self.op.unsqueeze(self.op.add(words, places), self.integers(0)), self.weights.norm
        )

    def layout(self, spread: Any, joined: Any, mask: Any) -> Layout:
        """How attention finds its way."""
        heads = self.weights.heads
        each = self.op.constant(np.arange(heads, dtype=np.int32).reshape(1, heads, 1))
        first = self.op.multiply(
            self.op.unsqueeze(spread, self.integers(1)), self.op.constant(np.int32(heads))
        )
        missing = self.op.subtract(
            self.op.unsqueeze(mask, self.integers([1, 2])), self.constant(np.float32(1.0))
        )
        bias = self.op.multiply(missing, self.constant(np.float32(_MASKED)))
        return Layout(self.op.add(first, each), joined, bias)

    def layer(self, index: int, tokens: Normalised, layout: Layout) -> Normalised:
        """One transformer layer."""
        layer = self.weights.layers[index]
        joined = self.attention(self.query_key_value(index, tokens), layout)
        attended = self.op.add(self.finished(tokens), self.attention_output(index, joined))
        tokens = self.normalised(attended, layer.attention_norm)
        fed = self.op.add(self.finished(tokens), self.feed_forward(index, tokens))
        return self.normalised(fed, layer.output_norm)

    def attention(self, query_key_value: list[Any], layout: Layout) -> Any:
        """What the heads of each token attend to, of shape (1, tokens, hidden)."""
        hidden = self.weights.hidden
        length = hidden // self.weights.heads
        # Picking heads from rows of tokens is padding and transposition at once.
        query, key, value = (self.picked(self.rows(part, length), layout.heads) for part in query_key_value)
        attended = self.op.scaled_dot_product_attention(
            query, key, value, layout.bias, self.constant(np.float32(1.0)), causal=False
        )
        joined = self.picked(self.rows(attended, length), layout.joined)
        return self.op.reshape(joined, self.integers([1, -1, hidden]), special_zero=False)

    @property
    def query_scale(self) -> float:
        """What queries are multiplied by; Vaswani et al., arXiv:1706.03762, 3.2.1."""
        return float((self.weights.hidden // self.weights.heads) ** -0.5)

    def query_key_value(self, index: int, tokens: Normalised) -> list[Any]:
        """The three products with the inputs of a layer; queries are scaled."""
        query, *others = self.weights.layers[index].qkv.parts(3)
        inputs = self.finished(tokens)
        scaled = self.op.multiply(self.dense(inputs, query), self.constant(np.float32(self.query_scale)))
        return [scaled, *(self.dense(inputs, part) for part in others)]

    def attention_output(self, index: int, joined: Any) -> Any:
        """The product with what all heads attended to."""
        return self.dense(joined, self.weights.layers[index].attention_output)

    def feed_forward(self, index: int, tokens: Normalised) -> Any:
        """Two products, with the activation in between."""
        layer = self.weights.layers[index]
        wide = self.dense(self.finished(tokens), layer.intermediate)
        return self.dense(self.op.gelu(wide, "erf"), layer.output)

    def rectangle(self, tokens: Normalised, spread: Any) -> Any:
        """Tokens by text, of shape (texts, width, hidden)."""
        return self.picked(self.rows(self.finished(tokens), self.weights.hidden), spread)

    def total(self, tokens: Any, mask: Any) -> Any:
        """Sum over the tokens of each text, which has the direction of their mean."""
        weighted = self.op.multiply(tokens, self.op.unsqueeze(mask, self.integers(-1)))
        return self.op.reduce_sum(weighted, self.integers([1]), keep_dims=False)

    def first(self, tokens: Any) -> Any:
        """The first token of each text."""
        return self.op.gather(tokens, self.integers(0), self.integers(1))

    def unit(self, vectors: Any) -> Any:
        """Euclidean length 1."""
        return self.op.normalize_l2(vectors, self.integers([1]), 1e-12, "max")
