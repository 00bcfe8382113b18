"""Whether the machine runs on its battery."""

from __future__ import annotations

import psutil


def on_battery() -> bool:
    """Whether it does; false where there is none or the system doesn't tell."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, NotImplementedError):
        return False
    return battery is not None and battery.power_plugged is False
