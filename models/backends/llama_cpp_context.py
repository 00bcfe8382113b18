"""A llama.cpp context: one text that the model knows, which is extended, and cut back, token by token."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from ..step_turns import StepTurns
from .compute_thread import ComputeThread
from .llama_cpp_library import LlamaCppError, complaints, flag_callback, forget_complaints
from .llama_cpp_model import LlamaModel

Cancelled = Callable[[], bool]

# Portions of a prompt that is read for somebody who types: what was read before the next key isn't lost.
_PORTION_TOKENS = 128
_LEAST_PORTION_TOKENS = 16
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
        thread: Computes; shared with the model's other contexts.
        turns: Likewise: one of them computes at a time.
        is_typing: Whether its texts are for somebody who types, and go first.

    Raises:
        LlamaCppError: There isn't memory enough.
    """

    def __init__(
        self,
        model: LlamaModel,
        size: ContextSize,
        thread: ComputeThread,
        turns: StepTurns,
        *,
        is_typing: bool = False,
    ) -> None:
        self.model = model
        self.is_typing = is_typing
        self._thread = thread
        self._turns = turns
        self._gives_way = not is_typing and model.can_go_back
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
        # llama.cpp keeps the addresses only.
        self._abort, self._abort_callback = ctypes.create_string_buffer(2), flag_callback(lib)
        lib.llama_set_abort_callback(self.handle, self._abort_callback, self._abort)

    def read(
        self,
        prompt: Sequence[int],
        cancelled: Cancelled | None = None,
        on_read: Callable[[int, float], None] | None = None,
    ) -> int:
        """Make the known text this prompt, keeping what both begin with; scores of its last token are ready.

        Args:
            prompt: One token at least, and fewer than `size`.
            cancelled: Polled while computing.
            on_read: Gets how many tokens were computed, and in how many seconds, however it ends.

        Returns:
            How many of the tokens needed no computing.

        Raises:
            CancelledError: `cancelled` said so; what was read by then is known.
            LlamaCppError: llama.cpp failed.
        """
        self.keep(min(_common(self.known, prompt), len(prompt) - 1))
        cached = len(self.known)
        portion = most = self._portion(len(prompt) - cached)
        seconds = 0.0
        try:
            while len(self.known) < len(prompt):
                if cancelled is not None and cancelled():
                    raise CancelledError
                taken = self._read_portion(prompt, portion, cancelled)
                seconds += taken
                # Smaller ones go on even beside somebody who types fast.
                portion = most if taken else max(_LEAST_PORTION_TOKENS, portion // 2)
        finally:
            if on_read is not None:
                on_read(max(0, len(self.known) - cached), seconds)
        return cached

    def extend(self, tokens: Sequence[int], cancelled: Cancelled | None = None) -> None:
        """Add tokens to the known text; scores of each of them are ready, by its position among them.

        Args:
            tokens: A few.
            cancelled: Polled while waiting for a turn.

        Raises:
            CancelledError: `cancelled` said so, before anything was computed.
            LlamaCppError: llama.cpp failed.
        """
        with self._turns.step(cancelled, is_typing=self.is_typing):
            self._decode(tokens, len(tokens))

    def _portion(self, tokens: int) -> int:
        """Tokens of a portion, so that all of them are about as large: a few tokens take as long as many."""
        most = min(_PORTION_TOKENS, self._batch_size) if self.is_typing else self._batch_size
        return -(-tokens // -(-tokens // most))

    def _read_portion(self, prompt: Sequence[int], most: int, cancelled: Cancelled | None) -> float:
        """Read on; gives the seconds that it took, 0 when it gave way to somebody who types."""
        start = len(self.known)
        tokens = prompt[start : start + most]

        def look() -> None:
            gives_way = self._gives_way and self._turns.is_somebody_typing
            if gives_way or (cancelled is not None and cancelled()):
                self._abort[0] = b"!"

        with self._turns.step(cancelled, is_typing=self.is_typing, may_be_first=False):
            began = time.perf_counter()
            if not self._decode(tokens, 1 if start + most >= len(prompt) else 0, look):
                if cancelled is not None and cancelled():
                    raise CancelledError
                return 0.0
            # A GPU works on while the next portion is prepared: a cancellation would come too late.
            self.library.llama_synchronize(self.handle)
            return time.perf_counter() - began

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

    def _decode(self, tokens: Sequence[int], outputs: int, look: Callable[[], None] | None = None) -> bool:
        """Compute tokens; False when `look`, which is called meanwhile, had that broken off."""
        position = len(self.known)
        self._batch.fill(tokens, position, outputs)
        forget_complaints()
        self._abort[0] = b"\0"
        status = self._thread.run(lambda: self.library.llama_decode(self.handle, self._batch.structure), look)
        if status == 0:
            self.known += tokens
            return True
        self.keep(position)
        if status == _ABORTED:
            return False
        self.keep(0)
        raise LlamaCppError(
            f"The model {self.model.path} failed: {complaints() or f'llama.cpp gives status {status}'}.",
            hint="If this happens again, choose a shorter context, or another model.",
        )


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
