"""A user's machine: where commands, editors and a daemon run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import psutil
from language_client import Editor, until

from codeassistd.daemon.process.connecting import attach
from codeassistd.daemon.process.record import read_record
from codeassistd.daemon.process.rendezvous import Rendezvous, find_rendezvous

PROGRAM = [sys.executable, "-P", "-c", "from codeassistd.daemon.cli.main import main; main()"]

Transport = Literal["socket", "forwarder", "standalone"]


@dataclass(frozen=True)
class Home:
    """A user's machine: one data directory, and at most one daemon."""

    folder: Path
    environment: dict[str, str]
    editors: list[Editor] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        return Path(self.environment["CODEASSISTD_DATA_DIR"])

    @property
    def place(self) -> Rendezvous:
        return find_rendezvous(self.data_dir, self.environment)

    @property
    def pid(self) -> int:
        """The daemon's process, once there is one."""
        record = until(lambda: read_record(self.place), "a daemon")
        return cast("int", record.pid)

    def run(self, *arguments: str | Path, status: int = 0) -> str:
        """What a command writes to standard output."""
        done = self._run(*arguments)
        assert done.returncode == status, done.stderr
        return done.stdout

    def error(self, *arguments: str | Path, status: int = 1) -> str:
        """What a command that fails writes to standard error."""
        done = self._run(*arguments)
        assert done.returncode == status, done.stderr
        return done.stderr

    def remarks(self, *arguments: str | Path) -> str:
        """What a command that goes well writes to standard error."""
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def _run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def connect(self, transport: Transport = "socket") -> Editor:
        editor = self._to_socket() if transport == "socket" else self._to_process(transport)
        self.editors.append(editor)
        return editor

    def _to_socket(self) -> Editor:
        if not self.place.socket.exists():
            self.run("start")
        connection = attach(self.place, "lsp").socket

        def close() -> None:
            with contextlib.suppress(OSError):
                connection.shutdown(2)
            connection.close()

        return Editor(connection.makefile("rb"), connection.makefile("wb"), close)

    def _to_process(self, transport: Transport) -> Editor:
        options = ["--standalone"] if transport == "standalone" else []
        process = subprocess.Popen(
            [*PROGRAM, "lsp", *options],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin
        assert process.stdout
        return Editor(process.stdout, process.stdin, process.stdin.close, process)

    def leave(self) -> None:
        """Everybody goes, and the daemon too."""
        for editor in self.editors:
            editor.leave()
        record = read_record(self.place)
        family = [] if record is None else _family(record.pid)
        self.run("stop")
        until(lambda: not any(map(is_at_work, family)), "the end of the daemon and its workers")


def is_at_work(process: psutil.Process) -> bool:
    """Whether it runs: one that has ended stays in the list until its parent takes note."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@contextlib.contextmanager
def living(folder: Path, model_cache: Path) -> Iterator[Home]:
    """A home in a folder; the runtime directory is elsewhere, for a socket's path must be short."""
    data, runtime = folder / "data", Path(tempfile.mkdtemp(prefix="ca-"))
    data.mkdir(parents=True)
    (data / "models").symlink_to(model_cache)
    settings = folder / "config.toml"
    settings.write_text("")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CODEASSISTD_", "XDG_"))
    }
    own = {
        "HOME": folder,
        "USERPROFILE": folder,
        "GIT_CONFIG_NOSYSTEM": "1",
        "CODEASSISTD_CONFIG": settings,
        "CODEASSISTD_DATA_DIR": data,
        "CODEASSISTD_RUNTIME_DIR": runtime,
    }
    home = Home(folder, kept | {name: str(value) for name, value in own.items()})
    try:
        yield home
    finally:
        home.leave()
        shutil.rmtree(runtime)
