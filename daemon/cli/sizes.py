"""Sizes in bytes as people read them."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def byte_count(count: float) -> str:
    """A size to three digits in decimal units, as disks and hubs count: "512 bytes", "90.9 MB", "4.68 GB"."""
    value, unit = float(count), 0
    # 999.5 would be shown as 1,000.
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    digits = 0 if unit == 0 or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f} {_UNITS[unit]}"
