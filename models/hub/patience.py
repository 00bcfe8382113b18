"""How often a transfer is tried again, and how long it waits in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import HubError, InterruptedTransferError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a transfer is.

    Attributes:
        attempts: How many failures in a row, none of which brought anything, end it.
        first_wait: Seconds after the first failure; each further one doubles that.
        longest_wait: Most seconds that doubling leads to.
        longest_asked: Most seconds that a hub may ask for; beyond, the user is told instead.
        connect_timeout: Seconds until a connection must stand.
        read_timeout: Seconds of silence after which a connection counts as lost.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 30.0
    longest_asked: float = 300.0
    connect_timeout: float = 15.0
    read_timeout: float = 30.0

    def wait(self, failures: int, asked: float | None, chance: float) -> float:
        """Seconds to wait.

        Args:
            failures: How many in a row, from 1.
            asked: What the hub asks for; None when it doesn't say.
            chance: From 0 to 1: spreads many clients that failed at the same moment.
        """
        if asked is not None:
            return max(asked, 0.0)
        return float(min(self.longest_wait, self.first_wait * 2 ** (failures - 1)) * (0.5 + chance / 2))


class Patience:
    """Counts failures of one transfer and waits between them.

    Args:
        policy: The limits.
        notice: Told what happened and how long the wait is.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        notice: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._notice = notice
        self._sleep = sleep
        self._failures = 0

    def reward(self) -> None:
        """Forget the failures: the transfer has come further than ever before."""
        self._failures = 0

    def endure(self, failure: InterruptedTransferError, what: str) -> None:
        """Wait before another attempt.

        Args:
            failure: What happened.
            what: What was being fetched, in words.

        Raises:
            HubError: It has failed too often, or the hub asks for more time than anybody waits.
        """
        self._failures += 1
        policy = self._policy
        seconds = policy.wait(self._failures, failure.retry_after, random.random())  # noqa: S311 - no secret
        if self._failures >= policy.attempts:
            raise HubError(
                f"gave up on {what} after {policy.attempts} attempts in a row: {failure.reason}",
                "check the network and run the command again; it goes on from what was received",
            )
        if seconds > policy.longest_asked:
            raise HubError(
                f"the hub asks to wait {seconds / 60:,.0f} minutes before {what} is asked for again",
                "run the command again later; it goes on from what was received",
            )
        self._notice(f"{what}: {failure.reason}; trying again in {seconds:.1f} s")
        self._sleep(seconds)


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header asks for: a number or a date; None when it says neither."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - (now or datetime.now(UTC))).total_seconds(), 0.0)
