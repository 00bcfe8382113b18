"""What a worker process may take, and what it has done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .process import Dialect

WorkerState = Literal["unloaded", "loading", "loaded", "failed"]

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How long and how large a worker may be before it is ended.

    Attributes:
        start_seconds: Until the model is loaded.
        request_seconds: Longest time in which nothing happens to a request, besides what follows,
        text_seconds: for every text that waits when the request is made, its own included.
        memory_bytes: Resident memory of the process.
        idle_seconds: After this long without a request the process is ended; the next one starts it again.
        stop_seconds: How long a process that is told to end has before it is killed.
        niceness: Added to the scheduling niceness of the process, where the system has that.
    """

    start_seconds: float = 120.0
    request_seconds: float = 60.0
    text_seconds: float = 0.05
    memory_bytes: int = 3 * _GIB
    idle_seconds: float = 300.0
    stop_seconds: float = 1.0
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class WorkerUsage:
    """What is known of a worker at a moment.

    Attributes:
        state: "unloaded" before the first use and after an idle time, "failed" when the last process failed
            and none has been started since.
        engine: How the model runs, in words; empty until it was loaded once.
        uses: Requests made.
        texts: Texts in them.
        waiting: Requests that have no answer yet, the one that is worked on included.
        failures: Processes lost and requests that the model failed.
        problem: The last of these failures, in words; empty when there was none or all went well since.
        idle_seconds: Time since the last request ended; 0 while there is one, and before the first.
        rss_bytes: Resident memory of the process; 0 when there is none.
        pid: The process, if there is one.
        tokens: Tokens read, where they are counted.
        computing_seconds: Time in which something was computed; that of threads side by side adds up.
    """

    state: WorkerState
    engine: str
    uses: int
    texts: int
    waiting: int
    failures: int
    problem: str
    idle_seconds: float
    rss_bytes: int
    pid: int | None
    tokens: int = 0
    computing_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What is started, and as what.

    Attributes:
        model: The model's name, for messages.
        identity: What the worker must say that it has loaded.
        load: The first message: which model, and how.
        dialect: What the worker understands and says.
        command: The program that loads it, and its arguments.
        limits: What it may take.
        on_log: Gets each line that it writes to standard error.
    """

    model: str
    identity: str
    load: object
    dialect: Dialect
    command: Sequence[str]
    limits: WorkerLimits
    on_log: Callable[[str], None]
