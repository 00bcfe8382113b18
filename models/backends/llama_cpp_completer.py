"""A completer on llama.cpp: prompts as the model wants them, written by the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..completion import FillIn
from ..prompts.answer_writer import AnswerWriter
from ..prompts.build import build_prompt
from ..reading_pace import CPU_TOKENS, ReadingPace
from ..stop_rules import stop_rule
from .llama_cpp_writing import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..completion import CompleterIdentity, Completion, Prompt, RenderedPrompt, Sampling
    from ..prompts.segments import BuiltPrompt
    from .llama_cpp_engine import LlamaEngine

_LEAST_PROMPT_TOKENS = 128


class LlamaCompleter:
    """Writes with a loaded model; see `roles.Completer`.

    Threads take turns; but what fills in is written beside an instruction, and first.

    Args:
        identity: Which model it is.
        engine: The model; closed with the completer.
        prompt_tokens: Most tokens of a prompt that fills in, until it is known how quickly the model reads.
    """

    def __init__(
        self, identity: CompleterIdentity, engine: LlamaEngine, prompt_tokens: int = CPU_TOKENS
    ) -> None:
        self._identity = identity
        self._engine = engine
        self._pace = ReadingPace(prompt_tokens)

    @property
    def identity(self) -> CompleterIdentity:
        """Which model writes."""
        return self._identity

    @property
    def context_tokens(self) -> int:
        """Longest text: prompt and completion; a completion at a cursor may have less."""
        return self._engine.context_tokens

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """Write a completion; see `roles.Completer`. What fills in ends where `stop_rules` say so."""
        budget = self._budget(prompt, sampling)
        built = self._build(prompt, budget)
        rule = (
            stop_rule(prompt.prefix, prompt.suffix, single_line=sampling.single_line)
            if isinstance(prompt, FillIn)
            else None
        )
        answer = AnswerWriter(prompt, on_text, opens_reasoning=built.opens_reasoning)
        watching = Watching(answer.take, cancelled, rule, self._pace.add)
        is_typing = isinstance(prompt, FillIn)
        written = self._engine.write(built.segments, sampling, watching, is_typing=is_typing)
        usage = replace(
            written.usage, passages=built.passages, is_trimmed=built.is_trimmed, prompt_budget=budget
        )
        return replace(written, text=answer.end(), usage=usage)

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:
        """The prompt that `complete` would give to the model; nothing is written."""
        return self._build(prompt, self._budget(prompt, sampling)).rendered()

    def close(self) -> None:
        """Free the memory, once nothing is being written."""
        self._engine.close()

    def _budget(self, prompt: Prompt, sampling: Sampling) -> int:
        is_typing = isinstance(prompt, FillIn)
        context = self._engine.typing_tokens if is_typing else self._engine.context_tokens
        # Where both don't fit, the completion is what ends early.
        room = min(max(_LEAST_PROMPT_TOKENS, context - sampling.max_tokens - 1), context - 1)
        return min(room, sampling.prompt_tokens or self._pace.tokens) if is_typing else room

    def _build(self, prompt: Prompt, budget: int) -> BuiltPrompt:
        return build_prompt(prompt, self._engine.facts, budget, self._count)

    def _count(self, text: str) -> int:
        return len(self._engine.tokenize(text))
