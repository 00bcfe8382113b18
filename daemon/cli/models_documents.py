"""The JSON documents of `codeassistd models`, in the shapes that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...models.hub.inventory import InventoryEntry
    from ...models.hub.store import InstalledModel


def inventory_document(entry: InventoryEntry) -> dict[str, object]:
    """One model of `models list --json`; sizes in bytes, null where unknown."""
    published, installed = entry.published, entry.installed
    manifest = installed.manifest if installed else None
    return {
        "name": entry.name,
        "state": entry.state,
        "usable": entry.is_usable,
        "role": published.role if published else None,
        "format": published.format if published else None,
        "repository": published.repository if published else manifest.repository if manifest else entry.name,
        "revision": manifest.revision if manifest else None,
        "licence": published.licence if published else manifest.licence if manifest else None,
        "languages": published.languages if published else None,
        "quality": published.quality if published else None,
        "summary": published.summary if published else None,
        "download_bytes": published.download_bytes if published else None,
        "memory_bytes": published.memory_bytes if published else None,
        "installed_bytes": manifest.size if manifest else None,
        "unfinished_bytes": entry.unfinished_bytes,
        "folder": str(installed.folder) if installed else None,
    }


def pull_document(model: InstalledModel, *, is_new: bool, is_usable: bool) -> dict[str, object]:
    """What `models pull --json` writes."""
    manifest = model.manifest
    return {
        "name": manifest.name,
        "state": "installed" if is_new else "already-installed",
        "usable": is_usable,
        "repository": manifest.repository,
        "revision": manifest.revision,
        "licence": manifest.licence,
        "folder": str(model.folder),
        "bytes": manifest.size,
        "files": [{"path": file.path, "bytes": file.size, "sha256": file.sha256} for file in manifest.files],
    }
