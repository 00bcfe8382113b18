"""What every test gets: a home of its own, and one real model for the whole run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeassistd.models.roles import Embedder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches the files, settings, indexes or colours of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for variable in list(os.environ):
        if variable.startswith(("CODEASSISTD_", "XDG_")) or variable in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(variable)
    settings = home / "config.toml"
    settings.write_text("")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("CODEASSISTD_CONFIG", str(settings))
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(home / "data"))


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the compiled model is kept for the whole run."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def embedder(model_cache: Path) -> Embedder:
    """The embedded default model, loaded once."""
    from codeassistd.models.selection import EmbedderRequest, load_embedder

    return load_embedder(EmbedderRequest(cache_dir=model_cache)).embedder
