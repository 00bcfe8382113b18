"""An answer put together from what a server sends, and watched for one that never ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..completion import Completion, Sampling, Usage
from ..text_stream import TextStream
from .chunks import Chunk, ChunkError, ServerFailure, parse_chunk
from .errors import broken_off, endless, in_trouble, nonsense

if TYPE_CHECKING:
    from ..completion import FinishReason

_CHARACTERS_PER_TOKEN = 16
_EVENTS_PER_TOKEN = 4
_SPARE = 1_000
_DONE = "[DONE]"


class AnswerReader:
    """Takes the events of one answer.

    Args:
        host: The server, for messages.
        sampling: What was asked; its stop rules are applied here as well, as servers know only some of them.
        on_text: Gets each further piece of the text.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self,
        host: str,
        sampling: Sampling,
        on_text: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._sampling = sampling
        self._clock = clock
        self._stream = TextStream(sampling.stop, single_line=sampling.single_line, on_text=on_text)
        self._reason: FinishReason | None = None
        self._numbers = Chunk()
        self._characters = self._events = 0
        self._begun_at = self._first_at = clock()

    @property
    def is_finished(self) -> bool:
        """Whether all of the text is known; numbers may follow."""
        return self._reason is not None

    def take(self, data: str) -> bool:
        """Take an event.

        Args:
            data: Its data, or a whole answer.

        Returns:
            Whether nothing more is wanted, though the server goes on.

        Raises:
            EndpointError: The server failed, talks nonsense or doesn't come to an end.
        """
        if data.strip() == _DONE:
            self._reason = self._reason or "stop"
            return False
        try:
            chunk = parse_chunk(data)
        except ChunkError as error:
            raise nonsense(self._host, str(error)) from None
        except ServerFailure as failure:
            raise in_trouble(self._host, 200, failure.body) from None
        self._watch(chunk)
        if chunk.prompt_tokens or chunk.completion_tokens:
            self._numbers = chunk
        if not self.is_finished and self._stream.feed(chunk.text.encode()):
            self._reason = "stop"
            return True
        self._reason = self._reason or chunk.finish_reason
        return False

    def completion(self) -> Completion:
        """The whole answer.

        Raises:
            EndpointError: It hasn't come to its end.
        """
        if self._reason is None:
            raise broken_off(self._host, "it closed the connection before the end")
        self._stream.finish(is_cut=self._reason == "length")
        usage = Usage(
            prompt_tokens=self._numbers.prompt_tokens,
            cached_tokens=self._numbers.cached_tokens,
            completion_tokens=self._numbers.completion_tokens,
            prompt_seconds=self._first_at - self._begun_at,
            completion_seconds=self._clock() - self._first_at,
        )
        return Completion(self._stream.text, self._reason, usage)

    def _watch(self, chunk: Chunk) -> None:
        if chunk.text and not self._characters:
            self._first_at = self._clock()
        self._characters += len(chunk.text)
        self._events += 1
        most = self._sampling.max_tokens
        if (
            self._characters > most * _CHARACTERS_PER_TOKEN + _SPARE
            or self._events > most * _EVENTS_PER_TOKEN + _SPARE
        ):
            raise endless(self._host)
