"""A model that writes text in a process of its own, for any number of threads."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..completer_usage import CompleterUsage, CompletionCounter
from ..streaming import follow
from .completion_messages import LoadCompleter, decode_from_worker, encode
from .completion_requests import CompletionExchange, CompletionRequests, RenderExchange
from .limits import WorkerLimits, WorkerPlan
from .process import COMPLETION_COMMAND, Dialect
from .supervisor import Supervisor

if TYPE_CHECKING:
    from ..completer_selection import CompleterRequest
    from ..completion import CompleterIdentity, Completion, Prompt, RenderedPrompt, Sampling

_GIB = 1024**3
_REQUEST_SECONDS = 60.0
_log = logging.getLogger(__name__)


def completer_limits(
    model_bytes: int,
    cache_bytes: int,
    *,
    idle_seconds: float = 300.0,
    request_seconds: float = _REQUEST_SECONDS,
    niceness: int = 0,
) -> WorkerLimits:
    """The limits of a worker that writes with a model of some size.

    Args:
        model_bytes: Size of the model's file.
        cache_bytes: What the model remembers of texts as long as its contexts: their keys and values.
        idle_seconds: After this long without a request the process is ended.
        request_seconds: Longest time without a token or any other sign.
        niceness: Added to the niceness of the process.

    Returns:
        Memory for the file twice, as llama.cpp may keep a copy of the weights in another order beside the
        mapped file; for the cache and a quarter; and 1 GiB for everything else.
    """
    return WorkerLimits(
        start_seconds=300.0,
        request_seconds=request_seconds,
        memory_bytes=2 * model_bytes + cache_bytes * 5 // 4 + _GIB,
        idle_seconds=idle_seconds,
        niceness=niceness,
    )


class WorkerCompleter:
    """A ``SharedCompleter`` whose model runs in a worker process.

    Texts that fill in are written one after the other, and so are instructions; both kinds side by side.

    The process is started by the first request, or by `start`, and ended after an idle time. A crash, a hang
    or too much memory costs the process alone: what it worked on is tried once more with a new one, unless a
    part of the text was handed out already. Who types on takes the place of their own earlier request; see
    `CompletionRequests`.

    Args:
        identity: The model, as the request leads to it.
        request: The model and how it should run.
        limits: What the process may take; see `completer_limits`.
        command: The program to run, for tests; by default this Python with the module `completion`.
        on_log: Gets each line that the process writes to standard error and each failure, without line ends;
            by default the module's logger.
    """

    def __init__(
        self,
        identity: CompleterIdentity,
        request: CompleterRequest,
        limits: WorkerLimits | None = None,
        *,
        command: Sequence[str] = COMPLETION_COMMAND,
        on_log: Callable[[str], None] = _log.info,
    ) -> None:
        limits = limits or WorkerLimits()
        self._identity = identity
        self._requests = CompletionRequests(limits.request_seconds)
        self._counter = CompletionCounter()
        load = LoadCompleter(request, limits.niceness)
        dialect = Dialect(encode, decode_from_worker)
        plan = WorkerPlan(identity.name, identity.name, load, dialect, tuple(command), limits, on_log)
        self._supervisor: Supervisor[CompletionExchange | RenderExchange] = Supervisor(plan, self._requests)

    @property
    def identity(self) -> CompleterIdentity:
        """Which model writes; known without a process."""
        return self._identity

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        owner: str = "",
    ) -> Completion:
        """Write a completion; see ``SharedCompleter``.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so, or a later request of the owner did.
            CodeassistdError: The model raised it.
            WorkerError: The worker was lost, keeps failing, or was closed.
        """
        exchange = self._supervisor.submit(
            lambda now: self._requests.complete(
                prompt, sampling, now, owner=owner, is_streamed=on_text is not None
            )
        )
        completion = follow(exchange.answer, exchange.pieces, on_text, cancelled)
        self._counter.add(completion.usage)
        return completion

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:
        """The prompt that `complete` would give to the model; waits for what is being written.

        Raises:
            CodeassistdError: As `complete` does.
        """
        exchange = self._supervisor.submit(lambda now: self._requests.render(prompt, sampling, now))
        return follow(exchange.answer, queue.SimpleQueue(), None, None)

    def start(self) -> None:
        """Begin loading the model in the background; a failure is met again by whoever needs the model."""
        self._supervisor.start()

    def usage(self) -> CompleterUsage:
        """What is known of the worker now."""
        known = self._supervisor.usage()
        return CompleterUsage(
            state=known.state,
            engine=known.engine,
            requests=known.uses,
            counts=self._counter.counts,
            failures=known.failures,
            problem=known.problem,
            idle_seconds=known.idle_seconds,
            rss_bytes=known.rss_bytes,
            pid=known.pid,
            waiting=known.waiting,
        )

    def close(self) -> None:
        """End the process for good, within a second or two even when it hangs."""
        self._supervisor.close()
