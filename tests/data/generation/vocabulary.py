"""A vocabulary of bytes, control tokens and learned pieces, as a GGUF file keeps it; no text is lost."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gguf import TokenType
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gguf import GGUFWriter

CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
"""The control tokens of Qwen2.5-Coder, by their texts."""

CONTROL_IDS = {text: 256 + position for position, text in enumerate(CONTROL)}
"""Bytes are tokens 0 to 255, control tokens come next."""

_CONTROL_TOKEN = re.compile("(" + "|".join(map(re.escape, CONTROL)) + ")")

_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2's tokenizer cuts text before it joins bytes."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class Vocabulary:
    """Pieces of text learned from texts: bytes, control tokens, and what often stands together.

    Args:
        texts: To learn from.
        size: Number of tokens.
    """

    def __init__(self, texts: Sequence[str], size: int) -> None:
        splitter = pre_tokenizers.Split(Regex(_PIECES), "isolated")
        letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self._tokenizer = Tokenizer(models.BPE())
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence([splitter, letters])  # type: ignore[assignment]
        trainer = trainers.BpeTrainer(
            vocab_size=size - len(CONTROL),
            min_frequency=2,
            initial_alphabet=letters_of_bytes(),
            show_progress=False,
        )
        self._tokenizer.train_from_iterator(texts, trainer)
        learned = json.loads(self._tokenizer.to_str())["model"]["merges"]
        self.merges: list[tuple[str, str]] = [(first, second) for first, second in learned]
        pieces = dict.fromkeys([*letters_of_bytes(), *CONTROL, *("".join(merge) for merge in self.merges)])
        self._ids = {piece: position for position, piece in enumerate(pieces)}
        self.size = len(pieces)

    @lru_cache(maxsize=20_000)  # noqa: B019 - there is one vocabulary, as long as the training
    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of a text in which control tokens are written out."""
        ids: list[int] = []
        for part in _CONTROL_TOKEN.split(text):
            if part in CONTROL_IDS:
                ids.append(CONTROL_IDS[part])
            elif part:
                ids += (self._ids[piece] for piece in self._tokenizer.encode(part).tokens)
        return tuple(ids)


def add_vocabulary(writer: GGUFWriter, merges: Sequence[tuple[str, str]], padded_to: int = 0) -> int:
    """Write the vocabulary and the chat template into a file's metadata.

    Args:
        writer: Of the file.
        merges: Pairs of pieces that are joined, in GPT-2's letters for bytes and in order of rank.
        padded_to: Fewest tokens; meaningless words are added up to it.

    Returns:
        The number of tokens.
    """
    letters = letters_of_bytes()
    tokens = list(dict.fromkeys([*letters, *CONTROL, *("".join(merge) for merge in merges)]))
    tokens += [f"{letters[0x20]}w{number}" for number in range(len(tokens), padded_to)]
    kinds = [TokenType.NORMAL] * len(tokens)
    kinds[256 : 256 + len(CONTROL)] = [TokenType.CONTROL] * len(CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    for name, text in _ROLES.items():
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", CONTROL_IDS[text])
    writer.add_chat_template(CHAT_TEMPLATE)
    return len(tokens)


_ROLES = {
    "bos": "<|endoftext|>",
    "eos": "<|im_end|>",
    "eot": "<|im_end|>",
    "padding": "<|endoftext|>",
    "fim_pre": "<|fim_prefix|>",
    "fim_suf": "<|fim_suffix|>",
    "fim_mid": "<|fim_middle|>",
    "fim_pad": "<|fim_pad|>",
    "fim_rep": "<|repo_name|>",
    "fim_sep": "<|file_sep|>",
}


def letters_of_bytes() -> list[str]:
    """GPT-2's letter for each byte: printable ones stand for themselves, others get letters from 256 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]
