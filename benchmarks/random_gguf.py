#!/usr/bin/env python3
"""Writes a GGUF file of random weights, as large as a real model: speed and memory don't depend on values.

It has the shape of Qwen2.5-Coder 0.5B, that family's control tokens, and pieces of text learned from this
repository, so that a prompt has about as many tokens as it would have for a real model. What such a model
writes means nothing.

    python benchmarks/random_gguf.py FILE [--kind Q8_0|Q4_0|F16] [--short] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "data" / "generation"))

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import quant_shape_to_byte_shape, quantize
from tokenizers import ByteLevelBPETokenizer
from vocabulary import add_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

REPOSITORY = Path(__file__).resolve().parent.parent
SEED = 1
LEARNED_PIECES = 8192
_VALUES_AT_ONCE = 1 << 24


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model; the defaults are those of Qwen2.5-Coder 0.5B."""

    layers: int = 24
    width: int = 896
    heads: int = 14
    kv_heads: int = 2
    inner: int = 4864
    tokens: int = 151_936
    context: int = 32_768

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes in the file's order; output and input embeddings are the same tensor."""
        narrow = self.width // self.heads * self.kv_heads
        yield "token_embd.weight", (self.tokens, self.width)
        for layer in range(self.layers):
            yield f"blk.{layer}.attn_norm.weight", (self.width,)
            for part, size in (("q", self.width), ("k", narrow), ("v", narrow)):
                yield f"blk.{layer}.attn_{part}.weight", (size, self.width)
                yield f"blk.{layer}.attn_{part}.bias", (size,)
            yield f"blk.{layer}.attn_output.weight", (self.width, self.width)
            yield f"blk.{layer}.ffn_norm.weight", (self.width,)
            yield f"blk.{layer}.ffn_gate.weight", (self.inner, self.width)
            yield f"blk.{layer}.ffn_up.weight", (self.inner, self.width)
            yield f"blk.{layer}.ffn_down.weight", (self.width, self.inner)
        yield "output_norm.weight", (self.width,)

    def parameters(self) -> int:
        """Number of weights."""
        return sum(int(np.prod(shape)) for _, shape in self.tensors())


SHORT = Shape(layers=6, width=512, heads=8, inner=1408, tokens=32_768)


def write_random(path: Path, shape: Shape, kind: str) -> None:
    """Write a file; no more than one piece of a tensor is in memory at a time.

    Args:
        path: The file, which is replaced.
        shape: Of the model.
        kind: "Q8_0", "Q4_0" or "F16": how matrices are kept; vectors are kept as float32.
    """
    writer = GGUFWriter(path, "qwen2")
    _add_metadata(writer, shape, kind)
    quantization = GGMLQuantizationType[kind]
    for name, sizes in shape.tensors():
        if len(sizes) == 1:
            writer.add_tensor_info(name, sizes, np.dtype(np.float32), sizes[0] * 4)
        else:
            size = int(np.prod(quant_shape_to_byte_shape(sizes, quantization)))
            writer.add_tensor_info(name, sizes, np.dtype(np.float32), size, raw_dtype=quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    generator = np.random.default_rng(SEED)
    with path.open("r+b") as file:
        _align(file.seek(0, os.SEEK_END), file)
        for name, sizes in shape.tensors():
            for part in _values(generator, name, sizes):
                kept = part if part.ndim == 1 else quantize(part, quantization)
                file.write(kept.tobytes())
            _align(file.tell(), file)


def _align(position: int, file: BinaryIO) -> None:
    file.write(bytes(-position % 32))


def _values(
    generator: np.random.Generator, name: str, sizes: tuple[int, ...]
) -> Iterator[NDArray[np.float32]]:
    """Values of a tensor, some rows at a time, scaled so that activations stay in range."""
    if len(sizes) == 1:
        yield np.full(sizes, 0 if name.endswith("bias") else 1, dtype=np.float32)
        return
    rows, columns = sizes
    at_once = max(1, _VALUES_AT_ONCE // columns)
    for first in range(0, rows, at_once):
        values = generator.random((min(at_once, rows - first), columns), dtype=np.float32)
        yield (values - np.float32(0.5)) * np.float32(3.5 / columns**0.5)


def _add_metadata(writer: GGUFWriter, shape: Shape, kind: str) -> None:
    writer.add_name("random-weights")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(LlamaFileType.ALL_F32 if kind == "F32" else LlamaFileType[f"MOSTLY_{kind}"])
    tokens = add_vocabulary(writer, merges=_learned_merges(), padded_to=shape.tokens)
    assert tokens == shape.tokens, f"{tokens} tokens, {shape.tokens} rows"


def _learned_merges() -> list[tuple[str, str]]:
    """Merges learned from this repository's own sources, best first."""
    sources = sorted(str(path) for path in REPOSITORY.rglob("*.py") if ".venv" not in path.parts)
    tokenizer = ByteLevelBPETokenizer(add_prefix_space=False)
    tokenizer.train(sources, vocab_size=LEARNED_PIECES, min_frequency=2, show_progress=False)
    learned = json.loads(tokenizer.to_str())["model"]["merges"]
    return [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in learned]


def main() -> None:
    """Write the file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=("Q8_0", "Q4_0", "F16"), default="Q8_0")
    parser.add_argument("--short", action="store_true", help="about 34 million weights, for a quick try")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    shape = SHORT if chosen.short else Shape()
    began = time.perf_counter()
    write_random(chosen.file, shape, chosen.kind)
    facts = {
        "parameters": shape.parameters(),
        "bytes": chosen.file.stat().st_size,
        "kind": chosen.kind,
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(facts) if chosen.json else "\n".join(f"{name}: {fact}" for name, fact in facts.items()))


if __name__ == "__main__":
    main()
