"""Weights packed as mlx-lm packs them when it converts a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUP_SIZE = 64


def packed_for_mlx(
    arrays: Mapping[str, Any], bits: int, finer: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pack the matrices of a model.

    Args:
        arrays: Its arrays by name.
        bits: Of a packed weight.
        finer: The end of the names of matrices that get 8 bits instead.

    Returns:
        The arrays of the conversion, and floats that are what its packed ones stand for, by the names given.
    """
    import mlx.core as mx

    packed, floats = {}, {}
    for name, array in arrays.items():
        stem = "model." + name.removeprefix("model.").removesuffix(".weight")
        if array.ndim != 2:
            packed[f"{stem}.weight"] = floats[name] = array
            continue
        width = 8 if finer and name.endswith(f"{finer}.weight") else bits
        matrix, scales, shifts = mx.quantize(array, group_size=GROUP_SIZE, bits=width)
        packed |= {f"{stem}.weight": matrix, f"{stem}.scales": scales, f"{stem}.biases": shifts}
        floats[name] = mx.dequantize(matrix, scales, shifts, group_size=GROUP_SIZE, bits=width)
    return packed, floats
