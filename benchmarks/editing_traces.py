"""What an editing session leaves behind: lines in the log, processes, memory."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import psutil
from daemon_load import belongings

from codeassistd.daemon.process.logs import read_logs

if TYPE_CHECKING:
    from editor import User

_SETTLE_SECONDS = 15.0
_EVERY_LINE = 10**9


class Traces:
    """Looks at a user's daemon while no editor is open.

    Attributes:
        samples: What the daemon held, each time.

    Args:
        user: Whose daemon.
        settle: Seconds before each look, for idle threads to end.
    """

    def __init__(self, user: User, settle: float = _SETTLE_SECONDS) -> None:
        self.samples: list[dict[str, float]] = []
        self._user, self._settle = user, settle

    def look(self) -> None:
        """Wait until nobody is connected, and take a sample.

        Raises:
            AssertionError: Sessions outlive their editors.
        """
        deadline = time.monotonic() + 60
        while sessions := self._user.control("status")["sessions"]:
            assert time.monotonic() < deadline, f"{sessions} sessions outlive their editors"
            time.sleep(0.1)
        time.sleep(self._settle)
        self.samples.append(belongings(self._user.process()))

    def complaints(self) -> list[str]:
        """What the daemon's log and its status say is wrong."""
        return [
            f"daemon.log: {line.text()}"
            for line in read_logs(self._user.data, _EVERY_LINE)
            if line.level not in {"DEBUG", "INFO"}
        ]

    def growth(self) -> dict[str, Any]:
        """All samples, and of them the first, the one after a third, the last, and the most.

        Caches and pools of threads fill in the first third, so growth is what comes after it.
        """
        first, warm, last = self.samples[0], self.samples[len(self.samples) // 3], self.samples[-1]
        most = {name: max(sample[name] for sample in self.samples) for name in first}
        return {"samples": self.samples, "first": first, "warm": warm, "last": last, "most": most}

    def stopped(self) -> list[str]:
        """End the daemon; gives the command lines of what is still there."""
        self._user.stop()
        marker = ("CODEASSISTD_DATA_DIR", str(self._user.data))
        left = [process for process in psutil.process_iter() if _has(process, marker)]
        _, left = psutil.wait_procs(left, timeout=10)
        return [f"left behind: {' '.join(process.cmdline())}" for process in left]


def _has(process: psutil.Process, variable: tuple[str, str]) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.pid != psutil.Process().pid and process.environ().get(variable[0]) == variable[1]
    return False
