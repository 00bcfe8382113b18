"""What the machine can compute with, found out without loading any engine."""

from __future__ import annotations

import ctypes.util
import importlib.util
import math
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Hardware:
    """What matters for the choice of an engine.

    Attributes:
        machine: Processor architecture in lower case, for instance "x86_64", "arm64".
        cores: Cores this process may use, by affinity and container limits.
        int8_dot_product: Whether the processor is known to multiply 8-bit numbers several times faster than
            floats (VNNI).
        cuda: Whether an NVIDIA device is present and the installed torch was built for it.
        apple_silicon: Whether this is macOS on an Apple processor.
        openvino: Whether OpenVINO is installed.
        torch: Whether torch is installed.
        mlx: Whether Apple's MLX is installed.
        free_memory_bytes: Memory that can be had without swapping.
    """

    machine: str
    cores: int
    int8_dot_product: bool
    cuda: bool
    apple_silicon: bool
    openvino: bool
    torch: bool
    mlx: bool = False
    free_memory_bytes: int = sys.maxsize


def probe() -> Hardware:
    """Look at this machine; takes milliseconds and imports nothing heavy."""
    import psutil  # noqa: PLC0415 - whoever doesn't look does without

    machine = platform.machine().lower()
    return Hardware(
        machine=machine,
        cores=usable_cores(),
        int8_dot_product=has_vnni(),
        cuda=_nvidia_device_present() and torch_built_for_cuda(),
        apple_silicon=platform.system() == "Darwin" and machine == "arm64",
        openvino=_installed("openvino"),
        torch=_installed("torch"),
        mlx=_installed("mlx"),
        free_memory_bytes=psutil.virtual_memory().available,
    )


def usable_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that this process may keep busy.

    Args:
        cgroup: Where the control group of this process is mounted, on Linux.

    Returns:
        At least 1: the affinity of the process, or the container's quota where that is less.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return max(1, min(affinity, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup v2 here, or no quota ("max")
        return affinity


def has_vnni(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether an x86 processor has 8-bit dot products.

    Args:
        cpuinfo: The kernel's description of the processors; elsewhere than on Linux there is none, and the
            answer is False.
    """
    try:
        flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        return False
    return flags is not None and not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags[1].split())


def torch_built_for_cuda(folder: Path | None = None) -> bool:
    """Whether the installed torch can use NVIDIA devices, found out without importing it.

    Args:
        folder: Where torch is installed; by default where Python would import it from.

    Returns:
        What torch's own ``version.py`` says; False when there is none.
    """
    if folder is None:
        spec = importlib.util.find_spec("torch")
        if spec is None or not spec.submodule_search_locations:
            return False
        folder = Path(spec.submodule_search_locations[0])
    try:
        version = (folder / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda\b[^=]*=\s*['\"]\d", version, re.MULTILINE) is not None


def _nvidia_device_present() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in {"", "-1"}:
        return False
    if platform.system() == "Linux":
        return any(Path("/proc/driver/nvidia/gpus").glob("*")) or Path("/dev/nvidia0").exists()
    return platform.system() == "Windows" and ctypes.util.find_library("nvcuda") is not None


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:
        return False


def physical_cores() -> int:
    """Cores that this process may keep busy with arithmetic: two threads on one core share its units."""
    import psutil  # noqa: PLC0415

    return max(1, min(usable_cores(), psutil.cpu_count(logical=False) or usable_cores()))


def available_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that can be taken without the machine, or the container, running out of memory.

    Args:
        cgroup: Where the control group of this process is mounted, on Linux.
    """
    import psutil  # noqa: PLC0415

    available = int(psutil.virtual_memory().available)
    try:
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
        statistics = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        # Cached files count as used, and make room when memory is asked for.
        return max(0, min(available, limit - used + int(statistics.get("inactive_file", 0))))
    except (OSError, ValueError):  # no cgroup v2 here, or no limit ("max")
        return available
