"""Ranges of a BERT's activations, found once for a model and published with codeassistd.

`benchmarks/calibration/calibrate.py` makes the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .quantization import InputRange, rounded
from .weights import map_tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "calibrations"

ATTENTION = "attention.self"
"""Stands for query, key and value, which have the same inputs."""

PRODUCTS = (ATTENTION, "attention.output.dense", "intermediate.dense", "output.dense")
"""The products of a layer whose inputs and weights are rounded."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The ranges of all inputs.

    Attributes:
        ranges: By layer and product, such as (0, "intermediate.dense").
    """

    ranges: Mapping[tuple[int, str], InputRange]

    def of(self, tensor: str) -> InputRange | None:
        """What a tensor is multiplied by, if it is rounded.

        Args:
            tensor: A name of Hugging Face, without "bert.".
        """
        match tensor.removesuffix(".weight").split("."):
            case ["encoder", "layer", index, "attention", "self", _] if tensor.endswith(".weight"):
                return self.ranges.get((int(index), ATTENTION))
            case ["encoder", "layer", index, *product] if tensor.endswith(".weight"):
                return self.ranges.get((int(index), ".".join(product)))
        return None

    def rounded(self, tensors: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
        """A checkpoint's tensors, with weights as they are after rounding.

        Args:
            tensors: Tensor name -> array, as stored.
        """
        result = dict(tensors)
        alike: dict[tuple[int, ...], list[tuple[str, InputRange]]] = defaultdict(list)
        for name, array in tensors.items():
            if (inputs := self.of(name.removeprefix("bert."))) is not None:
                alike[array.shape].append((name, inputs))
        for found in alike.values():
            names, inputs_of = zip(*found, strict=True)
            result |= zip(
                names,
                rounded([np.asarray(tensors[name], np.float32) for name in names], inputs_of),
                strict=True,
            )
        return result


def read_calibration(path: Path) -> Calibration:
    """Read a file of ranges.

    Args:
        path: Safetensors with, for each layer and product such as "0.intermediate.dense", the tensors
            ".scales" and ".range" (step and shift), and ".exact" where there are such inputs.

    Raises:
        WeightsError: The file is missing, or isn't one of these.
    """
    tensors = map_tensors(path)
    ranges = {}
    for name in tensors:
        if name.endswith(".scales"):
            product = name.removesuffix(".scales")
            step, shift = tensors[f"{product}.range"].tolist()
            exact = tensors.get(f"{product}.exact", np.zeros(0, np.int32)).tolist()
            layer, _, role = product.partition(".")
            scales = np.asarray(tensors[name], np.float32)
            ranges[int(layer), role] = InputRange(scales, step, shift, tuple(exact))
    return Calibration(ranges)
