"""A completer on llama.cpp: prompts as the model wants them, written by the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..completion import FillIn
from ..prompts.answer_writer import AnswerWriter
from ..prompts.build import build_prompt
from ..stop_rules import stop_rule
from .llama_cpp_writing import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..completion import CompleterIdentity, Completion, Prompt, RenderedPrompt, Sampling
    from ..prompts.segments import BuiltPrompt
    from .llama_cpp_engine import LlamaEngine

_LEAST_PROMPT_TOKENS = 128


class LlamaCompleter:
    """Writes with a loaded model; see `roles.Completer`. Threads take turns.

    Args:
        identity: Which model it is.
        engine: The model; closed with the completer.
    """

    def __init__(self, identity: CompleterIdentity, engine: LlamaEngine) -> None:
        self._identity = identity
        self._engine = engine

    @property
    def identity(self) -> CompleterIdentity:
        """Which model writes."""
        return self._identity

    @property
    def context_tokens(self) -> int:
        """Longest text: prompt and completion."""
        return self._engine.context_tokens

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """Write a completion; see `roles.Completer`. What fills in ends where `stop_rules` say so."""
        built = self._build(prompt, sampling)
        rule = (
            stop_rule(prompt.prefix, prompt.suffix, single_line=sampling.single_line)
            if isinstance(prompt, FillIn)
            else None
        )
        answer = AnswerWriter(prompt, on_text, opens_reasoning=built.opens_reasoning)
        written = self._engine.write(built.segments, sampling, Watching(answer.take, cancelled, rule))
        usage = replace(written.usage, passages=built.passages, is_trimmed=built.is_trimmed)
        return replace(written, text=answer.end(), usage=usage)

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:
        """The prompt that `complete` would give to the model; nothing is written."""
        return self._build(prompt, sampling).rendered()

    def close(self) -> None:
        """Free the memory, once nothing is being written."""
        self._engine.close()

    def _build(self, prompt: Prompt, sampling: Sampling) -> BuiltPrompt:
        # Where both don't fit, the completion is what ends early.
        room = max(_LEAST_PROMPT_TOKENS, self._engine.context_tokens - sampling.max_tokens - 1)
        budget = min(room, self._engine.context_tokens - 1)
        return build_prompt(prompt, self._engine.facts, budget, self._count)

    def _count(self, text: str) -> int:
        return len(self._engine.tokenize(text))
