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
    from .bert_weights import Affine, BertLayer
    from .openvino_graph import Normalised

_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Int8GraphBuilder(GraphBuilder):
    """Adds the parts of the network, with rounded inputs and weights.

    Attributes:
        calibration: The ranges of inputs.
    """

    calibration: Calibration

    def query_key_value(self, index: int, tokens: Normalised) -> list[Any]:
        """The three products with the inputs of a layer, which are rounded once; queries are scaled."""
        inputs = self.calibration.ranges[index, ATTENTION]
        whole = self.rounded_norm(tokens, inputs)
        query, *others = self.weights.layers[index].qkv.parts(3)
        scaled = self.product(whole, query, inputs, self.query_scale)
        return [scaled, *(self.product(whole, part, inputs) for part in others)]

    def attention_output(self, index: int, joined: Any) -> Any:
        """The product with what all heads attended to."""
        inputs = self.calibration.ranges[index, "attention.output.dense"]
        affine = self.weights.layers[index].attention_output
        return self.product(self.rounded(joined, inputs), affine, inputs)

    def feed_forward(self, index: int, tokens: Normalised) -> Any:
        """Two products, with the activation in between."""
        layer = self.weights.layers[index]
        first = self.calibration.ranges[index, "intermediate.dense"]
        second = self.calibration.ranges[index, "output.dense"]
        wide = self.op.gelu(self.product(self.rounded_norm(tokens, first), layer.intermediate, first), "erf")
        fed = self.product(self.rounded(wide, second), layer.output, second)
        for neuron in second.exact:
            fed = self.op.add(fed, self._exact_neuron(layer, neuron, tokens))
        return fed

    def _exact_neuron(self, layer: BertLayer, neuron: int, tokens: Normalised) -> Any:
        """What one neuron adds, in floats.

        It is computed once more: taking it from the others would keep those as floats in memory.
        """
        row, column = layer.intermediate.weight[[neuron]], layer.output.weight[:, neuron]
        norm = tokens.affine
        strength = self.op.add(
            self._times(tokens.values, self.op.constant(row * norm.weight)),
            self.op.constant(layer.intermediate.bias[[neuron]] + row @ norm.bias),
        )
        return self.op.multiply(self.op.gelu(strength, "erf"), self.op.constant(column.copy()))

    def rounded(self, tokens: Any, inputs: InputRange) -> Any:
        """Inputs divided by their scales and rounded to whole steps."""
        if inputs.shift:
            tokens = self.op.add(tokens, self.constant(np.float32(inputs.shift)))
        scaled = self.op.multiply(tokens, self.op.constant(np.float32(1.0) / inputs.scales))
        return self._in_steps(scaled, inputs)

    def rounded_norm(self, tokens: Normalised, inputs: InputRange) -> Any:
        """The same for what comes of a layer normalisation, whose scale and shift cost nothing then."""
        scales = tokens.affine.weight / inputs.scales
        shifts = (tokens.affine.bias + np.float32(inputs.shift)) / inputs.scales
        scaled = self.op.multiply(tokens.values, self.op.constant(scales))
        return self._in_steps(self.op.add(scaled, self.op.constant(shifts)), inputs)

    def product(self, whole: Any, affine: Affine, inputs: InputRange, factor: float = 1.0) -> Any:
        """Rounded inputs times rounded weights, plus the bias, all times a factor.

        Exact inputs count nothing.
        """
        matrix = quantize(affine.weight, inputs)
        values = self.op.convert(self.op.constant(matrix.values), "f32")
        scales = matrix.scales * np.float32(factor)
        product = self._times(whole, self.op.multiply(values, self.op.constant(scales)))
        # What was added to the inputs.
        shifted = np.float32(inputs.shift) * (matrix.values * (matrix.scales / inputs.scales)).sum(axis=1)
        bias = (affine.bias - shifted) * factor
        return self.op.add(product, self.op.constant(bias.astype(np.float32)))

    def _in_steps(self, scaled: Any, inputs: InputRange) -> Any:
        least, largest = (self.constant(np.float32(level * inputs.step)) for level in inputs.levels)
        return self.op.fake_quantize(scaled, least, largest, least, largest, _LEVELS)

    def _times(self, tokens: Any, matrix: Any) -> Any:
        return self.op.matmul(tokens, matrix, transpose_a=False, transpose_b=True)
