"""Somebody who uses an editor: a home, a small workspace, and a daemon that is nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = {
    "src/retry.py": (
        "import time\n\n\n"
        "def call_with_backoff(action, attempts):\n"
        '    """Try an action again, waiting exponentially longer after each failure."""\n'
        "    for attempt in range(attempts):\n"
        "        try:\n"
        "            return action()\n"
        "        except OSError:\n"
        "            time.sleep(2**attempt)\n"
        "    raise TimeoutError\n\n\n"
        "def repeat_until_done(step, limit):\n"
        '    """Run a step again and again, sleeping longer after each failure."""\n'
        "    for number in range(limit):\n"
        "        try:\n"
        "            return step()\n"
        "        except OSError:\n"
        "            time.sleep(3**number)\n"
        "    raise TimeoutError\n"
    ),
    "src/settings.go": (
        "package settings\n\n"
        "// ParseSettings reads the configuration file.\n"
        "func ParseSettings(path string) error {\n\treturn nil\n}\n"
    ),
    "docs/guide.md": "# Guide\n\nHow to parse settings from a configuration file.\n",
    "src/greeting.py": (
        '# naïve 😀 greeting\nGREETING = "😀 grüß dich"\n\n\ndef greet():\n    return GREETING\n'
    ),
}


def make_workspace(root: Path, files: dict[str, str]) -> Path:
    """Write files, and make the folder look like a repository."""
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a home, a daemon and a workspace of their own."""

    base: Path
    workspace: Path
    environment: dict[str, str]

    def codeassistd(self, *arguments: str) -> str:
        """Run a command of ours as them."""
        command = [str(Path(sys.executable).parent / "codeassistd"), *arguments]
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.workspace,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout

    def status(self, *options: str) -> Any:
        """How their daemon stands."""
        return json.loads(self.codeassistd("status", "--json", *options))


def _environment_in(base: Path) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CODEASSISTD_", "XDG_", "VSCODE_"))
    }
    return {
        **kept,
        "HOME": str(base),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CODEASSISTD_CONFIG": str(base / "config.toml"),
        "CODEASSISTD_DATA_DIR": str(base / "data"),
        "CODEASSISTD_RUNTIME_DIR": str(base / "run"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


@contextmanager
def living(settings: str = "", files: dict[str, str] = FILES) -> Iterator[User]:
    """A new user, with a settings file; their daemon is stopped at the end."""
    base = Path(tempfile.mkdtemp(prefix="ca-")).resolve()  # a socket's path has to be short
    user = User(base, make_workspace(base / "workspace", files), _environment_in(base))
    (base / "config.toml").write_text(settings, encoding="utf-8")
    try:
        yield user
    finally:
        user.codeassistd("stop")
        shutil.rmtree(base, ignore_errors=True)
