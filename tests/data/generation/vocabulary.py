"""A vocabulary of bytes and control tokens, as a GGUF file keeps it; any text is tokenised without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gguf import TokenType

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

TOKENS = 256 + len(CONTROL) + 1
"""Without merges. The last is of two bytes that UTF-8 never has: llama.cpp wants one merge at least."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tokenize(text: str) -> list[int]:
    """Token ids of a text in which control tokens are written out.

    Args:
        text: Any text.

    Returns:
        One id for each byte of UTF-8, and one for each control token.
    """
    ids: list[int] = []
    position = 0
    while position < len(text):
        found = [(at, name) for name in CONTROL if (at := text.find(name, position)) >= 0]
        end, name = min(found, default=(len(text), ""))
        ids += text[position:end].encode()
        if name:
            ids.append(CONTROL_IDS[name])
        position = end + len(name)
    return ids


def add_vocabulary(
    writer: GGUFWriter, merges: Sequence[tuple[str, str]] | None = None, padded_to: int = 0
) -> int:
    """Write the vocabulary and the chat template into a file's metadata.

    Args:
        writer: Of the file.
        merges: Pairs of pieces that are joined, in GPT-2's letters for bytes and in order of rank; without
            them each byte is a token of its own.
        padded_to: Fewest tokens; meaningless words are added up to it.

    Returns:
        The number of tokens.
    """
    letters = letters_of_bytes()
    pairs = [(letters[0xFF], letters[0xFF])] if merges is None else list(merges)
    tokens = [*letters, *CONTROL, *("".join(pair) for pair in pairs)]
    tokens += [f"{letters[0x20]}w{number}" for number in range(len(tokens), padded_to)]
    kinds = [TokenType.NORMAL] * len(tokens)
    kinds[256 : 256 + len(CONTROL)] = [TokenType.CONTROL] * len(CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in pairs])
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
