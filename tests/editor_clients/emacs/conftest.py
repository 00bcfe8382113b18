"""Real Emacs with eglot, set up as the documentation says, on a real daemon."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..user import User, living

ROOT = Path(__file__).parents[3]
CLIENT = Path(__file__).parent / "client.el"
DATA = ROOT / "tests" / "data" / "generation"

# Read now: each test starts without the variables of whoever runs it.
_IN_CI = bool(os.environ.get("CI"))

FILES = {
    "src/retry.py": (
        "import time\n\n\n"
        "def call_with_backoff(action, attempts):\n"
        '    """Try an action again, waiting longer after each failure."""\n'
        "    for attempt in range(attempts):\n"
        "        try:\n"
        "            return action()\n"
        "        except OSError:\n"
        "            time.sleep(2**attempt)\n"
        "    raise TimeoutError\n"
    ),
    "src/settings.go": (
        "package settings\n\n"
        "// ParseSettings reads the configuration file.\n"
        "func ParseSettings(path string) error {\n\treturn nil\n}\n"
    ),
    "src/greeting.py": (
        '# naïve 😀 greeting\nGREETING = "😀 grüß dich"\n\n\ndef greet():\n    return GREETING\n'
    ),
    "src/ledger.py": (
        (DATA / "corpus" / "ledger.py")
        .read_text(encoding="utf-8")
        .replace("    share, rest = divmod(cents, people)\n", "")
    ),
}

SETTINGS = f"""
[generation]
model = "{(DATA / "tiny-coder.gguf").as_posix()}"
temperature = 0.0
[completion]
context_ms = 0.0
prompt_tokens = 2048
"""
"""A model that knows a few functions by heart."""


@pytest.fixture
def user(model_cache: Path) -> Iterator[User]:
    """A user with a small repository, whose daemon is stopped at the end."""
    with living(SETTINGS, FILES) as user:
        user.environment["LC_ALL"] = "C.UTF-8"
        (user.base / "data").mkdir()
        (user.base / "data" / "models").symlink_to(model_cache)
        yield user


@pytest.fixture(scope="session")
def emacs() -> str:
    """The program, with eglot."""
    found = shutil.which("emacs")
    test = [str(found), "--batch", "--eval", "(require 'eglot)"]
    if found and subprocess.run(test, capture_output=True, check=False).returncode == 0:
        return found
    reason = "Emacs with eglot is not installed: run tests/editor_clients/emacs/install.sh as root"
    if _IN_CI and sys.platform == "linux":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def session(emacs: str, user: User, tmp_path: Path) -> Callable[[str], Any]:
    """Plays `client.el` after a set-up; gives what each step gave."""

    def play(setup: str) -> Any:
        (tmp_path / "init.el").write_text(f"(require 'eglot)\n{setup}", encoding="utf-8")
        # Debian's site files say where its package of eglot is.
        command = [emacs, "--batch", "--no-init-file", "-l", tmp_path / "init.el", "-l", CLIENT]
        done = subprocess.run(
            [*command, user.workspace],
            env=user.environment,
            cwd=user.base,
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return play
