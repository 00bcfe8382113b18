"""What the updates of an index are made of, and who is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ...indexer.pipeline.report import Progress
    from ...models.errors import CodeassistdError
    from .work import Work


class Follower(Protocol):
    """Who is told what updates do, in their thread; must not block."""

    def progress(self, progress: Progress | None) -> None:
        """Where an update is; None when there is no more to do."""

    def committed(self, revision: int) -> None:
        """There is a new revision."""

    def failed(self, error: CodeassistdError) -> None:
        """An update failed; it is tried again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One update.

    Attributes:
        number: Counted from 1.
        work: The work taken up.
        ticket: The last request that it answers.
        began: Monotonic time.
    """

    number: int
    work: Work
    ticket: int
    began: float
