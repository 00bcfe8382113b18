"""A loaded model that writes: for somebody who types, and beside it for one who has asked for something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..step_turns import StepTurns
from .compute_thread import ComputeThread
from .llama_cpp_context import ContextSize, LlamaContext
from .llama_cpp_library import LlamaCppError
from .llama_cpp_model import LlamaModel
from .llama_cpp_writing import Watching, write

if TYPE_CHECKING:
    from ..completion import Completion, Sampling
    from ..prompts.model_facts import ModelFacts
    from ..prompts.segments import Segment

_POLL_SECONDS = 0.01


class LlamaEngine:
    """A model and its contexts. Threads take turns; free the memory with `close`.

    What is written for somebody who types has a context of its own: neither text makes the model forget the
    other, and both are written at the same time, step by step, the one who types first.

    Attributes:
        facts: What prompts for the model are made by.
        context_tokens: Longest text: prompt and completion.
        typing_tokens: Longest text for somebody who types.

    Args:
        path: A ``.gguf`` file.
        name: The model's name.
        size: What the context may take.
        gpu_layers: Layers on the GPU; negative for all.
        typing_tokens: Size of the context for those who type; 0 for none of its own.

    Raises:
        LlamaCppError: llama.cpp isn't there, can't load the file, or lacks memory.
    """

    def __init__(
        self, path: Path, name: str, size: ContextSize, gpu_layers: int = 0, typing_tokens: int = 0
    ) -> None:
        self._model = LlamaModel(path, gpu_layers)
        self._thread = ComputeThread()
        self._turns = StepTurns()
        self._contexts: list[LlamaContext] = []
        self._context = self._typing = self._made(size)
        self._turn = self._typing_turn = threading.Lock()
        if typing_tokens:
            self._typing = self._made(replace(size, tokens=typing_tokens), is_typing=True)
            self._typing_turn = threading.Lock()
        self.facts: ModelFacts = self._model.facts(name)
        self.context_tokens = self._context.size
        self.typing_tokens = self._typing.size
        self._vocabulary = threading.Lock()
        self._is_closed = False

    def tokenize(self, text: str) -> list[int]:
        """Tokens of plain text; nothing in it is taken for a control token. Any thread may ask."""
        with self._vocabulary:
            self._check_open()
            return self._model.tokenize(text)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens read as."""
        with self._vocabulary:
            self._check_open()
            return b"".join(self._model.piece(token) for token in tokens).decode("utf-8", "replace")

    def write(
        self,
        prompt: tuple[Segment, ...],
        sampling: Sampling,
        watching: Watching,
        *,
        is_typing: bool = False,
    ) -> Completion:
        """Write what follows a prompt; see `llama_cpp_writing.write`.

        Waits while another thread's request of the same kind is worked on, unless `watching.cancelled` gives
        up.

        Args:
            prompt: What the model reads.
            sampling: How it writes.
            watching: Who follows it.
            is_typing: Whether it is for somebody who types.
        """
        context, turn = (self._typing, self._typing_turn) if is_typing else (self._context, self._turn)
        with self._my_turn(turn, watching.cancelled):
            tokens = self._model.tokens(prompt)
            with self._turns.typing() if context.is_typing else nullcontext():
                return write(context, tokens, sampling, watching)

    def close(self) -> None:
        """Free the memory, once nothing is being written; twice is once."""
        with ExitStack() as held:
            for lock in {self._turn, self._typing_turn, self._vocabulary}:
                held.enter_context(lock)
            if not self._is_closed:
                self._is_closed = True
                self._free()

    def _made(self, size: ContextSize, *, is_typing: bool = False) -> LlamaContext:
        try:
            context = LlamaContext(self._model, size, self._thread, self._turns, is_typing=is_typing)
        except LlamaCppError:
            self._free()
            raise
        self._contexts.append(context)
        return context

    def _free(self) -> None:
        self._thread.close()
        for context in self._contexts:
            context.close()
        self._model.close()

    @contextmanager
    def _my_turn(self, turn: threading.Lock, cancelled: Callable[[], bool] | None) -> Iterator[None]:
        while not turn.acquire(timeout=-1 if cancelled is None else _POLL_SECONDS):
            if cancelled is not None and cancelled():
                raise CancelledError
        try:
            self._check_open()
            yield
        finally:
            turn.release()

    def _check_open(self) -> None:
        if self._is_closed:
            raise LlamaCppError("The model has been closed.")
