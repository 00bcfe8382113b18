"""BERT sentence encoders on the CPU through OpenVINO, built straight from the weights.

No converter, no ONNX and no torch take part. The graph compiles in a tenth of a second from memory-mapped
weights, and so needs no cache of compiled models that could go stale.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..quantization import BLOCK, quantize
from .openvino_runtime import runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from .bert_weights import Affine, BertWeights

OpenVINOPrecision = Literal["bf16", "f16", "f32"]

# From 512 to 2,048 all are equally fast; the smallest lets a query in soonest and takes the least memory.
_TOKEN_BUDGET = 512
_MASKED = 1e4


@dataclass(slots=True)
class OpenVINOBert:
    """A compiled encoder with one stream per thread.

    Streams of one thread each need no synchronisation inside a layer, which is why many small batches side by
    side beat one batch spread over all threads.

    Attributes:
        compiled: The ``openvino.CompiledModel``.
        weights: Kept because the compiled model reads large tables where they are.
        lanes: Number of streams.
        precision: Arithmetic of the matrix products.
    """

    compiled: Any
    weights: BertWeights
    lanes: int
    precision: OpenVINOPrecision
    token_budget: int = _TOKEN_BUDGET
    _requests: threading.local = field(default_factory=threading.local)

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; see ``encoder.Network``."""
        request = getattr(self._requests, "request", None)
        if request is None:
            request = self._requests.request = self.compiled.create_infer_request()
        request.infer([ids, mask], share_inputs=True)
        # The tensor belongs to the request, which the next call of this thread overwrites.
        return np.array(request.get_output_tensor().data, dtype=np.float32)


def build(
    weights: BertWeights, threads: int, *, int8: bool = False, pooling: Pooling = "mean"
) -> OpenVINOBert:
    """Build and compile the encoder.

    Args:
        weights: The model.
        threads: How many threads may compute at the same time.
        int8: Round the feed-forward weights to 8 bits and multiply in 8 bits, for processors with 8-bit dot
            products.
        pooling: "mean" or "cls".

    Returns:
        The network.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    openvino = runtime()
    core = openvino.Core()
    precision = best_precision(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    compiled = core.compile_model(
        _graph(weights, pooling, int8=int8),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": str(threads),
            "NUM_STREAMS": str(threads),
            # Pinned threads of two processes would share one core and leave the next one idle.
            "ENABLE_CPU_PINNING": "NO",
            # Activations get a scale per token and block, chosen as they come: nothing to calibrate.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(BLOCK if int8 else 0),
        },
    )
    return OpenVINOBert(compiled, weights, threads, precision)


def best_precision(capabilities: list[str]) -> OpenVINOPrecision:
    """The fastest float arithmetic that the CPU does in hardware.

    Args:
        capabilities: What OpenVINO's ``OPTIMIZATION_CAPABILITIES`` says of the CPU.
    """
    if "BF16" in capabilities:
        return "bf16"
    return "f16" if "FP16" in capabilities else "f32"


def _graph(weights: BertWeights, pooling: Pooling, *, int8: bool) -> Any:
    openvino = runtime()
    build = _Builder(openvino.opset15, weights, int8)
    ids = build.op.parameter([-1, -1], np.int32, name="ids")
    mask = build.op.parameter([-1, -1], np.float32, name="mask")
    tokens = build.embeddings(ids)
    # 0 for a token and a large negative number for padding, added to the attention scores.
    bias = build.op.multiply(
        build.op.subtract(build.op.unsqueeze(mask, build.integers([1, 2])), build.constant(np.float32(1.0))),
        build.constant(np.float32(_MASKED)),
    )
    for index in range(len(weights.layers)):
        tokens = build.layer(index, tokens, bias)
    vectors = build.first(tokens) if pooling == "cls" else build.total(tokens, mask)
    return openvino.Model([build.unit(vectors)], [ids, mask], "bert")


@dataclass(frozen=True, slots=True)
class _Builder:
    """Adds the parts of the network to a graph; ``op`` is an OpenVINO opset."""

    op: Any
    weights: BertWeights
    int8: bool

    def constant(self, value: NDArray[np.float32] | np.float32) -> Any:
        return self.op.constant(value, shared_memory=isinstance(value, np.ndarray))

    def integers(self, values: int | list[int]) -> Any:
        return self.op.constant(np.array(values, dtype=np.int64))

    def dense(self, tokens: Any, affine: Affine, *, int8: bool = False) -> Any:
        matrix = self.int8_matrix(affine.weight) if int8 else self.constant(affine.weight)
        product = self.op.matmul(tokens, matrix, transpose_a=False, transpose_b=True)
        return self.op.add(product, self.constant(affine.bias))

    def int8_matrix(self, matrix: NDArray[np.float32]) -> Any:
        """The pattern that OpenVINO takes for compressed weights: int8 -> float, times scales, reshaped."""
        compressed = quantize(matrix)
        values = self.op.convert(self.op.constant(compressed.values), "f32")
        floats = self.op.multiply(values, self.constant(compressed.scales))
        return self.op.reshape(floats, self.integers(list(matrix.shape)), special_zero=False)

    def norm(self, tokens: Any, affine: Affine) -> Any:
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
        layer, hidden = self.weights.layers[index], self.weights.hidden
        # One product for all three would have to be split again, which costs more than it saves.
        query, key, value = (self.heads(self.dense(tokens, part)) for part in layer.qkv.parts(3))
        attended = self.op.scaled_dot_product_attention(query, key, value, bias, causal=False)
        joined = self.op.reshape(
            self.op.transpose(attended, self.integers([0, 2, 1, 3])),
            self.integers([0, 0, hidden]),
            special_zero=True,
        )
        tokens = self.norm(
            self.op.add(tokens, self.dense(joined, layer.attention_output)), layer.attention_norm
        )
        wide = self.op.gelu(self.dense(tokens, layer.intermediate, int8=self.int8), "erf")
        return self.norm(
            self.op.add(tokens, self.dense(wide, layer.output, int8=self.int8)), layer.output_norm
        )

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
