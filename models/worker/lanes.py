"""The order of work inside a worker: queries ahead of bulk, in portions small enough to change one's mind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..roles import EmbedKind
    from .messages import Lane


@dataclass(slots=True, eq=False)
class Work:
    """A request inside the worker.

    Attributes:
        id: Its number.
        lane: Which queue it stands in.
        kind: What its texts are.
        texts: The texts.
        order: Positions in ``texts`` in the order in which they are embedded: longest first, as texts of one
            length waste no padding.
        taken: How many of them were given out.
        done: How many of them are finished.
        results: The bytes of each text's vector, in the order of ``texts``; empty until it is known.
        dropped: Nobody waits for it any longer.
    """

    id: int
    lane: Lane
    kind: EmbedKind
    texts: Sequence[str]
    order: list[int] = field(init=False)
    taken: int = 0
    done: int = 0
    results: list[bytes] = field(init=False)
    dropped: bool = False

    def __post_init__(self) -> None:
        self.results = [b""] * len(self.texts)
        self.order = sorted(range(len(self.texts)), key=lambda position: -len(self.texts[position]))

    @property
    def left(self) -> int:
        """Texts not given out yet."""
        return len(self.order) - self.taken


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of one request: these positions of its texts."""

    work: Work
    positions: list[int]


def take(queue: deque[Work], most: int, share: int) -> list[Portion]:
    """Take texts of one kind from a queue.

    Args:
        queue: Requests with texts left. One that still has some afterwards goes to the end.
        most: Most texts altogether.
        share: Most texts of one request.

    Returns:
        Portions of the first request and of those behind it that are of the same kind; empty when the queue
        is.
    """
    portions: list[Portion] = []
    others: list[Work] = []
    unfinished: list[Work] = []
    room = most
    kind = queue[0].kind if queue else None
    while queue and room:
        work = queue.popleft()
        if work.kind != kind:
            others.append(work)
            continue
        count = min(room, share, work.left)
        portions.append(Portion(work, work.order[work.taken : work.taken + count]))
        work.taken += count
        room -= count
        if work.left:
            unfinished.append(work)
    queue.extendleft(reversed(others))
    queue.extend(unfinished)
    return portions


class Lanes:
    """The two queues of a worker, for any number of threads on each.

    While there is interactive work, bulk threads get nothing; but not for ever, so that each request goes on.

    Args:
        patience_seconds: How long a bulk thread stands back.
    """

    def __init__(self, patience_seconds: float = 1.0) -> None:
        self._patience = patience_seconds
        self._queues: dict[Lane, deque[Work]] = {"interactive": deque(), "bulk": deque()}
        self._works: dict[int, Work] = {}
        self._changed = threading.Condition()
        self._interactive_turns = 0
        self._closed = False

    def put(self, work: Work) -> None:
        """Queue a request of at least one text."""
        with self._changed:
            self._works[work.id] = work
            self._queues[work.lane].append(work)
            self._changed.notify_all()

    def close(self) -> None:
        """Let the threads go; what is queued is forgotten."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take_interactive(self, most: int) -> list[Portion]:
        """Wait for interactive work; nothing comes once the lanes are closed.

        Args:
            most: Most texts. The requests that wait get equal shares, so that a query which comes while many
                texts are embedded waits for one turn only.
        """
        queue = self._queues["interactive"]
        with self._changed:
            self._changed.wait_for(lambda: queue or self._closed)
            if self._closed:
                return []
            self._interactive_turns += 1
            return take(queue, most, max(1, most // len(queue)))

    def take_bulk(self, most: int) -> list[Portion]:
        """Wait for bulk work and for the interactive lane to be empty; nothing comes once they are closed.

        Args:
            most: Most texts.
        """
        queue = self._queues["bulk"]
        with self._changed:
            while not self._closed:
                self._changed.wait_for(lambda: queue or self._closed)
                self._changed.wait_for(lambda: self._closed or not self._is_interactive(), self._patience)
                # Another bulk thread, or a cancellation, may have emptied the queue meanwhile.
                if queue and not self._closed:
                    return take(queue, most, most)
            return []

    def cancel(self, number: int) -> None:
        """Forget a request, if it is still there."""
        with self._changed:
            if (work := self._works.get(number)) is not None:
                self._drop(work)

    def finished(self, portions: list[Portion]) -> list[Work]:
        """Note that portions were computed.

        Returns:
            The requests that are complete with that and were not dropped.
        """
        with self._changed:
            complete = []
            for portion in portions:
                work = portion.work
                work.done += len(portion.positions)
                if work.done == len(work.order) and not work.dropped:
                    del self._works[work.id]
                    complete.append(work)
            self._turn_ends(portions)
            return complete

    def failed(self, portions: list[Portion]) -> list[Work]:
        """Note that portions could not be computed, and drop their requests.

        Returns:
            The requests that were not dropped before.
        """
        with self._changed:
            affected = [portion.work for portion in portions if not portion.work.dropped]
            for work in affected:
                self._drop(work)
            self._turn_ends(portions)
            return affected

    def _is_interactive(self) -> bool:
        return self._interactive_turns > 0 or bool(self._queues["interactive"])

    def _turn_ends(self, portions: list[Portion]) -> None:
        if portions[0].work.lane == "interactive":
            self._interactive_turns -= 1
            self._changed.notify_all()

    def _drop(self, work: Work) -> None:
        work.dropped = True
        self._works.pop(work.id, None)
        if work.left:
            self._queues[work.lane].remove(work)
