"""The network of a BERT sentence encoder as a graph of OpenVINO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .bert_weights import Affine, BertWeights


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

    def dense(self, tokens: Any, affine: Affine) -> Any:
        """A matrix product and a bias."""
        product = self.op.matmul(tokens, self.constant(affine.weight), transpose_a=False, transpose_b=True)
        return self.op.add(product, self.constant(affine.bias))

    def norm(self, tokens: Any, affine: Affine) -> Any:
        """Layer normalisation."""
        centred = self.op.mvn(
            tokens,
            self.integers([-1]),
            normalize_variance=True,
            eps=self.weights.epsilon,
            eps_mode="inside_sqrt",
        )
        return self.op.add(
            self.op.multiply(centred, self.constant(affine.weight)), self.constant(affine.bias)
        )

    def embeddings(self, ids: Any) -> Any:
        """What goes into the first layer: (texts, tokens) -> (texts, tokens, hidden)."""
        words = self.op.gather(self.constant(self.weights.words), ids, self.integers(0))
        length = self.op.gather(self.op.shape_of(ids), self.integers([1]), self.integers(0))
        positions = self.op.slice(
            self.constant(self.weights.positions),
            self.integers([0]),
            length,
            self.integers([1]),
            self.integers([0]),
        )
        return self.norm(self.op.add(words, positions), self.weights.norm)

    def heads(self, tokens: Any) -> Any:
        """(texts, tokens, hidden) -> (texts, heads, tokens, hidden / heads)."""
        shape = self.integers([0, 0, self.weights.heads, self.weights.hidden // self.weights.heads])
        return self.op.transpose(
            self.op.reshape(tokens, shape, special_zero=True), self.integers([0, 2, 1, 3])
        )

    def layer(self, index: int, tokens: Any, bias: Any) -> Any:
        """One transformer layer; ``bias`` is added to the attention's scores."""
        layer, hidden = self.weights.layers[index], self.weights.hidden
        query, key, value = (self.heads(part) for part in self.query_key_value(index, tokens))
        attended = self.op.scaled_dot_product_attention(query, key, value, bias, causal=False)
        joined = self.op.reshape(
            self.op.transpose(attended, self.integers([0, 2, 1, 3])),
            self.integers([0, 0, hidden]),
            special_zero=True,
        )
        attended = self.attention_output(index, joined)
        tokens = self.norm(self.op.add(tokens, attended), layer.attention_norm)
        return self.norm(self.op.add(tokens, self.feed_forward(index, tokens)), layer.output_norm)

    def query_key_value(self, index: int, tokens: Any) -> list[Any]:
        """The three products with the inputs of a layer."""
        # One product for all three would have to be split again, which costs more than it saves.
        return [self.dense(tokens, part) for part in self.weights.layers[index].qkv.parts(3)]

    def attention_output(self, index: int, joined: Any) -> Any:
        """The product with what all heads attended to."""
        return self.dense(joined, self.weights.layers[index].attention_output)

    def feed_forward(self, index: int, tokens: Any) -> Any:
        """Two products, with the activation in between."""
        layer = self.weights.layers[index]
        return self.dense(self.op.gelu(self.dense(tokens, layer.intermediate), "erf"), layer.output)

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
