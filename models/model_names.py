"""What a name of the settings stands for: a model of the catalog, one that was pulled, or a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import catalog
from .errors import CodeassistdError, UsageError

if TYPE_CHECKING:
    from .catalog import CatalogEntry
    from .hub.manifest import Manifest

_LIST = "`codeassistd models list` shows the names; the absolute path of a model's folder will do, too"


@dataclass(frozen=True, slots=True)
class FolderModel:
    """A model outside the catalog: its name, its folder, and its record if it was pulled."""

    name: str
    folder: Path
    manifest: Manifest | None


def resolve(name: str, store: Path | None) -> CatalogEntry | FolderModel:
    """What a name of the settings stands for.

    Args:
        name: A name of the catalog, the name of a pulled model, or the absolute path of a folder.
        store: The folder of pulled models; None for none.

    Raises:
        UsageError: There is no such model; the hint offers the names that come close.
        CodeassistdError: It could be pulled, but isn't here.
    """
    if name.startswith("~") or Path(name).is_absolute():
        return _in_folder(Path(name).expanduser())
    known = {entry.name.lower(): entry for entry in catalog.entries()}
    if name.strip().lower() in known:
        return known[name.strip().lower()]
    return _pulled(name.strip(), store)


def _in_folder(folder: Path) -> FolderModel:
    from .hub.manifest import ManifestError, read_manifest  # noqa: PLC0415 - the default model has none

    folder = Path(os.path.normpath(folder))
    try:
        manifest = read_manifest(folder)
    except ManifestError:
        return FolderModel(folder.name, folder, None)
    return FolderModel(manifest.name, folder, manifest)


def _pulled(name: str, store: Path | None) -> CatalogEntry | FolderModel:
    # What follows reads the disk, and is imported for models that need it.
    from .hub.published import find_published, published_models, unknown_model  # noqa: PLC0415
    from .hub.store import ModelStore  # noqa: PLC0415

    installed = [] if store is None else ModelStore(store).installed()
    published = find_published(name)
    if published is not None and published.role != "embedding":
        raise UsageError(f"{published.name} is a model for {published.role}, not for embedding.", hint=_LIST)
    wanted = {name.lower(), published.name.lower() if published else name.lower()}
    for model in installed:
        if model.manifest.name.lower() in wanted:
            return FolderModel(model.manifest.name, model.folder, model.manifest)
    built_in = {entry.name: entry for entry in catalog.entries()}
    if published is not None and published.name in built_in:
        return built_in[published.name]
    if published is not None:
        raise CodeassistdError(
            f"The model {published.name} is not installed.", hint=f"codeassistd models pull {published.name}"
        )
    names = {*built_in} | {model.manifest.name for model in installed}
    names |= {model.name for model in published_models() if model.role == "embedding"}
    raise unknown_model(name, sorted(names), _LIST)


def reranker_folder(name: str, store: Path) -> Path:
    """Where the reranker is that a name of the settings stands for; nothing is opened to tell.

    Args:
        name: The absolute path of a folder, or the name of a model that was, or could be, pulled.
        store: The folder of pulled models.
    """
    from .hub.published import find_published  # noqa: PLC0415 - the embedded one has no folder
    from .hub.store import ModelStore  # noqa: PLC0415

    if name.startswith("~") or Path(name).is_absolute():
        return Path(name).expanduser()
    published = find_published(name)
    return ModelStore(store).folder_of(published.name if published else name.strip())
