"""A model's weights and vocabulary in llama.cpp."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..prompts.model_facts import ModelFacts
from ..prompts.segments import Control, Segment
from .llama_cpp_library import LlamaCppError, complaints, forget_complaints, library

_SENTENCEPIECE = 1
_CONTROL, _USER_DEFINED = 8, 16  # attributes of tokens
_MOST_TEXTS = 128
_FIM_ROLES = ("pre", "suf", "mid", "rep", "sep", "pad")


class LlamaModel:
    """Weights in memory, shared by all contexts; free them with `close`.

    Args:
        path: A ``.gguf`` file.
        gpu_layers: Layers on the GPU; negative for all.

    Raises:
        LlamaCppError: llama.cpp isn't there, or can't load the file.
    """

    def __init__(self, path: Path, gpu_layers: int = 0) -> None:
        self.path = path
        self.library = lib = library()
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        # Text is text: without this, SentencePiece tokenizers put a space before each piece of it.
        overrides = (lib.llama_model_kv_override * 2)()
        overrides[0].tag = lib.LLAMA_KV_OVERRIDE_TYPE_BOOL
        overrides[0].key = b"tokenizer.ggml.add_space_prefix"
        overrides[0].value.val_bool = False
        parameters.kv_overrides = overrides
        forget_complaints()
        self.handle = lib.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.handle:
            raise LlamaCppError(*_failure(path))
        self.vocabulary = lib.llama_model_get_vocab(self.handle)
        self.size = int(lib.llama_vocab_n_tokens(self.vocabulary))
        self._remembered = lru_cache(_MOST_TEXTS)(lambda text: self._tokenize(text, special=False))
        self._pieces: dict[int, bytes] = {}
        self._ids: dict[str, int | None] = {}
        self._fim = self._fim_ids()
        if not self.size or not lib.llama_model_has_decoder(self.handle) or self._has_encoder():
            self.close()
            raise LlamaCppError(
                f"The model {path} doesn't write text.", hint="Choose a model that completes code."
            )

    @property
    def can_go_back(self) -> bool:
        """Whether the last tokens of its context can be taken back; recurrent models can't."""
        lib = self.library
        return not (lib.llama_model_is_recurrent(self.handle) or lib.llama_model_is_hybrid(self.handle))

    def facts(self, name: str) -> ModelFacts:
        """What prompts are made by.

        Args:
            name: The model's name.
        """
        lib = self.library
        template = lib.llama_model_chat_template(self.handle, None)
        return ModelFacts(
            token_id=self.token_id,
            architecture=self._metadata("general.architecture"),
            name=name,
            fim_ids=dict(self._fim),
            token_text=self.token_text,
            chat_template=template.decode("utf-8", "replace") if template else "",
            bos_id=_known(lib.llama_vocab_bos(self.vocabulary)),
            eos_id=_known(lib.llama_vocab_eos(self.vocabulary)),
            add_bos=bool(lib.llama_vocab_get_add_bos(self.vocabulary)),
        )

    def tokenize(self, text: str) -> list[int]:
        """Tokens of plain text; nothing in it is taken for a control token.

        The last texts are remembered: parts of prompts are counted first, and most are as in the one before.
        """
        return list(self._remembered(text))

    def tokens(self, segments: tuple[Segment, ...]) -> list[int]:
        """Tokens of a prompt."""
        tokens: list[int] = []
        for segment in segments:
            tokens += [segment.id] if isinstance(segment, Control) else self.tokenize(segment.text)
        return tokens

    def token_id(self, text: str) -> int | None:
        """Id of a control token or user-defined token by its exact text."""
        if text not in self._ids:
            self._ids[text] = self._find_id(text)
        return self._ids[text]

    def token_text(self, token: int) -> str:
        """How a token is written in the vocabulary; "" when there is none such."""
        if not self.handle or not 0 <= token < self.size:
            return ""
        text = self.library.llama_vocab_get_text(self.vocabulary, token)
        return text.decode("utf-8", "replace") if text else ""

    def piece(self, token: int) -> bytes:
        """The text that a token stands for, which may be part of a character; nothing for control tokens."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._piece(token)
        return known

    def ends(self, token: int) -> bool:
        """Whether a token says that the text is done: an end, or what begins a prompt's next part."""
        return token in self._fim.values() or bool(self.library.llama_vocab_is_eog(self.vocabulary, token))

    def close(self) -> None:
        """Free the memory. Contexts have to be closed before."""
        handle, self.handle = self.handle, None
        if handle:
            self.library.llama_model_free(handle)

    def _find_id(self, text: str) -> int | None:
        tokens = self._tokenize(text, special=True)
        if len(tokens) != 1 or self.token_text(tokens[0]) != text:
            return None
        kind = self.library.llama_vocab_get_attr(self.vocabulary, tokens[0])
        return tokens[0] if kind & (_CONTROL | _USER_DEFINED) else None

    def _piece(self, token: int) -> bytes:
        lib, size = self.library, 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = lib.llama_token_to_piece(self.vocabulary, token, buffer, size, 0, False)  # noqa: FBT003
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        if not self.handle:
            raise LlamaCppError("The model has been closed.")
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        tokens = (self.library.llama_token * size)()
        begins = False  # prompts have their beginnings from `models.prompts`
        count = self.library.llama_tokenize(self.vocabulary, data, len(data), tokens, size, begins, special)
        if count < 0:
            raise LlamaCppError(f"The model {self.path} can't tokenise a text of {len(data):,} bytes.")
        return list(tokens[:count])

    def _fim_ids(self) -> dict[str, int]:
        found = {}
        for role in _FIM_ROLES:
            token = _known(getattr(self.library, f"llama_vocab_fim_{role}")(self.vocabulary))
            if token is not None:
                found[role] = token
        return found

    def _has_encoder(self) -> bool:
        return bool(self.library.llama_model_has_encoder(self.handle))

    def _metadata(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(256)
        length = self.library.llama_model_meta_val_str(self.handle, key.encode(), buffer, 256)
        return buffer.value.decode("utf-8", "replace") if length >= 0 else ""


def _known(token: Any) -> int | None:
    return int(token) if token >= 0 else None


def _failure(path: Path) -> tuple[str, str]:
    reasons = complaints()
    if "unknown model architecture" in reasons:
        hint = "Update llama.cpp with pip install --upgrade llama-cpp-python, or choose another model."
    elif "alloc" in reasons or "memory" in reasons:
        hint = "Close other programs, or choose a smaller model."
    else:
        hint = "Download the file again, or choose another model."
    return f"llama.cpp can't load the model {path}: {reasons or 'it gives no reason'}.", hint
