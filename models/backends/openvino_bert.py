"""BERT sentence encoders on the CPU through OpenVINO, built straight from the weights.

No converter, no ONNX and no torch take part. The graph compiles in a tenth of a second from memory-mapped
weights, and so needs no cache of compiled models that could go stale.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .openvino_graph import GraphBuilder
from .openvino_int8 import Int8GraphBuilder
from .openvino_runtime import runtime
from .packing import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..calibration import Calibration
    from ..identity import Pooling
    from .bert_weights import BertWeights

OpenVINOPrecision = Literal["bf16", "f16", "f32"]

# Less is slower by some percent, and more is hardly faster, takes more memory, and lets a query in later.
_TOKEN_BUDGET = 768


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
        batch = pack(ids, mask, self.weights.heads)
        inputs = [batch.ids, batch.positions, batch.spread, batch.joined, batch.mask]
        request.infer(inputs, share_inputs=True)
        # The tensor belongs to the request, which the next call of this thread overwrites.
        return np.array(request.get_output_tensor().data, dtype=np.float32)


def build(
    weights: BertWeights, threads: int, *, calibration: Calibration | None = None, pooling: Pooling = "mean"
) -> OpenVINOBert:
    """Build and compile the encoder.

    Args:
        weights: The model.
        threads: How many threads may compute at the same time.
        calibration: Round inputs and weights to 8 bits by it and multiply in 8 bits, for processors with
            8-bit dot products; None multiplies floats.
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
        _graph(weights, calibration, pooling),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": str(threads),
            "NUM_STREAMS": str(threads),
            # Pinned threads of two processes would share one core and leave the next one idle.
            "ENABLE_CPU_PINNING": "NO",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
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


def _graph(weights: BertWeights, calibration: Calibration | None, pooling: Pooling) -> Any:
    openvino = runtime()
    if calibration is None:
        build = GraphBuilder(openvino.opset15, weights)
    else:
        build = Int8GraphBuilder(openvino.opset15, weights, calibration)
    one, two = [-1], [-1, -1]
    ids, positions = (build.op.parameter(one, np.int32, name=name) for name in ("ids", "positions"))
    spread = build.op.parameter(two, np.int32, name="spread")
    joined = build.op.parameter([-1, weights.heads], np.int32, name="joined")
    mask = build.op.parameter(two, np.float32, name="mask")
    tokens = build.embeddings(ids, positions)
    layout = build.layout(spread, joined, mask)
    for index in range(len(weights.layers)):
        tokens = build.layer(index, tokens, layout)
    padded = build.rectangle(tokens, spread)
    vectors = build.first(padded) if pooling == "cls" else build.total(padded, mask)
    return openvino.Model([build.unit(vectors)], [ids, positions, spread, joined, mask], "bert")
