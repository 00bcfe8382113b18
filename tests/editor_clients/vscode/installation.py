"""What the tests of the extension need, and where it is."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editor-clients" / "vscode"

# Read now: each test starts without the variables of whoever runs it.
_INSTALLED = Path(os.environ.get("VSCODE_TESTS_DIR", ROOT / ".venv" / "vscode"))
_IN_CI = bool(os.environ.get("CI"))


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything is.

    Attributes:
        server: The script that is VS Code's server.
        chromium: The browser.
    """

    server: Path
    chromium: Path


def installation() -> Installation:
    """What there is; skips the test, or fails it in CI, when something isn't installed."""
    if sys.platform != "linux":
        pytest.skip("VS Code's server and Chromium are installed on Linux only")
    found = Installation(
        _INSTALLED / "node_modules" / "code-server" / "lib" / "vscode" / "out" / "server-main.js",
        _INSTALLED / "chromium" / "chromium",
    )
    playwright = _INSTALLED / "playwright"
    needed = (found.server, found.chromium, playwright, EXTENSION / "node_modules")
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        script = "editor-clients/vscode/tests/install.sh"
        reason = f"{missing[0]} is not installed: run {script} (or set VSCODE_TESTS_DIR)"
        if _IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    if str(playwright) not in sys.path:
        sys.path.append(str(playwright))  # last: it brings packages that we have ourselves
    return found
