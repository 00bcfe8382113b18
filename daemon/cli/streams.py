"""Standard output for results, standard error for everything else, and whether either is in colour."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from .terminal_text import safe_line, safe_piece

ColorChoice = Literal["auto", "always", "never"]

_BOLD_RED, _YELLOW, _DIM, _RESET = "\x1b[1;31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
_DEFAULT_WIDTH = 100
_JSON_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a command writes.

    Attributes:
        out_color: Whether results are coloured.
        err_color: Whether messages are coloured.
        out_terminal: Whether results go to a terminal.
        err_terminal: Whether messages go to a terminal.
        width: Columns of the terminal.
        quiet: Whether progress and remarks are left out.
    """

    out_color: bool = False
    err_color: bool = False
    out_terminal: bool = False
    err_terminal: bool = False
    width: int = _DEFAULT_WIDTH
    quiet: bool = False

    def result(self, text: str) -> None:
        """Write a line of results."""
        print(text)

    def piece(self, text: str) -> None:
        """Write a part of a text that comes in pieces; what could steer a terminal is left out."""
        print(safe_piece(text) if self.out_terminal else text, end="", flush=True)

    def document(self, value: Mapping[str, object]) -> None:
        """Write one JSON document, indented for a reader at a terminal."""
        print(_json(value, indent=2 if self.out_terminal else None))

    def line(self, value: Mapping[str, object]) -> None:
        """Write one JSON document of several, on a line of its own."""
        print(_json(value, indent=None), flush=True)

    def remark(self, text: str) -> None:
        """Write a line about the work to standard error, unless quiet."""
        if not self.quiet:
            self._message(text, _DIM)

    def warning(self, text: str) -> None:
        """Write a line the reader should not miss to standard error."""
        self._message(f"warning: {text}", _YELLOW)

    def error(self, text: str, hint: str = "") -> None:
        """Write the one line that says why a command failed, and the way out."""
        self._message(f"error: {text}", _BOLD_RED)
        if hint:
            self._message(f"  {hint}", "")

    def _message(self, text: str, style: str) -> None:
        line = safe_line(text)
        print(f"{style}{line}{_RESET}" if style and self.err_color else line, file=sys.stderr, flush=True)


def open_streams(color: ColorChoice, *, quiet: bool = False) -> Streams:
    """Look at the standard streams and the environment.

    Args:
        color: What the command line asks for.
        quiet: Whether remarks are left out.

    Returns:
        How to write.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A path or a snippet may hold what the stream's encoding lacks; that must not end the command.
            reconfigure(errors="backslashreplace")
    return Streams(
        out_color=wants_color(sys.stdout, color, os.environ),
        err_color=wants_color(sys.stderr, color, os.environ),
        out_terminal=_is_terminal(sys.stdout),
        err_terminal=_is_terminal(sys.stderr),
        width=shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns,
        quiet=quiet,
    )


def open_missing_streams() -> None:
    """Open standard streams that the caller has closed, as empty input and output that goes nowhere.

    Files that are opened later would get their numbers otherwise, and a library that writes a message to
    standard error would write it into an index.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken, which is the missing one: those before it are open.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def wants_color(stream: TextIO, choice: ColorChoice, environ: Mapping[str, str]) -> bool:
    """Whether a stream gets colour: the option, then NO_COLOR and FORCE_COLOR, then the terminal decide."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return _is_terminal(stream) and environ.get("TERM") != "dumb"


def _json(value: Mapping[str, object], indent: int | None) -> str:
    # Escapes and bare line separators are spelled out even where the stream could carry them.
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    return _JSON_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
