"""The machine that a benchmark runs on, and the memory that a process on it takes."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

from codeassistd.models.hardware import usable_cores

_PACKAGES = ("codeassistd", "lancedb", "numpy", "openvino", "torch")
_SAMPLE_SECONDS = 0.02
_MEGABYTE = 1_000_000


def describe() -> dict[str, object]:
    """Processor, system, versions, and how busy the machine is, for the record of a measurement."""
    return {
        "cpu": _cpu_name(),
        "cores": usable_cores(),
        "memory_gb": _memory_gb(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def headline() -> str:
    """The same in one line."""
    known = describe()
    packages = known["packages"]
    assert isinstance(packages, dict)
    versions = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
    return (
        f"on {known['cpu']}, {known['cores']} cores, {known['memory_gb']} GB, {known['system']},"
        f" Python {known['python']}, {versions}; load {known['load']}"
    )


class MemoryWatch:
    """Watches the memory of a process and of those it starts. Linux only: elsewhere it sees nothing.

    Attributes:
        peaks: Highest resident size by process id, bytes.
        together: Highest sum over all of them at one time, bytes; pages they share count in each.

    Args:
        pid: The process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peaks: dict[int, int] = {}
        self.together = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """End; returns megabytes: of the process, of its largest child, of all at one time."""
        self._ended.set()
        self._thread.join()
        children = [peak for pid, peak in self.peaks.items() if pid != self.pid]
        return {
            "process_mb": round(self.peaks.get(self.pid, 0) / _MEGABYTE),
            "largest_child_mb": round(max(children, default=0) / _MEGABYTE),
            "children": len(children),
            "together_mb": round(self.together / _MEGABYTE),
        }

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            together = 0
            for pid in _family(self.pid):
                now, peak = _resident(pid)
                together += now
                if peak:
                    # The last value counts: between fork and exec a child shows the figures of its parent.
                    self.peaks[pid] = peak
            self.together = max(self.together, together)


def _family(pid: int) -> list[int]:
    family = [pid]
    with contextlib.suppress(OSError):
        for listing in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for child in listing.read_text().split():
                    family += _family(int(child))
    return family


def _resident(pid: int) -> tuple[int, int]:
    """Resident size of a process now and at its highest, bytes; zeros when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return _kilobytes(fields, "VmRSS"), _kilobytes(fields, "VmHWM")


def _kilobytes(fields: dict[str, str], name: str) -> int:
    return int(fields[name].split()[0]) * 1024 if name in fields else 0


def _cpu_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        with contextlib.suppress(OSError):
            return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def _memory_gb() -> int | None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9)
    return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
