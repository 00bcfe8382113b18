"""The JSON files in a model's folder, and what they say of its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .weights_files import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 10_000_000
_PULL_HINT = "Pull another model: `codeassistd models list` shows some that work."
SHAPE_HINT = "Give the folder of a sentence-transformers model: modules.json, config.json, tokenizer.json, …"


@dataclass(frozen=True, slots=True)
class Quantization:
    """How MLX has packed weights: so many bits each, and a scale and a shift for each group along a row.

    Some matrices may have more bits, which their sizes tell.
    """

    bits: int
    group_size: int


def quantization_of(config: Mapping[str, Any]) -> Quantization | None:
    """How a model's config.json says that its weights are packed; None when they aren't.

    Raises:
        WeightsError: In a form that isn't supported.
        ValueError: The numbers are none.
    """
    found = config.get("quantization")
    if found is None:
        return None
    if found.get("mode", "affine") != "affine":
        raise WeightsError(
            f"The weights are packed in the form {found['mode']!r}; affine is supported.", _PULL_HINT
        )
    return Quantization(bits=count(found["bits"]), group_size=count(found["group_size"]))


def count(value: object) -> int:
    """A number of things.

    Raises:
        ValueError: It is none, or absurd.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1_000_000:
        raise ValueError(f"{value!r} instead of a count")
    return value


def read_mapping(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of a model.

    Raises:
        WeightsError: It can't be read, or is none.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise WeightsError(f"{path} is not a JSON object.", hint=SHAPE_HINT)
    return found


def read_json(path: Path) -> Any:
    """The JSON in a file of a model.

    Raises:
        WeightsError: It can't be read.
    """
    try:
        with path.open("rb") as file:
            return cast("Any", json.loads(file.read(_MOST_BYTES)))
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror}.", hint=SHAPE_HINT) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not JSON: {error}.", hint=SHAPE_HINT) from error
