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
    _installed(home).parent.mkdir(parents=True, exist_ok=True)
    _installed(home).symlink_to(Path(sys.executable).parent / "codeassistd")


def uninstall_server(home: Path) -> None:
    """Take codeassistd away; what runs goes on running."""
    _installed(home).unlink()


def _installed(home: Path) -> Path:
    return home / ".local" / "bin" / "codeassistd"


@contextmanager
def vscode_user(settings: str = "") -> Iterator[User]:
    """A new user, with a settings file; their daemon is stopped at the end."""
    with living(settings) as user:
        user.environment.update({"PATH": _path_without_us(), "EXTENSIONS_GALLERY": "{}"})
        install_server(user.base)
        yield user


def _path_without_us() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "codeassistd").exists())
