"""Requests for text that a worker still owes an answer to, and which of them gives way to which."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..completion import Completion, RenderedPrompt
from .completion_messages import Complete, Completed, CompletionText, Render, Rendered
from .exchange import Exchange, Exchanges

if TYPE_CHECKING:
    from ..completion import Prompt, Sampling
    from ..streaming import Pieces


@dataclass(slots=True, eq=False)
class CompletionExchange(Exchange[Completion]):
    """A text from when it is asked for to when it is written.

    Attributes:
        message: What the worker is told.
        answer: The text.
        owner: Whose typing it completes; "" when somebody waits for it.
        pieces: What is written so far.
        has_text: Whether somebody may have seen a part of it.
    """

    message: Complete
    answer: Future[Completion] = field(default_factory=Future)
    owner: str = ""
    pieces: Pieces = field(default_factory=queue.SimpleQueue)
    has_text: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Whether nobody has seen a part of the text: the next worker might write another one."""
        return not self.has_text

    def take(self, message: object) -> Callable[[], None] | None:
        """Take a piece, or the end; see `Exchange.take`."""
        if isinstance(message, CompletionText) and self.message.is_streamed:
            self.has_text = True
            self.pieces.put(message.text)
            return None
        if isinstance(message, Completed):
            return partial(self.fulfil, message.completion)
        return Exchange.take(self, message)


@dataclass(slots=True, eq=False)
class RenderExchange(Exchange[RenderedPrompt]):
    """A prompt to be shown.

    Attributes:
        message: What the worker is told.
        answer: The prompt as the model would get it.
    """

    message: Render
    answer: Future[RenderedPrompt] = field(default_factory=Future)

    def take(self, message: object) -> Callable[[], None] | None:
        """Take the prompt; see `Exchange.take`."""
        if isinstance(message, Rendered):
            return partial(self.fulfil, message.prompt)
        return Exchange.take(self, message)


class CompletionRequests(Exchanges[CompletionExchange | RenderExchange]):
    """Keeps them in the order in which they were made. Not thread-safe.

    The worker answers those that fill in one after the other, and instructions likewise beside them. Whoever
    types wants the completion of what is on screen now, at once, or none: a request with an owner takes the
    place of the owner's earlier ones.

    Args:
        patience_seconds: Longest time in which the worker gives no sign.
    """

    def __init__(self, patience_seconds: float) -> None:
        super().__init__(is_serial=True)
        self._patience_seconds = patience_seconds

    def complete(
        self, prompt: Prompt, sampling: Sampling, now: float, *, owner: str = "", is_streamed: bool = False
    ) -> CompletionExchange:
        """Ask for a text, and cancel what it takes the place of.

        Args:
            prompt: What is to be written.
            sampling: How.
            now: The time, in seconds.
            owner: Whose typing it completes; "" when somebody waits for it.
            is_streamed: Whether pieces are wanted.
        """
        if owner:
            # The earlier ones are out of date in any case.
            for each in [each for each in self if isinstance(each, CompletionExchange)]:
                if each.owner == owner:
                    each.answer.cancel()
        message = Complete(self.next_number(), prompt, sampling, is_streamed)
        exchange = CompletionExchange(message, self._patience_seconds, now, owner=owner)
        self.keep(exchange)
        return exchange

    def render(self, prompt: Prompt, sampling: Sampling, now: float) -> RenderExchange:
        """Ask for a prompt to be shown; see `complete`."""
        message = Render(self.next_number(), prompt, sampling)
        exchange = RenderExchange(message, self._patience_seconds, now)
        self.keep(exchange)
        return exchange
