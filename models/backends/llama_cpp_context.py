"""A llama.cpp context: one text that the model knows, which is extended, and cut back, token by token."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from .llama_cpp_library import LlamaCppError, complaints, forget_complaints
from .llama_cpp_model import LlamaModel

Cancelled = Callable[[], bool]

# Portions of a prompt: as quick as large ones, and what was read before a cancellation isn't lost.
_PORTION_TOKENS = 128
_MOST_OUTPUTS = 16
_ABORTED = 2


@dataclass(frozen=True, slots=True)
class ContextSize:
    """What a context may take.

    Attributes:
        tokens: Longest text: prompt and completion.
        batch: Most tokens that are computed at once.
        threads: Threads that compute.
        flash_attention: Whether attention is computed without its whole matrix; None for llama.cpp's choice.
    """

    tokens: int
    batch: int
    threads: int
    flash_attention: bool | None = None


class LlamaContext:
    """Memory of one text. Not for several threads at a time.

    Attributes:
        known: The text's tokens: those whose keys and values are in memory, without fail.
        size: Most tokens that it can have.

    Args:
        model: The weights; have to outlive the context.
        size: What it may take.

    Raises:
        LlamaCppError: There isn't memory enough.
    """

    def __init__(self, model: LlamaModel, size: ContextSize) -> None:
        self.model = model
        self.library = lib = model.library
        self.known: list[int] = []
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = size.tokens
        parameters.n_batch = parameters.n_ubatch = self._batch_size = min(size.batch, size.tokens)
        parameters.n_outputs_max = _MOST_OUTPUTS  # room for the scores of few tokens, not of a whole batch
        parameters.n_threads = parameters.n_threads_batch = size.threads
        parameters.flash_attn_type = -1 if size.flash_attention is None else int(size.flash_attention)
        parameters.no_perf = True
        forget_complaints()
        self.handle = lib.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise LlamaCppError(
                f"llama.cpp can't use the model {model.path} with {size.tokens:,} tokens of context: "
                f"{complaints() or 'it gives no reason'}.",
                hint="Choose a shorter context, or a smaller model.",
            )
        self.size = min(size.tokens, int(lib.llama_n_ctx(self.handle)))
        self._memory = lib.llama_get_memory(self.handle)
        self._batch = _Batch(lib, self._batch_size)
        self._cancelled: Cancelled | None = None
        # llama.cpp keeps the addresses only.
        self._abort_when_cancelled = lib.ggml_abort_callback(self._should_abort)
        self._never_abort = lib.ggml_abort_callback()

    def read(self, prompt: Sequence[int], cancelled: Cancelled | None = None) -> int:
        """Make the known text this prompt, keeping what both begin with; scores of its last token are ready.

        Args:
            prompt: One token at least, and fewer than `size`.
            cancelled: Polled while computing.

        Returns:
            How many of the tokens needed no computing.

        Raises:
            CancelledError: `cancelled` said so; what was read by then is known.
            LlamaCppError: llama.cpp failed.
        """
        self.keep(min(_common(self.known, prompt), len(prompt) - 1))
        cached = len(self.known)
        portion = min(_PORTION_TOKENS, self._batch_size)
        self._set_abort(cancelled)
        try:
            for start in range(cached, len(prompt), portion):
                if cancelled is not None and cancelled():
                    raise CancelledError
                tokens = prompt[start : start + portion]
                self._decode(tokens, 1 if start + portion >= len(prompt) else 0)
        finally:
            self._set_abort(None)
        return cached

    def extend(self, tokens: Sequence[int]) -> None:
        """Add tokens to the known text; scores of each of them are ready, by its position among them."""
        self._decode(tokens, len(tokens))

    def keep(self, count: int) -> None:
        """Forget all but the first tokens; where the model can't do that, all of them."""
        del self.known[count:]
        if not self.library.llama_memory_seq_rm(self._memory, 0, count, -1):
            self.known.clear()
            self.library.llama_memory_clear(self._memory, False)  # noqa: FBT003

    def close(self) -> None:
        """Free the memory."""
        handle, self.handle = self.handle, None
        if handle:
            self.library.llama_free(handle)

    def _decode(self, tokens: Sequence[int], outputs: int) -> None:
        position = len(self.known)
        self._batch.fill(tokens, position, outputs)
        forget_complaints()
        status = self.library.llama_decode(self.handle, self._batch.structure)
        if status == 0:
            self.known += tokens
            return
        self.keep(position)
        if status == _ABORTED:
            raise CancelledError
        self.keep(0)
        raise LlamaCppError(
            f"The model {self.model.path} failed: {complaints() or f'llama.cpp gives status {status}'}.",
            hint="If this happens again, choose a shorter context, or another model.",
        )

    def _set_abort(self, cancelled: Cancelled | None) -> None:
        """Let llama.cpp ask within a batch, which takes long for prompts; a single token doesn't."""
        self._cancelled = cancelled
        callback = self._never_abort if cancelled is None else self._abort_when_cancelled
        self.library.llama_set_abort_callback(self.handle, callback, None)

    def _should_abort(self, _data: object) -> bool:
        return self._cancelled is not None and self._cancelled()


class _Batch:
    """Tokens of sequence 0, in arrays that llama.cpp reads."""

    def __init__(self, lib: Any, size: int) -> None:
        self._tokens = (ctypes.c_int32 * size)()
        self._positions = (ctypes.c_int32 * size)()
        self._outputs = (ctypes.c_int8 * size)()
        self._counts = (ctypes.c_int32 * size)(*[1] * size)
        self._sequence = ctypes.c_int32(0)
        pointer = ctypes.POINTER(ctypes.c_int32)
        self._sequences = (pointer * size)(*[ctypes.pointer(self._sequence)] * size)
        self.structure = lib.llama_batch(
            0,
            ctypes.cast(self._tokens, pointer),
            None,
            ctypes.cast(self._positions, pointer),
            ctypes.cast(self._counts, pointer),
            ctypes.cast(self._sequences, ctypes.POINTER(pointer)),
            ctypes.cast(self._outputs, ctypes.POINTER(ctypes.c_int8)),
        )

    def fill(self, tokens: Sequence[int], position: int, outputs: int) -> None:
        """Put tokens in; scores are wanted of the last ones."""
        count = len(tokens)
        self._tokens[:count] = list(tokens)
        self._positions[:count] = list(range(position, position + count))
        self._outputs[:count] = [*[0] * (count - outputs), *[1] * outputs]
        self.structure.n_tokens = count


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))
