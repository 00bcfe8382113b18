"""Where the daemon of a user and a data directory is met: a folder of the user's own, and names in it."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Mapping

Transport = Literal["unix", "tcp"]

LONGEST_SOCKET_PATH = 103
"""Bytes of the path of a Unix socket, without the closing zero; macOS allows the fewest."""

_TRANSPORT: Transport = "tcp" if sys.platform == "win32" else "unix"
_LONGEST_NAME = len("0123456789ab.sock.1234567")


@dataclass(frozen=True, slots=True)
class Rendezvous:
    """Where one daemon is met.

    Attributes:
        folder: A folder that nobody but the user may enter.
        name: Different for every user and data directory.
        transport: "unix" for a Unix socket, "tcp" for the loopback interface and a secret.
    """

    folder: Path
    name: str
    transport: Transport = _TRANSPORT

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.folder / f"{self.name}.sock"

    @property
    def start_lock(self) -> Path:
        """Held by the client that starts the daemon, until the daemon answers."""
        return self.folder / f"{self.name}.start.lock"

    @property
    def life_lock(self) -> Path:
        """Held by the daemon for as long as it lives."""
        return self.folder / f"{self.name}.life.lock"

    @property
    def record(self) -> Path:
        """What the daemon says of itself; a daemon that ends in good order takes it away."""
        return self.folder / f"{self.name}.json"

    @property
    def output(self) -> Path:
        """What the daemon wrote to its standard error, which says why it didn't start."""
        return self.folder / f"{self.name}.err"


def find_rendezvous(
    data_dir: Path, environ: Mapping[str, str] | None = None, transport: Transport = _TRANSPORT
) -> Rendezvous:
    """Where the daemon of a data directory is met; touches nothing.

    Args:
        data_dir: Where indexes are kept.
        environ: Variables of the environment; the process's own when None.
        transport: How to speak to it; the platform's way by default.

    Raises:
        CodeassistdError: Every folder's path is too long for a socket.
    """
    key = f"{_user()}\0{os.path.realpath(data_dir)}"
    name = hashlib.sha256(os.fsencode(key)).hexdigest()[:12]
    chosen = _chosen_folder(os.environ if environ is None else environ)
    if transport == "tcp":
        return Rendezvous(chosen, name, transport)
    if _fits(chosen):
        return Rendezvous(chosen, name, transport)
    # A path too long for a socket gets a short stand-in, the same for everybody who asks for that path.
    stand_in = f"codeassistd-{_user()}-{hashlib.sha256(os.fsencode(chosen)).hexdigest()[:8]}"
    for parent in (_temporary_folder(), Path("/tmp")):  # noqa: S108 - checked before it is used
        if _fits(parent / stand_in):
            return Rendezvous(parent / stand_in, name, transport)
    raise CodeassistdError(
        f"the path {chosen} is too long for a socket", "set CODEASSISTD_RUNTIME_DIR to a shorter path"
    )


def make_folder(folder: Path) -> None:
    """Make the folder, and make sure that it is the user's alone.

    Raises:
        CodeassistdError: It can't be made, or others may enter it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CodeassistdError(
            f"cannot make the folder {folder}: {error.strerror}",
            "set CODEASSISTD_RUNTIME_DIR to a folder that you may write",
        ) from error
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Make sure that a folder is the user's alone: whoever may write there could pose as the daemon.

    Raises:
        CodeassistdError: It isn't.
        FileNotFoundError: There is no such folder.
    """
    if sys.platform == "win32":
        return  # folders of a profile are the user's alone there
    status = folder.lstat()
    hint = "remove it, or set CODEASSISTD_RUNTIME_DIR to a folder of your own"
    if not stat.S_ISDIR(status.st_mode):
        raise CodeassistdError(f"{folder} is not a folder", hint)
    if status.st_uid != os.geteuid():
        raise CodeassistdError(f"the folder {folder} belongs to another user", hint)
    if status.st_mode & 0o077:
        raise CodeassistdError(
            f"other users may enter the folder {folder}",
            f"run `chmod 700 {folder}`, or set CODEASSISTD_RUNTIME_DIR to a folder of your own",
        )


def _chosen_folder(environ: Mapping[str, str]) -> Path:
    if chosen := environ.get("CODEASSISTD_RUNTIME_DIR"):
        return Path(chosen).expanduser().absolute()
    session = environ.get("XDG_RUNTIME_DIR")
    if session and Path(session).is_absolute():
        return Path(session, "codeassistd")
    if sys.platform == "linux":
        # The same folder for a login over the network or cron, where the variable is often missing.
        session = f"/run/user/{os.getuid()}"
        if os.access(session, os.W_OK):
            return Path(session, "codeassistd")
        return _temporary_folder() / f"codeassistd-{os.getuid()}"
    import platformdirs

    return platformdirs.user_runtime_path("codeassistd", appauthor=False)


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) + 1 + _LONGEST_NAME <= LONGEST_SOCKET_PATH


def _temporary_folder() -> Path:
    import tempfile

    return Path(tempfile.gettempdir())


def _user() -> str:
    if sys.platform == "win32":
        import getpass

        return getpass.getuser()
    return str(os.getuid())
