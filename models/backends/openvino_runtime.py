"""The OpenVINO runtime without its conversion tools and their telemetry."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

_TOOLS = "openvino.tools"
_lock = threading.Lock()


def runtime() -> Any:
    """Import ``openvino`` alone.

    ``openvino/__init__.py`` ends by importing the model converter ``openvino.tools.ovc``, which imports
    ``openvino_telemetry``; it goes on when that import fails. We need neither, so for the time of the import
    the converter is marked as absent. That also makes the import several times quicker.

    Returns:
        The module ``openvino``.

    Raises:
        ImportError: OpenVINO is not installed, or does not load on this machine.
    """
    with _lock:
        if "openvino" in sys.modules or _TOOLS in sys.modules:
            return importlib.import_module("openvino")
        modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
        modules[_TOOLS] = None
        try:
            return importlib.import_module("openvino")
        finally:
            del modules[_TOOLS]
