"""What a completer has done."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .completion import Usage

CompleterState = Literal["unloaded", "loading", "loaded", "failed"]


@dataclass(frozen=True, slots=True)
class CompletionCounts:
    """Sums over the completions that were written.

    Attributes:
        completions: How many.
        prompt_tokens: Tokens of their prompts.
        cached_tokens: Those of them that the model still knew.
        completion_tokens: Tokens written.
        prompt_seconds: Time that reading the prompts took.
        completion_seconds: Time that writing took.
    """

    completions: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prompt_seconds: float = 0.0
    completion_seconds: float = 0.0

    def plus(self, usage: Usage) -> CompletionCounts:
        """With one more completion."""
        return CompletionCounts(
            self.completions + 1,
            self.prompt_tokens + usage.prompt_tokens,
            self.cached_tokens + usage.cached_tokens,
            self.completion_tokens + usage.completion_tokens,
            self.prompt_seconds + usage.prompt_seconds,
            self.completion_seconds + usage.completion_seconds,
        )


@dataclass(frozen=True, slots=True)
class CompleterUsage:
    """What is known of a completer at a moment.

    Attributes:
        state: "unloaded" before the first use and after an idle time, "failed" when the last attempt failed
            and none has been made since.
        engine: How the model runs, in words; empty until that is known.
        requests: How often it was asked, prompts that were only shown included.
        counts: Of those that ended well.
        failures: Processes lost, servers that failed, and requests that the model failed.
        problem: The last of these failures, in words; empty when there was none or all went well since.
        idle_seconds: Time since the last request ended; 0 while there is one, and before the first.
        rss_bytes: Resident memory of the process; 0 when there is none.
        pid: The process, if there is one.
        waiting: Requests that have no answer yet, those that are worked on included.
    """

    state: CompleterState
    engine: str
    requests: int
    counts: CompletionCounts
    failures: int
    problem: str
    idle_seconds: float
    rss_bytes: int = 0
    pid: int | None = None
    waiting: int = 0


class CompletionCounter:
    """Adds up completions; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = CompletionCounts()

    @property
    def counts(self) -> CompletionCounts:
        """The sums so far."""
        return self._counts

    def add(self, usage: Usage) -> None:
        """Count a completion that was written."""
        with self._lock:
            self._counts = self._counts.plus(usage)
