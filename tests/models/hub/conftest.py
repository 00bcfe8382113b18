"""A hub on loopback and a client that doesn't wait long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.models.hub.address import HubAddress
from codeassistd.models.hub.client import HubClient
from codeassistd.models.hub.patience import RetryPolicy
from codeassistd.models.hub.store import ModelStore

from .hub_server import HubServer, safetensors

REPOSITORY = "acme/tiny-embedder"
WEIGHTS = safetensors(1, 300_000)


@pytest.fixture(autouse=True)
def _no_hub_of_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no hub of whoever runs the tests."""
    for variable in list(os.environ):
        if variable.startswith(("HF_", "HUGGING")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A hub with one small model, which also holds files that are never fetched."""
    server = HubServer()
    server.repositories[REPOSITORY] = {
        "README.md": b"# model",
        "config.json": b'{"hidden_size": 8}',
        "1_Pooling/config.json": b'{"pooling_mode_mean_tokens": true}',
        "vocab.txt": b"a\nb\n",
        "model.safetensors": WEIGHTS,
        "pytorch_model.bin": b"pickled",
        "modeling_tiny.py": b"raise SystemExit",
    }
    yield server
    server.close()


@pytest.fixture
def notices() -> list[str]:
    """What the client says about waits."""
    return []


@pytest.fixture
def client(hub: HubServer, notices: list[str]) -> Iterator[HubClient]:
    policy = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.02, read_timeout=0.3)
    with HubClient(HubAddress(hub.endpoint), "0", policy, notices.append) as hub_client:
        yield hub_client


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")
