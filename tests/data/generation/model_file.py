"""Writes the network as a GGUF file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import quantize
from vocabulary import add_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch
    from network import Network
    from vocabulary import Vocabulary

CONTEXT_LENGTH = 4096


def write_model(network: Network, vocabulary: Vocabulary, path: Path, kind: str) -> None:
    """Write a file that llama.cpp loads.

    Args:
        network: The trained network.
        vocabulary: Of its tokens.
        path: The file, which is replaced.
        kind: "F16" or "Q8_0": how matrices are kept; vectors are kept as float32.
    """
    shape = network.shape
    quantization = GGMLQuantizationType[kind]
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny-coder")
    writer.add_description("Knows the files in tests/data/generation/corpus and nothing else")
    writer.add_license("Apache-2.0")
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.tokens)
    writer.add_file_type(LlamaFileType[f"MOSTLY_{kind}"])
    add_vocabulary(writer, vocabulary.merges)
    for name, tensor in _tensors(network):
        values = tensor.detach().float().numpy()
        if values.ndim == 1:
            writer.add_tensor(name, values)
        elif kind == "F16":
            writer.add_tensor(name, values.astype(np.float16))
        else:
            writer.add_tensor(name, quantize(values, quantization), raw_dtype=quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(network: Network) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in network.named_parameters():
        if name.endswith("attn_qkv.weight"):
            for part, matrix in zip("qkv", tensor.chunk(3), strict=True):
                yield name.replace("qkv", part), matrix
        elif name.endswith("ffn_gate_up.weight"):
            for part, matrix in zip(("gate", "up"), tensor.chunk(2), strict=True):
                yield name.replace("gate_up", part), matrix
        else:
            yield name, tensor
