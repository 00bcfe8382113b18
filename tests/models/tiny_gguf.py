"""Makes a tiny model with random weights: a real GGUF file that llama.cpp loads in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, FEED_FORWARD, CONTEXT = 64, 2, 4, 128, 512
CONTROL_TOKENS = (
    "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>",
    "<|im_start|>", "<|im_end|>",
)  # fmt: skip
_TYPES = gguf.TokenType


def vocabulary() -> tuple[list[bytes], list[float], list[int]]:
    """Tokens, scores and kinds: SentencePiece with all bytes, ASCII characters and a few words."""
    tokens: list[tuple[bytes, float, int]] = [
        (b"<unk>", 0.0, _TYPES.UNKNOWN),
        (b"<s>", 0.0, _TYPES.CONTROL),
        (b"</s>", 0.0, _TYPES.CONTROL),
    ]
    tokens += [(f"<0x{byte:02X}>".encode(), 0.0, _TYPES.BYTE) for byte in range(256)]
    tokens += [(text.encode(), 0.0, _TYPES.CONTROL) for text in CONTROL_TOKENS]
    words = ["▁", *(chr(code) for code in range(33, 127)), "é"]
    words += ["in", "re", "ret", "urn", "return", "de", "def"]
    tokens += [(word.encode(), -float(index), _TYPES.NORMAL) for index, word in enumerate(words)]
    texts, scores, kinds = zip(*tokens, strict=True)
    return list(texts), list(scores), [int(kind) for kind in kinds]


def write_tiny(
    path: Path, *, seed: int = 0, context: int = CONTEXT, quantize: bool = False, **changes: Any
) -> Path:
    """Write the model.

    Args:
        path: Where to.
        seed: Of the weights.
        context: Tokens that it claims to be trained on.
        quantize: Whether matrices are Q8_0; else they are 32-bit floats.
        changes: Metadata that differs: `architecture`, `chat_template`.
    """
    architecture = changes.get("architecture", "llama")
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_file_type(7 if quantize else 0)
    texts, scores, kinds = vocabulary()
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_eot_token_id(texts.index(b"<|im_end|>"))
    writer.add_add_bos_token(True)
    if "chat_template" in changes:
        writer.add_chat_template(changes["chat_template"])
    for name, array in _weights(np.random.default_rng(seed), len(texts)).items():
        if quantize and array.ndim == 2:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(random: np.random.Generator, tokens: int) -> dict[str, np.ndarray]:
    def matrix(*shape: int) -> np.ndarray:
        return random.normal(0.0, 1.5 / shape[-1] ** 0.5, shape).astype(np.float32)

    norm = np.ones(WIDTH, dtype=np.float32)
    weights = {"token_embd.weight": matrix(tokens, WIDTH) * 8, "output_norm.weight": norm}
    weights["output.weight"] = matrix(tokens, WIDTH) * 4
    # Control tokens and bytes above ASCII are hardly ever written.
    weights["output.weight"][:3] *= 0.01
    weights["output.weight"][131:267] *= 0.01
    for layer in range(LAYERS):
        weights |= {
            f"blk.{layer}.attn_norm.weight": norm,
            f"blk.{layer}.attn_q.weight": matrix(WIDTH, WIDTH),
            f"blk.{layer}.attn_k.weight": matrix(WIDTH // 2, WIDTH),
            f"blk.{layer}.attn_v.weight": matrix(WIDTH // 2, WIDTH),
            f"blk.{layer}.attn_output.weight": matrix(WIDTH, WIDTH),
            f"blk.{layer}.ffn_norm.weight": norm,
            f"blk.{layer}.ffn_gate.weight": matrix(FEED_FORWARD, WIDTH),
            f"blk.{layer}.ffn_up.weight": matrix(FEED_FORWARD, WIDTH),
            f"blk.{layer}.ffn_down.weight": matrix(WIDTH, FEED_FORWARD),
        }
    return weights
