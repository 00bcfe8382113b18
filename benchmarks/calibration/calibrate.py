#!/usr/bin/env python3
"""Find the ranges by which a model's activations are rounded to 8 bits; see `models/quantization.py`.

The texts are chunks as the index embeds them, of the files of this repository and of Python's C headers, and
their first lines as questions. Scales and steps are those among some candidates that change the outputs of
their product least, token by token. Prints each product's error, and writes the file.

    python benchmarks/calibration/calibrate.py [--texts N] [--output FILE]
"""

from __future__ import annotations

import argparse
import random
import string
import subprocess
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.chunk.passage import embedding_text
from codeassistd.models import catalog, weights
from codeassistd.models.calibration import ATTENTION, FOLDER, PRODUCTS
from codeassistd.models.quantization import InputRange, rounded, rounded_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

REPOSITORY = Path(__file__).resolve().parents[2]
_TOKENS_OF_A_TEXT = 24
_CANDIDATES = tuple(product((0.6, 0.7, 0.8, 0.9, 1.0), (1.0, 0.9, 0.8, 0.6)))
"""How far scales follow inputs rather than weights, and how much of the largest input is in range."""

_LEAST_GELU = 0.17
_MASSIVE = 30.0
"""A neuron is massive when its largest contribution is so many times its layer's median."""


def texts(count: int) -> list[str]:
    """Chunks and questions, the same at each call on the same files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    paths = [REPOSITORY / name for name in listed.split("\0") if name]
    paths += sorted(Path(sysconfig.get_paths()["include"]).rglob("*.h"))
    chunks = [text for path in paths for text in _chunks(path)]
    chosen = random.Random(0).sample(chunks, min(count, len(chunks)))  # noqa: S311 - a sample
    lines = [text.strip().split("\n", 1)[0] for text in chosen[: count // 3]]
    words = [line.split()[-1] for line in lines if line]
    return [*chosen, *lines, *words, *_unusual()]


def _unusual() -> Iterator[str]:
    """Texts of next to nothing, and of the same again and again."""
    yield ""
    characters = (*string.printable.strip(), "é", "ß", "я", "日", "한", "→", "😀")
    for character in characters:
        yield character
        yield character * 300
        yield f"{character} " * 100
    for number in (10, 100, 1000):
        yield " ".join(map(str, range(number)))
        yield "\n".join(f"{each}," for each in range(number))


def _chunks(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return
    if len(text) < 200_000 and "\0" not in text:
        yield from (embedding_text(chunk, path.name) for chunk in chunk_text(text, path.name))


def activations(model: SentenceTransformer, passages: list[str]) -> dict[tuple[int, str], Array]:
    """Inputs of every product, some tokens of each text, of shape (tokens, inputs)."""
    seen: dict[tuple[int, str], list[Array]] = defaultdict(list)
    chance = torch.Generator().manual_seed(0)

    def watch(key: tuple[int, str]) -> Any:
        def keep(_: object, inputs: tuple[torch.Tensor, ...]) -> None:
            tokens = inputs[0].reshape(-1, inputs[0].shape[-1])
            rows = torch.randperm(len(tokens), generator=chance)[:_TOKENS_OF_A_TEXT]
            seen[key].append(tokens[rows].numpy())

        return keep

    for index, layer in enumerate(model[0].auto_model.encoder.layer):
        modules = (
            layer.attention.self.query, layer.attention.output.dense, layer.intermediate.dense,
            layer.output.dense,
        )  # fmt: skip
        for name, module in zip(PRODUCTS, modules, strict=True):
            module.register_forward_pre_hook(watch((index, name)))
    for passage in passages:
        model.encode([passage])
    return {key: np.concatenate(rows) for key, rows in seen.items()}


def massive(inputs: Array, matrix: Array) -> tuple[int, ...]:
    """Neurons whose contributions dwarf those of all others."""
    contributions = np.abs(inputs).max(axis=0) * np.abs(matrix).max(axis=0)
    return tuple(np.flatnonzero(contributions > _MASSIVE * np.median(contributions)).tolist())


def best_range(
    inputs: Array, matrix: Array, shift: float, exact: tuple[int, ...]
) -> tuple[float, InputRange]:
    """The candidate with the least error, and that: a share of the outputs' variance."""
    outputs = inputs @ matrix.T
    strength = np.einsum("to,to->t", outputs, outputs)
    importance = 1.0 / (strength + np.median(strength))
    within = [column for column in range(inputs.shape[1]) if column not in exact]
    of_inputs = np.maximum(np.abs(inputs + np.float32(shift)).max(axis=0), 1e-3)
    of_weights = np.maximum(np.abs(matrix).max(axis=0), 1e-4)
    found = []
    for share, kept in _CANDIDATES:
        # As they are stored: half precision.
        scales = (of_inputs**share / of_weights ** (1 - share)).astype(np.float16).astype(np.float32)
        largest = float((of_inputs / scales)[within].max()) * kept
        candidate = InputRange(scales, largest / (255 if shift else 127), shift, exact)
        near = rounded_inputs(inputs, candidate) @ rounded([matrix], [candidate])[0].T - outputs
        error = float((np.einsum("to,to->t", near, near) * importance).sum() / (strength * importance).sum())
        found.append((error, candidate))
    return min(found, key=lambda pair: pair[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--output", type=Path, default=FOLDER / f"{catalog.DEFAULT_MODEL}.safetensors")
    options = parser.parse_args()
    entry = catalog.find(catalog.DEFAULT_MODEL)
    files = weights.locate(entry)
    weights.verify(files, entry)
    tensors = {name: np.asarray(each) for name, each in weights.map_tensors(files.weights).items()}
    model = SentenceTransformer(str(files.weights.parent), device="cpu")
    model.max_seq_length = entry.max_tokens
    stored: dict[str, NDArray[np.generic]] = {}
    for (index, name), inputs in activations(model, texts(options.texts)).items():
        parts = [f"{name}.{role}" for role in ("query", "key", "value")] if name == ATTENTION else [name]
        matrix = np.concatenate([tensors[f"encoder.layer.{index}.{part}.weight"] for part in parts])
        is_wide = name == "output.dense"
        exact = massive(inputs, matrix) if is_wide else ()
        error, found = best_range(inputs, matrix, _LEAST_GELU if is_wide else 0.0, exact)
        print(f"layer {index}, {name}: {len(inputs)} tokens, error {error:.2e}, exact {list(exact)}")
        stored[f"{index}.{name}.scales"] = found.scales.astype(np.float16)
        stored[f"{index}.{name}.range"] = np.array([found.step, found.shift], np.float32)
        if exact:
            stored[f"{index}.{name}.exact"] = np.array(exact, np.int32)
    options.output.parent.mkdir(exist_ok=True)
    save_file(stored, options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
