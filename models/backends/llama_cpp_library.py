"""llama.cpp through llama-cpp-python: importing it, and its messages as records of our log."""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import sys
import threading
from collections import deque
from typing import Any

from ..errors import CodeassistdError

_LOG = logging.getLogger(__name__)
_WARNING, _ERROR, _CONTINUED = 3, 4, 5
# Warnings are about the model's file, or an evaluation that was cancelled: true, and nobody can mend them.
_LEVELS = {_WARNING: logging.DEBUG, _ERROR: logging.WARNING}
_INSTALL = 'pip install "codeassistd[llama]"'
SPIN_COUNT = "1000"
"""How often a thread looks for another at a barrier of GNU's OpenMP before it sleeps."""

_lock = threading.Lock()
_loaded: list[Any] = []


class LlamaCppError(CodeassistdError):
    """llama.cpp is missing, or can't do what it is asked for."""


class _Messages:
    """Takes llama.cpp's messages; remembers the last complaints for errors that it gives no reason for."""

    def __init__(self) -> None:
        self.complaints: deque[str] = deque(maxlen=8)
        self._level = 0
        self._line = b""

    def take(self, level: int, text: bytes | None, _data: object) -> None:
        if level == _CONTINUED:
            level = self._level
        self._level = level
        if level not in {_WARNING, _ERROR} or not text:
            return
        *lines, self._line = (self._line + text).split(b"\n")
        for line in lines:
            message = line.decode("utf-8", "replace").strip()
            if level == _ERROR and message:
                self.complaints.append(message)
            if message:
                _LOG.log(_LEVELS[level], "llama.cpp: %s", message)


_messages = _Messages()


def library() -> Any:
    """The module ``llama_cpp``, which says nothing on standard error.

    Raises:
        LlamaCppError: It isn't installed, or doesn't load.
    """
    with _lock:
        if not _loaded:
            _wait_without_spinning()
            try:
                module = importlib.import_module("llama_cpp")
            except ModuleNotFoundError as error:
                raise LlamaCppError(
                    "llama.cpp, which runs the models that write, is not installed.", hint=_INSTALL
                ) from error
            # What a native library that doesn't load raises depends on the system and on the package.
            except (ImportError, OSError, RuntimeError) as error:
                raise LlamaCppError(
                    f"llama.cpp is installed but does not load: {error}.",
                    hint="pip install --force-reinstall --no-cache-dir llama-cpp-python",
                ) from error
            # llama.cpp keeps the address only: the callback has to live as long as the process.
            callback = module.llama_log_callback(_messages.take)
            module.llama_log_set(callback, None)
            module.llama_backend_init()
            _loaded.extend((module, callback))
        return _loaded[0]


def _wait_without_spinning() -> None:
    """Let threads that wait for one another sleep soon, instead of keeping a core busy.

    GNU's OpenMP spins for milliseconds at each of the hundreds of barriers of a token, in the belief that the
    machine is its own. Beside other work, such as indexing, that makes writing ten times slower.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def flag_callback(module: Any) -> Any:
    """A callback that says whether a text at the address that it gets has characters: strlen of C's library.

    llama.cpp asks it hundreds of times for a token: a function in Python, which needs the interpreter's lock,
    would keep its threads waiting.
    """
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    return module.ggml_abort_callback(ctypes.cast(library.strlen, ctypes.c_void_p).value)


def forget_complaints() -> None:
    """Begin anew with what `complaints` gives."""
    _messages.complaints.clear()


def complaints() -> str:
    """The last errors that llama.cpp spoke of, oldest first, in one line."""
    return "; ".join(dict.fromkeys(_messages.complaints))
