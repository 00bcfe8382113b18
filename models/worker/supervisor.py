"""Keeps one worker running while it is needed and well behaved, and answers those who wait for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

from ..errors import CodeassistdError
from .breaker import CircuitBreaker, restart_delay
from .errors import closed, lost, mismatched, unavailable
from .exchange import E, Exchange, Exchanges, S
from .health import Signs, find_problem
from .limits import WorkerPlan, WorkerState, WorkerUsage
from .messages import Cancel, LoadFailed, Ready, RequestFailed, Working
from .process import WorkerProcess
from .tally import Tally, tolerant

if TYPE_CHECKING:
    from .messages import Failure

_TICK_SECONDS = 0.1
_IDLE_TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Supervisor(Generic[E]):
    """Starts the worker for the first request, and has a thread of its own as long as one runs.

    Args:
        plan: What is started.
        requests: Keeps what is asked of it.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self, plan: WorkerPlan, requests: Exchanges[E], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan = plan
        self._model = plan.model
        self._limits = plan.limits
        self._clock = clock
        self._on_log = tolerant(plan.on_log)
        self._changed = threading.Condition()
        # What follows is guarded by the condition.
        self._requests = requests
        self._breaker = CircuitBreaker(clock)
        self._process: WorkerProcess | None = None
        self._thread: threading.Thread | None = None
        self._is_ready = self._is_wanted = self._is_closed = False
        self._refusal: CodeassistdError | None = None
        self._started_at = self._not_before = 0.0
        self._tally = Tally()

    def submit(self, make: Callable[[float], S]) -> S:
        """Make a request; cancelling its answer takes it out of the worker's queue.

        Args:
            make: Makes a request that the collection keeps, given the time. May cancel others' answers.

        Returns:
            The request, whose answer may be a `CodeassistdError`.

        Raises:
            WorkerUnavailableError: The model keeps failing and isn't tried for now.
            WorkerClosedError: The supervisor was closed.
        """
        with self._changed:
            if self._is_closed:
                raise closed(self._model)
            if self._breaker.state == "open":
                raise unavailable(self._model, self._breaker)
            request = make(self._clock())
            self._tally.uses += 1
            self._tally.texts += request.texts
            if self._process is not None:
                self._process.send(request.message)
            self._supervise_in_thread()
        request.answer.add_done_callback(partial(self._forget, request))
        return request

    def start(self) -> None:
        """Begin loading ahead of the first request, unless the model keeps failing."""
        with self._changed:
            if self._process is None and not self._is_closed and self._breaker.state != "open":
                self._is_wanted = True
                self._supervise_in_thread()

    def close(self) -> None:
        """End the worker, failing whoever waits for it; takes a second or two at most."""
        with self._changed:
            self._is_closed, thread = True, self._thread
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def usage(self) -> WorkerUsage:
        """What is known of the worker now."""
        with self._changed:
            process, tally = self._process, self._tally
            return WorkerUsage(
                state=self._state(),
                engine=tally.engine,
                uses=tally.uses,
                texts=tally.texts,
                waiting=len(self._requests),
                failures=tally.failures,
                problem=self._breaker.last_failure,
                idle_seconds=tally.idle_seconds(self._clock(), is_busy=bool(self._requests)),
                rss_bytes=process.rss_bytes if process else 0,
                pid=process.pid if process else None,
            )

    def _state(self) -> WorkerState:
        if self._process is not None:
            return "loaded" if self._is_ready else "loading"
        return "failed" if self._tally.has_failed else "unloaded"

    def _supervise_in_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._supervise, name="worker-supervisor", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    # The supervising thread.

    def _supervise(self) -> None:
        try:
            self._run_processes()
        except Exception as error:  # noqa: BLE001 - it is logged and told
            # Nobody may wait for ever because of a mistake of ours.
            _log.exception("The worker of the model %s could not be watched.", self._model)
            with self._changed:
                process, self._process, self._thread = self._process, None, None
                forgotten = self._requests.clear()
            if process is not None:
                process.end(0.0)
            for request in forgotten:
                request.fail(lost(self._model, f"could not be watched: {error!r}"))

    def _run_processes(self) -> None:
        while self._wait_until_needed():
            try:
                process = self._launch()
            except OSError as error:
                problem: CodeassistdError | None = lost(self._model, f"could not be started: {error}")
            else:
                problem = self._watch(process)
                process.end(self._limits.stop_seconds if problem is None else 0.0)
            if problem is not None:
                self._settle(problem)

    def _wait_until_needed(self) -> bool:
        with self._changed:
            while not self._is_closed and (self._requests or self._is_wanted):
                delay = self._not_before - self._clock()
                if delay <= 0:
                    return True
                self._changed.wait(delay)
            self._thread = None
            forgotten = self._requests.clear()
        for each in forgotten:
            each.fail(closed(self._model))
        return False

    def _launch(self) -> WorkerProcess:
        with self._changed:
            self._is_wanted = self._is_ready = self._tally.has_failed = False
            self._refusal = None
            self._started_at = self._clock()
            plan = self._plan
            process = WorkerProcess(plan.command, plan.dialect, self._receive, self._wake, self._on_log)
            self._process = process
            process.send(plan.load)
            for request in self._requests:
                process.send(request.message)
        return process

    def _watch(self, process: WorkerProcess) -> CodeassistdError | None:
        """Wait until the process must not, or need not, go on; None where nothing is wrong with it."""
        rss_bytes, measure_at = 0, 0.0
        while True:
            if (now := self._clock()) >= measure_at:  # every request wakes this thread, and asking takes time
                rss_bytes, measure_at = process.rss_bytes, now + _TICK_SECONDS
            with self._changed:
                problem = self._find_problem(process, rss_bytes)
                if problem is not None or self._is_closed or self._is_idle():
                    self._process = None
                    return problem
                self._changed.wait(self._tick_seconds())

    def _find_problem(self, process: WorkerProcess, rss_bytes: int) -> CodeassistdError | None:
        if self._refusal is not None:
            return self._refusal
        now = self._clock()
        signs = Signs(
            end=process.describe_end() if process.has_ended else None,
            is_ready=self._is_ready,
            running_seconds=now - self._started_at,
            is_overdue=self._requests.is_overdue(now),
            rss_bytes=rss_bytes,
        )
        return find_problem(self._model, signs, self._limits)

    def _is_idle(self) -> bool:
        if self._requests or not self._is_ready:
            return False
        return self._clock() - self._tally.quiet_since >= self._limits.idle_seconds

    def _tick_seconds(self) -> float:
        if self._requests or not self._is_ready:
            return _TICK_SECONDS
        quiet_until = self._tally.quiet_since + self._limits.idle_seconds
        return min(_IDLE_TICK_SECONDS, quiet_until - self._clock() + 0.01)

    def _settle(self, problem: CodeassistdError) -> None:
        with self._changed:
            self._tally.has_failed = True
            self._note_failure(problem)
            self._not_before = self._clock() + restart_delay(self._breaker.failures)
            # What the worker itself says of loading will be the same next time; anything else may pass.
            if problem is self._refusal or self._breaker.state == "open":
                given_up = self._requests.clear()
            else:
                given_up = self._requests.lose_worker(was_ready=self._is_ready)
        for request in given_up:
            request.fail(problem)

    def _note_failure(self, problem: CodeassistdError) -> None:
        self._tally.failures += 1
        self._breaker.failed(problem.message)
        self._on_log(problem.message)

    # Called by the threads of a process, and of those who ask.

    def _wake(self, _process: WorkerProcess) -> None:
        with self._changed:
            self._changed.notify_all()

    def _forget(self, request: Exchange[Any], answer: Future[Any]) -> None:
        if not answer.cancelled():
            return
        with self._changed:
            if self._requests.remove(request):
                self._tally.quiet_since = self._clock()
                if self._process is not None:
                    self._process.send(Cancel(request.message.id))

    def _receive(self, process: WorkerProcess, message: object) -> None:
        with self._changed:
            # What a worker says that was given up already, or is about to be, is asked of the next one.
            heeded = process is self._process and self._refusal is None
            finish = self._note(message) if heeded else None
        # Outside the lock, as whoever waits may have attached any code to the answer.
        if finish is not None:
            finish()

    def _note(self, message: object) -> Callable[[], None] | None:
        now = self._clock()
        match message:
            case Ready(identity=identity, engine=engine):
                self._note_ready(identity, engine, now)
            case LoadFailed(failure=failure):
                self._refusal = failure.exception()
                self._changed.notify_all()
            case Working(ids=ids):
                self._requests.worked_on(ids, now)
            case RequestFailed(id=id, failure=failure):
                return self._note_failed(id, failure, now)
            case _ if (request := self._requests.get(getattr(message, "id", 0))) is not None:
                self._requests.worked_on([request.message.id], now)
                if (finish := request.take(message)) is not None:
                    self._requests.remove(request)
                    self._tally.quiet_since = now
                    self._breaker.succeeded()
                return finish
        return None

    def _note_failed(self, number: int, failure: Failure, now: float) -> Callable[[], None] | None:
        if (request := self._requests.get(number)) is None:
            return None
        self._requests.remove(request)
        self._tally.quiet_since = now
        error = failure.exception()
        if request.counts(failure):
            self._note_failure(error)
        return partial(request.fail, error)

    def _note_ready(self, identity: str, engine: str, now: float) -> None:
        if identity != self._plan.identity:
            self._refusal = mismatched(identity, self._plan.identity)
        else:
            self._is_ready = True
            self._tally.engine, self._tally.quiet_since = engine, now
            self._requests.wait_from(now)
        self._changed.notify_all()
