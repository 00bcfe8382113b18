"""Somebody who uses the extension: codeassistd is where uv and pipx put it, and not on PATH."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..user import User, living


def install_server(home: Path) -> None:
    """Put codeassistd where uv and pipx put it."""
    program = home / ".local" / "bin" / "codeassistd"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(sys.executable).parent / "codeassistd")


@contextmanager
def vscode_user(settings: str = "") -> Iterator[User]:
    """A new user, with a settings file; their daemon is stopped at the end."""
    with living(settings) as user:
        user.environment |= {"PATH": _path_without_us(), "EXTENSIONS_GALLERY": "{}"}
        install_server(user.base)
        yield user


def _path_without_us() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "codeassistd").exists())
