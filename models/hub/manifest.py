"""The record of an installed model: what it is, where it came from, and the checksum of every file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CodeassistdError
from .listing import MANIFEST_NAME

_FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ManifestError(CodeassistdError):
    """The record of an installed model is missing or damaged, so that it must not be loaded."""


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file of a model: its path with slashes, its bytes, its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is and consists of.

    Attributes:
        name: What the user calls it: a name of the catalog, or "owner/repository".
        repository: "owner/name" on the hub.
        revision: The commit.
        licence: As the hub declared it; "" when it declared none.
        hub: The hub's host.
        files: Every file, by path.
    """

    name: str
    repository: str
    revision: str
    licence: str
    hub: str
    files: tuple[InstalledFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the record into the model's folder.

    Raises:
        OSError: It can't be written.
    """
    document = {
        "format": _FORMAT,
        "name": manifest.name,
        "repository": manifest.repository,
        "revision": manifest.revision,
        "licence": manifest.licence,
        "hub": manifest.hub,
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in manifest.files],
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the record of a model's folder.

    Raises:
        ManifestError: There is none, or it is damaged.
    """
    path = folder / MANIFEST_NAME
    try:
        return _manifest(json.loads(path.read_bytes()))
    except OSError as error:
        raise ManifestError(f"{path} can't be read: {error.strerror}", "pull the model again") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"{path} is damaged", "pull the model again with --force") from error


def _manifest(document: Any) -> Manifest:
    if document["format"] != _FORMAT:
        raise ValueError("an unknown format")
    files = tuple(
        InstalledFile(_path(file["path"]), _size(file["size"]), _digest(file["sha256"]))
        for file in document["files"]
    )
    texts = [document[key] for key in ("name", "repository", "revision", "licence", "hub")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
    name, repository, revision, licence, hub = texts
    return Manifest(name, repository, revision, licence, hub, files)


def _path(value: str) -> str:
    if not value or value.startswith("/") or "\\" in value or ":" in value or ".." in value.split("/"):
        raise ValueError("a path that leads elsewhere")
    return value


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a size that is none")
    return value


def _digest(value: str) -> str:
    if _SHA256.fullmatch(value) is None:
        raise ValueError("a checksum that is none")
    return value
