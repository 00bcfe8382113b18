"""The extension as it is published."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .installation import EXTENSION, Installation, installation


@pytest.fixture(scope="session")
def installed() -> Installation:
    return installation()


@pytest.fixture(scope="session")
def vsix(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packaged the way a release is."""
    package = tmp_path_factory.mktemp("vsix") / "codeassistd.vsix"
    command = ["npm", "run", "--silent", "package", "--", "--out", str(package)]
    done = subprocess.run(command, cwd=EXTENSION, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return package
