"""What can be wrong with a worker process, as opposed to with what it was asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..errors import CodeassistdError

if TYPE_CHECKING:
    from .breaker import CircuitBreaker

_LOOK = "`codeassistd doctor` checks the model, and the log says more."


class WorkerError(CodeassistdError):
    """A worker could not be started, was lost, or overstepped a limit."""


class WorkerUnavailableError(WorkerError):
    """Nothing is tried for now, because the model failed several times in a row."""


class WorkerClosedError(WorkerError):
    """The worker was closed."""


def lost(model: str, how: str) -> WorkerError:
    """A worker that is gone.

    Args:
        model: The model's name.
        how: What happened, to follow "The process of the model ...".
    """
    return WorkerError(f"The process of the model {model} {how}.", hint=f"Try again; {_LOOK}")


def unavailable(model: str, breaker: CircuitBreaker) -> WorkerUnavailableError:
    """A model that isn't tried for now.

    Args:
        model: Its name.
        breaker: What keeps it from being tried; open.
    """
    return WorkerUnavailableError(
        f"The model {model} failed {breaker.failures} times in a row and is tried again in "
        f"{math.ceil(breaker.retry_in)} s. The last failure: {breaker.last_failure}",
        hint=_LOOK,
    )


def closed(model: str) -> WorkerClosedError:
    """A model whose worker was closed."""
    return WorkerClosedError(f"The model {model} was closed.", hint="Try again.")


def mismatched(found: str, expected: str) -> WorkerError:
    """A worker that loaded another model than the one that was asked for.

    Args:
        found: The identity it names.
        expected: The identity that was asked for.
    """
    return WorkerError(
        f"The worker loaded the model {found}, not {expected}.",
        hint="Restart codeassistd: it may have been upgraded while it ran.",
    )
