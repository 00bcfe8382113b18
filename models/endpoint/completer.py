"""A model that another program serves, as a completer."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING

from ..completer_usage import CompleterUsage, CompletionCounter
from ..completion import CompleterIdentity
from ..errors import CodeassistdError, UsageError
from ..streaming import Pieces, follow
from ..worker.breaker import CircuitBreaker
from ..worker.errors import closed, unavailable
from .address import parse_address
from .errors import EndpointError
from .loop_thread import LoopThread
from .policy import EndpointPolicy, EndpointRequest
from .prompting import rendered

if TYPE_CHECKING:
    from ..completer_usage import CompleterState
    from ..completion import Completion, Prompt, RenderedPrompt, Sampling
    from .client import EndpointClient


class EndpointCompleter:
    """A ``SharedCompleter`` whose model a server has: what is in a prompt leaves this process.

    Requests of different threads go to the server side by side; it decides about their order. Nothing is sent
    before the first request.

    Args:
        request: The server and the model.
        policy: Time limits and patience.
        clock: Seconds that never run backwards.

    Raises:
        UsageError: The address is none, or the connection would not be encrypted.
    """

    def __init__(
        self,
        request: EndpointRequest,
        policy: EndpointPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._policy = policy or EndpointPolicy()
        self._address = parse_address(request.url, allow_plain_http=request.allow_plain_http)
        self._clock = clock
        self._loop = LoopThread(self._disconnect)
        self._client: EndpointClient | None = None
        self._counter = CompletionCounter()
        self._lock = threading.Lock()
        # What follows is guarded by the lock.
        self._breaker = CircuitBreaker(clock, open_seconds=self._policy.open_seconds)
        self._running: dict[Future[Completion], str] = {}
        self._requests = self._failures = 0
        self._quiet_since = 0.0

    @property
    def identity(self) -> CompleterIdentity:
        """Which model writes, and on which host."""
        return CompleterIdentity(self._request.model, self._address.host)

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        owner: str = "",
    ) -> Completion:
        """Write a completion; see ``SharedCompleter``. Giving up closes the connection at once.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so, or a later request of the owner did.
            UsageError: The API key is missing.
            EndpointError: The server can't be reached, fails, or talks nonsense.
            EndpointRefusalError: It refuses.
            WorkerError: It keeps failing, or this was closed.
        """
        pieces: Pieces = queue.SimpleQueue()
        answer = self._begin(prompt, sampling, pieces, owner)
        try:
            completion = follow(answer, pieces, on_text, cancelled)
        except EndpointError as error:
            self._note_failure(error)
            raise
        except CancelledError:
            if self._loop.is_closed:
                raise closed(self._request.model) from None
            raise
        finally:
            with self._lock:
                self._running.pop(answer, None)
                self._quiet_since = self._clock()
        with self._lock:
            self._breaker.succeeded()
        self._counter.add(completion.usage)
        return completion

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:  # noqa: ARG002 - the role's
        """What `complete` would send, as people read it; its length in tokens is guessed."""
        return rendered(prompt, self._request.prompt_characters)

    def start(self) -> None:
        """Nothing: a server isn't bothered ahead of the first request."""

    def usage(self) -> CompleterUsage:
        """What is known of the server now; nothing is sent."""
        with self._lock:
            is_busy = bool(self._running)
            return CompleterUsage(
                state=self._state(),
                engine=f"{self._address.host}, OpenAI-compatible",
                requests=self._requests,
                counts=self._counter.counts,
                failures=self._failures,
                problem=self._breaker.last_failure,
                idle_seconds=0.0 if is_busy or not self._requests else self._clock() - self._quiet_since,
            )

    def close(self) -> None:
        """Close all connections, failing whoever waits."""
        self._loop.close()

    def _begin(self, prompt: Prompt, sampling: Sampling, pieces: Pieces, owner: str) -> Future[Completion]:
        with self._lock:
            if self._breaker.state == "open":
                raise unavailable(self._request.model, self._breaker)
            for answer, of in self._running.items():
                if owner and of == owner:
                    answer.cancel()
            begun = self._loop.submit(lambda: self._write(prompt, sampling, pieces.put))
            if begun is None:
                raise closed(self._request.model)
            self._requests += 1
            self._running[begun] = owner
        return begun

    async def _write(self, prompt: Prompt, sampling: Sampling, on_text: Callable[[str], None]) -> Completion:
        from .client import EndpointClient  # noqa: PLC0415 - httpx2 is for who sends something

        if self._client is None:
            self._client = EndpointClient(self._request, self._address, self._policy, self._api_key())
        return await self._client.complete(prompt, sampling, on_text)

    async def _disconnect(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _api_key(self) -> str:
        variable = self._request.api_key_variable
        if not variable:
            return ""
        key = os.environ.get(variable, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            what = "is not set" if not key else "holds something that is no API key"
            raise UsageError(
                f"The environment variable {variable} {what}.",
                hint=f"Set it to the API key of {self._address.host}, and restart codeassistd.",
            )
        return key

    def _state(self) -> CompleterState:
        if self._breaker.last_failure:
            return "failed"
        return "loaded" if self._counter.counts.completions else "unloaded"

    def _note_failure(self, error: CodeassistdError) -> None:
        with self._lock:
            self._failures += 1
            self._breaker.failed(error.message)
