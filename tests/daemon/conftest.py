from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def user_settings() -> Path:
    """The user's settings file, empty."""
    return Path(os.environ["CODEASSISTD_CONFIG"])


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, which is the current folder."""
    root = (tmp_path / "project").resolve()
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root
