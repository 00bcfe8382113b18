"""Requests that a worker still owes an answer to, whether that comes in one message or in several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from .frames import FrameError

if TYPE_CHECKING:
    from ..errors import CodeassistdError
    from .messages import Failure

T = TypeVar("T")

_MOST_ATTEMPTS = 2


class Request(Protocol):
    """A message that is answered by messages with its number."""

    @property
    def id(self) -> int:
        """Its number."""


@dataclass(slots=True, eq=False)
class Exchange(Generic[T]):
    """A request from when it is made to when its last answer has come.

    Attributes:
        message: What the worker is told.
        patience_seconds: Longest time without anything happening to it.
        last_sign: When something happened to it last.
        is_worked_on: Whether the worker has begun with it.
        attempts: Workers that were lost while it was worked on.
        answer: What the one who asked waits for.
    """

    message: Request
    patience_seconds: float
    last_sign: float
    is_worked_on: bool = False
    attempts: int = 0
    answer: Future[T] = field(default_factory=Future)

    @property
    def texts(self) -> int:
        """How many texts it is about."""
        return 1

    @property
    def may_be_repeated(self) -> bool:
        """Whether another worker could begin anew with it, unnoticed by whoever waits."""
        return True

    def counts(self, failure: Failure) -> bool:
        """Whether its failure says something about the model, as opposed to what was asked of it."""
        return failure.is_unexpected

    def take(self, message: object) -> Callable[[], None] | None:
        """Take an answer. Called with the supervisor's lock held, so it must be quick.

        Args:
            message: What the worker says, with the number of this request.

        Returns:
            What tells whoever waits, if this was the last answer; None when more must come.

        Raises:
            FrameError: It is no answer to this.
        """
        raise FrameError(f"{type(message).__name__} answers no {type(self.message).__name__}")

    def fulfil(self, value: T) -> None:
        """Give the answer to whoever waits, unless they gave up."""
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_result(value)

    def fail(self, error: CodeassistdError) -> None:
        """Raise an error where the answer is waited for, unless they gave up.

        Args:
            error: Copied, as each waiting thread adds its own traceback.
        """
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(type(error)(error.message, error.hint))


E = TypeVar("E", bound=Exchange[Any])
S = TypeVar("S", bound=Exchange[Any])


class Exchanges(Generic[E]):
    """Keeps them in the order in which they were made. Not thread-safe.

    Args:
        is_serial: Whether the worker answers one after the other, so that each sign it gives is one for all.
    """

    def __init__(self, *, is_serial: bool = False) -> None:
        self._is_serial = is_serial
        self._numbers = itertools.count(1)
        self._exchanges: dict[int, E] = {}

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[E]:
        return iter(self._exchanges.values())

    def next_number(self) -> int:
        """A number that no other request has."""
        return next(self._numbers)

    def keep(self, exchange: E) -> None:
        """Wait for the answers to a request."""
        self._exchanges[exchange.message.id] = exchange

    def get(self, number: int) -> E | None:
        """The request of that number, unless it was answered or given up."""
        return self._exchanges.get(number)

    def remove(self, exchange: Exchange[Any]) -> bool:
        """Forget a request; False if it was forgotten before."""
        return self._exchanges.pop(exchange.message.id, None) is not None

    def worked_on(self, numbers: Sequence[int], now: float) -> None:
        """Note that a worker has begun with a part of these, or goes on with it."""
        if self._is_serial:
            self.wait_from(now)
        for number in numbers:
            if (exchange := self._exchanges.get(number)) is not None:
                exchange.is_worked_on = True
                exchange.last_sign = now

    def wait_from(self, now: float) -> None:
        """Count the time without a sign from now on."""
        for exchange in self._exchanges.values():
            exchange.last_sign = now

    def is_overdue(self, now: float) -> bool:
        """Whether something should have happened to one of them."""
        return any(now - each.last_sign > each.patience_seconds for each in self._exchanges.values())

    def lose_worker(self, *, was_ready: bool) -> list[E]:
        """Note that the worker was lost, whatever it was doing.

        Args:
            was_ready: Whether it had loaded the model. If not, it was lost to all requests alike; else to
                those that it worked on, and the others have lost nothing.

        Returns:
            The requests that were lost twice, or can't be begun anew, which are forgotten here; the others
            wait for the next worker.
        """
        given_up = []
        for exchange in list(self._exchanges.values()):
            exchange.attempts += exchange.is_worked_on or not was_ready
            exchange.is_worked_on = False
            if exchange.attempts >= _MOST_ATTEMPTS or not exchange.may_be_repeated:
                self.remove(exchange)
                given_up.append(exchange)
        return given_up

    def clear(self) -> list[E]:
        """Forget all requests and return them."""
        forgotten = list(self._exchanges.values())
        self._exchanges.clear()
        return forgotten
