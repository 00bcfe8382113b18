"""BERT sentence encoders through OpenVINO with matrix products of 8-bit numbers.

OpenVINO takes the pattern of a fake quantisation before a product with int8 weights for a product of whole
numbers, and makes scaling, shifting and rounding part of what came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..calibration import ATTENTION
from ..quantization import quantize
from .openvino_graph import GraphBuilder

if TYPE_CHECKING:
    from ..calibration import Calibration
    from ..quantization import InputRange
    from .bert_weights import Affine

_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Int8GraphBuilder(GraphBuilder):
    """Adds the parts of the network, with rounded inputs and weights.

    Attributes:
        calibration: The ranges of inputs.
    """

    calibration: Calibration

    def query_key_value(self, index: int, tokens: Any) -> list[Any]:
        """The three products with the inputs of a layer, which are rounded once."""
        inputs = self.calibration.ranges[index, ATTENTION]
        whole = self.rounded(tokens, inputs)
        return [self.product(whole, part, inputs) for part in self.weights.layers[index].qkv.parts(3)]

    def attention_output(self, index: int, joined: Any) -> Any:
        """The product with what all heads attended to."""
        affine = self.weights.layers[index].attention_output
        return self._rounded_dense(index, "attention.output.dense", joined, affine)

    def feed_forward(self, index: int, tokens: Any) -> Any:
        """Two products, with the activation in between."""
        layer = self.weights.layers[index]
        wide = self.op.gelu(
            self._rounded_dense(index, "intermediate.dense", tokens, layer.intermediate), "erf"
        )
        narrow = self._rounded_dense(index, "output.dense", wide, layer.output)
        exact = list(self.calibration.ranges[index, "output.dense"].exact)
        if not exact:
            return narrow
        # These neurons are computed once more, as floats: taking them from the others would keep those as
        # floats in memory.
        rows, columns = layer.intermediate.weight[exact], layer.output.weight[:, exact]
        strong = self.op.add(
            self._times(tokens, self.op.constant(rows)), self.op.constant(layer.intermediate.bias[exact])
        )
        return self.op.add(narrow, self._times(self.op.gelu(strong, "erf"), self.op.constant(columns.copy())))

    def rounded(self, tokens: Any, inputs: InputRange) -> Any:
        """Inputs divided by their scales and rounded to whole steps."""
        if inputs.shift:
            tokens = self.op.add(tokens, self.constant(np.float32(inputs.shift)))
        tokens = self.op.multiply(tokens, self.op.constant(np.float32(1.0) / inputs.scales))
        least, largest = (self.constant(np.float32(level * inputs.step)) for level in inputs.levels)
        return self.op.fake_quantize(tokens, least, largest, least, largest, _LEVELS)

    def product(self, whole: Any, affine: Affine, inputs: InputRange) -> Any:
        """Rounded inputs times rounded weights, plus the bias; exact inputs count nothing."""
        matrix = quantize(affine.weight, inputs)
        values = self.op.convert(self.op.constant(matrix.values), "f32")
        product = self._times(whole, self.op.multiply(values, self.op.constant(matrix.scales)))
        # What was added to the inputs.
        shifted = np.float32(inputs.shift) * (matrix.values * (matrix.scales / inputs.scales)).sum(axis=1)
        return self.op.add(product, self.op.constant((affine.bias - shifted).astype(np.float32)))

    def _rounded_dense(self, index: int, name: str, tokens: Any, affine: Affine) -> Any:
        inputs = self.calibration.ranges[index, name]
        return self.product(self.rounded(tokens, inputs), affine, inputs)

    def _times(self, tokens: Any, matrix: Any) -> Any:
        return self.op.matmul(tokens, matrix, transpose_a=False, transpose_b=True)
