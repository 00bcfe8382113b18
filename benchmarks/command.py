"""Runs the real `codeassistd` command with data and settings of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended well.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: Processor time of it and of the processes it waited for; 0 where that is not known.
        stdout: What it answered.
        stderr: What it said.
        memory: What `machine.MemoryWatch` saw of it; empty when that was not asked for.
    """

    seconds: float
    cpu_seconds: float
    stdout: str
    stderr: str
    memory: Mapping[str, float]

    @property
    def document(self) -> dict[str, Any]:
        """Its answer as the JSON document that it is."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document


@dataclass(frozen=True, slots=True)
class Command:
    """`codeassistd` as one user has it.

    Attributes:
        home: Folder of the data directory and the settings file; made when missing.
    """

    home: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def environment(self) -> dict[str, str]:
        """The environment of this user: nothing of whoever runs the benchmark."""
        self.home.mkdir(parents=True, exist_ok=True)
        settings = self.home / "config.toml"
        settings.touch()
        # Without the last one, Python would compile our modules anew each time, unlike those of a user.
        theirs = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CODEASSISTD_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        return {**theirs, "CODEASSISTD_DATA_DIR": str(self.data), "CODEASSISTD_CONFIG": str(settings)}

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        watch_memory: bool = False,
        extra_environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run the command to its end.

        Args:
            arguments: What follows `codeassistd`.
            cwd: The current folder.
            watch_memory: Whether to watch the memory of the process.
            extra_environment: Variables to add.

        Raises:
            AssertionError: It failed.
        """
        began, cpu_began = time.perf_counter(), _cpu_seconds_of_children()
        process = subprocess.Popen(
            [*program(), *arguments],
            env={**self.environment(), **(extra_environment or {})},
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        watch = machine.MemoryWatch(process.pid) if watch_memory else None
        stdout, stderr = process.communicate()
        seconds = time.perf_counter() - began
        cpu_seconds = _cpu_seconds_of_children() - cpu_began
        memory = watch.stop() if watch else {}
        if process.returncode != 0:
            raise AssertionError(f"codeassistd {' '.join(arguments)} failed:\n{stderr}")
        return Finished(seconds, cpu_seconds, stdout, stderr, memory)

    def index(self, root: Path, **how: Any) -> Finished:
        """Bring the index of a workspace up to date; the answer is the report."""
        return self.run("index", str(root), "--json", "--quiet", **how)

    def search(self, root: Path, query: str, *options: str) -> Finished:
        """Search a workspace; the answer is the search document."""
        return self.run("search", query, "--workspace", str(root), "--json", "--quiet", *options)


def program() -> list[str]:
    """How the command is started: the installed script, as a user starts it."""
    script = Path(sys.executable).with_name("codeassistd.exe" if os.name == "nt" else "codeassistd")
    if script.exists():
        return [str(script)]
    return [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()"]


def _cpu_seconds_of_children() -> float:
    """Processor time of all children that have ended (POSIX)."""
    times = os.times()
    return times.children_user + times.children_system
