"""Writing: token after token, with guesses that are checked several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

from ..completion import Completion, FinishReason, Sampling, Usage
from ..errors import UsageError
from ..prompt_lookup import LONGEST_GUESS, PromptLookup
from ..stop_rules import StopRule
from ..text_stream import TextStream
from .llama_cpp_context import LlamaContext
from .llama_cpp_sampling import TokenChooser


@dataclass(frozen=True, slots=True)
class Watching:
    """Who follows the writing.

    Attributes:
        on_text: Gets each further piece of text.
        cancelled: Polled for each token.
        stop_rule: Asked with all the text whenever it grew; says how much of it is kept once it is done.
        on_read: Gets how many tokens of the prompt were read, and in how many seconds; also when that was
            cancelled before the end.
    """

    on_text: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    stop_rule: StopRule | None = None
    on_read: Callable[[int, float], None] | None = None


def write(context: LlamaContext, prompt: Sequence[int], sampling: Sampling, watching: Watching) -> Completion:
    """Write what follows a prompt.

    Args:
        context: What it knows of the prompt isn't computed again.
        prompt: Tokens; one at least.
        sampling: How.
        watching: Who follows it.

    Raises:
        CancelledError: `watching.cancelled` said so.
        UsageError: The prompt has no tokens or is longer than the context; or the grammar is wrong.
        LlamaCppError: llama.cpp failed.
    """
    if not 0 < len(prompt) < context.size:
        raise UsageError(
            f"A prompt of {len(prompt):,} tokens can't be completed in {context.size:,} tokens of context.",
            hint="Ask about less text, or set a longer context.",
        )
    chooser = TokenChooser(context.model, sampling)
    try:
        started = time.perf_counter()
        cached = context.read(prompt, watching.cancelled, watching.on_read)
        read = time.perf_counter()
        writing = _Writing(context, chooser, sampling, watching, PromptLookup(prompt))
        reason = writing.run() if sampling.max_tokens > 0 else "length"
        usage = Usage(
            prompt_tokens=len(prompt),
            cached_tokens=cached,
            completion_tokens=writing.written,
            guessed_tokens=writing.guessed,
            prompt_seconds=read - started,
            completion_seconds=time.perf_counter() - read,
        )
        return Completion(writing.stream.text, reason, usage)
    finally:
        chooser.close()


@dataclass(slots=True)
class _Writing:
    context: LlamaContext
    chooser: TokenChooser
    sampling: Sampling
    watching: Watching
    lookup: PromptLookup
    written: int = 0
    guessed: int = 0
    stream: TextStream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = TextStream(
            self.sampling.stop,
            single_line=self.sampling.single_line,
            on_text=self.watching.on_text,
            rule=self.watching.stop_rule,
        )

    def run(self) -> FinishReason:
        """Write until something ends it."""
        token = self.chooser.choose(self.context, -1)
        reason = self._take(token)
        while reason is None:
            reason = self._step()
        return reason

    def _step(self) -> FinishReason | None:
        """Have the model read the last token and a guess of the next ones; take those that it agrees with."""
        if self.watching.cancelled is not None and self.watching.cancelled():
            raise CancelledError
        start = len(self.context.known)
        guess = self._guess()
        self.context.extend([self.lookup.last, *guess], self.watching.cancelled)
        right = 0
        try:
            for place in range(len(guess) + 1):
                token = self.chooser.choose(self.context, place)
                is_guessed = place < len(guess) and token == guess[place]
                right += is_guessed
                reason = self._take(token)
                if reason is not None or not is_guessed:
                    return reason
        finally:
            self.guessed += right
            if guess:
                self.context.keep(start + 1 + right)
                self.lookup.learn(len(guess), right)
        return None

    def _guess(self) -> list[int]:
        if not self.sampling.guesses or not self.context.model.can_go_back:
            return []
        room = self.context.size - len(self.context.known) - 1
        return self.lookup.guess(min(LONGEST_GUESS, room, self.sampling.max_tokens - self.written - 1))

    def _take(self, token: int) -> FinishReason | None:
        """Make a token part of the text; says why that was the last one, if it was."""
        model = self.context.model
        if model.ends(token):
            self.stream.finish(is_cut=False)
            return "stop"
        self.written += 1
        self.lookup.append(token)
        if self.stream.feed(model.piece(token)):
            return "stop"
        if self.written >= self.sampling.max_tokens or len(self.lookup) > self.context.size:
            self.stream.finish(is_cut=True)
            return "length"
        return None
