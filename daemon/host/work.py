"""What a workspace still has to do to its index. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """Changes that the index doesn't have yet.

    Attributes:
        paths: Files and folders that have changed, relative to the workspace.
        everything: Whether every file is to be looked at.
        full: Whether every file is to be read again.
    """

    paths: frozenset[str] = frozenset()
    everything: bool = False
    full: bool = False

    def __bool__(self) -> bool:
        return bool(self.paths) or self.everything or self.full

    def __or__(self, other: Work) -> Work:
        everything = self.everything or other.everything
        paths = frozenset() if everything else self.paths | other.paths
        return Work(paths, everything, self.full or other.full)

    @property
    def scope(self) -> tuple[str, ...] | None:
        """The paths to look at, in order; None for all."""
        return None if self.everything or self.full else tuple(sorted(self.paths))


NOTHING = Work()
EVERYTHING = Work(everything=True)


def retry_delay(failures: int) -> float:
    """Seconds to wait before the next try: 1, 2, 4, … at most a minute.

    Args:
        failures: Failures in a row, at least 1.
    """
    return float(min(60, 2 ** min(failures - 1, 6)))
