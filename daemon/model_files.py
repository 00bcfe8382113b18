"""The models on this disk, and the hub that others are pulled from; each library imported when needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..models.hub.client import HubClient
    from ..models.hub.inventory import InventoryEntry
    from ..models.hub.store import ModelStore
    from .settings import Settings

MODELS_FOLDER = "models"
"""In the data directory."""


def model_store(data_dir: Path) -> ModelStore:
    """The models that were pulled."""
    from ..models.hub.store import ModelStore

    return ModelStore(data_dir / MODELS_FOLDER)


def model_inventory(data_dir: Path) -> list[InventoryEntry]:
    """Every model that is known or was pulled; the network is not asked."""
    from ..models import hardware
    from ..models.embedding_model import loadable_names
    from ..models.engine_choice import installed_engines
    from ..models.hub.inventory import take_inventory
    from ..models.hub.published import published_models

    store = model_store(data_dir)
    installed = store.installed()
    loadable = loadable_names(published_models(), installed, installed_engines(hardware.probe()))
    return take_inventory(published_models(), installed, store.unfinished(), loadable)


def hub_client(settings: Settings, notice: Callable[[str], None]) -> HubClient:
    """The hub that the settings and the environment name.

    Raises:
        CodeassistdError: The network may not be used, or the hub's URL or the proxy's is wrong.
    """
    from .. import __version__
    from ..models.errors import CodeassistdError
    from ..models.hub.address import hub_address, offline_reason
    from ..models.hub.client import HubClient

    reason = offline_reason(settings.hub.offline, os.environ)
    if reason:
        raise CodeassistdError(f"models can't be pulled: {reason}", "turn that off in order to pull")
    return HubClient(hub_address(settings.hub.endpoint, os.environ), __version__, notice=notice)


def altered_built_in_files() -> str:
    """What is wrong with the model that comes with codeassistd, all of which is read; "" for nothing."""
    from ..models import catalog, weights
    from ..models.weights_files import WeightsError

    entry = catalog.find(catalog.DEFAULT_MODEL)
    try:
        weights.verify(weights.locate(entry), entry)
    except WeightsError as error:
        return f"{error.message} ({error.hint})"
    return ""
