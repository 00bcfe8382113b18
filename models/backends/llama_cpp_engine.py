"""A loaded model that writes, for one request at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
    """A model and its context. Threads take turns; free the memory with `close`.

    Attributes:
        facts: What prompts for the model are made by.
        context_tokens: Longest text: prompt and completion.

    Args:
        path: A ``.gguf`` file.
        name: The model's name.
        size: What the context may take.
        gpu_layers: Layers on the GPU; negative for all.

    Raises:
        LlamaCppError: llama.cpp isn't there, can't load the file, or lacks memory.
    """

    def __init__(self, path: Path, name: str, size: ContextSize, gpu_layers: int = 0) -> None:
        self._model = LlamaModel(path, gpu_layers)
        try:
            self._context = LlamaContext(self._model, size)
        except LlamaCppError:
            self._model.close()
            raise
        self.facts: ModelFacts = self._model.facts(name)
        self.context_tokens = self._context.size
        self._turn = threading.Lock()
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

    def write(self, prompt: tuple[Segment, ...], sampling: Sampling, watching: Watching) -> Completion:
        """Write what follows a prompt; see `llama_cpp_writing.write`.

        Waits while another thread's request is worked on, unless `watching.cancelled` gives up.
        """
        with self._my_turn(watching.cancelled):
            return write(self._context, self._model.tokens(prompt), sampling, watching)

    def close(self) -> None:
        """Free the memory, once nothing is being written; twice is once."""
        with self._turn, self._vocabulary:
            if not self._is_closed:
                self._is_closed = True
                self._context.close()
                self._model.close()

    @contextmanager
    def _my_turn(self, cancelled: Callable[[], bool] | None) -> Iterator[None]:
        while not self._turn.acquire(timeout=-1 if cancelled is None else _POLL_SECONDS):
            if cancelled is not None and cancelled():
                raise CancelledError
        try:
            self._check_open()
            yield
        finally:
            self._turn.release()

    def _check_open(self) -> None:
        if self._is_closed:
            raise LlamaCppError("The model has been closed.")
