from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches the settings, indexes or colours of whoever runs it."""
    base = tmp_path_factory.mktemp("environment")
    for variable in list(os.environ):
        if variable.startswith("CODEASSISTD_") or variable in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(variable)
    settings = base / "config.toml"
    settings.write_text("")
    monkeypatch.setenv("CODEASSISTD_CONFIG", str(settings))
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(base / "data"))


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
