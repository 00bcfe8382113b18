"""What the daemon asks of the machine: power and memory."""

from __future__ import annotations

import psutil


def on_battery() -> bool:
    """Whether it does; false where there is none or the system doesn't tell."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, NotImplementedError):
        return False
    return battery is not None and battery.power_plugged is False


def resident_bytes() -> int:
    """Memory of this process and its children."""
    process = psutil.Process()
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total
