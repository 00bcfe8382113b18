"""The models on this disk: `<models>/<folder>/` holds complete ones, `<models>/.staging/` what is under way.

A folder becomes a model by one rename, after everything in it was checked; a reader therefore sees a complete
model or none.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import CodeassistdError, UsageError
from .checksum import hash_file
from .manifest import Manifest, ManifestError, read_manifest

_STAGING = ".staging"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


class ModelStoreError(CodeassistdError):
    """Something in the folder of models is not as it should be."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A complete model.

    Attributes:
        manifest: What it is.
        folder: Where its files are.
    """

    manifest: Manifest
    folder: Path


@dataclass(frozen=True, slots=True)
class Staging:
    """Where a model is put together.

    Attributes:
        files: The files that are complete and checked, under their own paths.
        parts: What is still being received.
    """

    files: Path
    parts: Path


class ModelStore:
    """The folder of models.

    Args:
        folder: The folder; made when something is put into it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def folder_of(self, name: str) -> Path:
        """Where a model of this name is, once it is installed."""
        return self.folder / folder_name(name)

    def installed(self) -> list[InstalledModel]:
        """All complete models, by name; folders without a readable record are none."""
        found = []
        for folder in sorted(self._folders(self.folder)):
            with contextlib.suppress(ManifestError):
                found.append(InstalledModel(read_manifest(folder), folder))
        return found

    def find(self, name: str) -> InstalledModel | None:
        """The complete model of a name; None when it is not installed."""
        folder = self.folder_of(name)
        try:
            return InstalledModel(read_manifest(folder), folder)
        except ManifestError:
            return None

    def unfinished(self) -> dict[str, int]:
        """Bytes received for models that are not complete yet, by name."""
        sizes = {
            folder.name.replace("--", "/", 1): tree_size(folder)
            for folder in self._folders(self.folder / _STAGING)
        }
        return {name: size for name, size in sizes.items() if size}

    @contextmanager
    def staging(self, name: str) -> Iterator[Staging]:
        """Work on a model, alone.

        Yields:
            Where its parts are; they are kept when the block ends early.

        Raises:
            ModelStoreError: Another process works on this model, or the folder can't be made.
        """
        with self._alone(name):
            place = self._staging_of(name)
            staging = Staging(place / "files", place / "parts")
            for folder in (staging.files, staging.parts):
                folder.mkdir(parents=True, exist_ok=True)
            yield staging

    def commit(self, name: str, staging: Staging) -> Path:
        """Make the staged files, manifest included, the installed model; what was there before goes.

        Returns:
            The model's folder.

        Raises:
            OSError: It can't be renamed; what was installed before is still there.
        """
        target, previous = self.folder_of(name), self._staging_of(name) / "previous"
        shutil.rmtree(previous, ignore_errors=True)
        replaces = target.exists()
        if replaces:
            target.rename(previous)
        try:
            staging.files.rename(target)
        except BaseException:
            if replaces and not target.exists():
                previous.rename(target)
            raise
        shutil.rmtree(self._staging_of(name), ignore_errors=True)
        return target

    def remove(self, name: str) -> int:
        """Delete a model and whatever was received of it.

        Returns:
            Bytes that are free now; 0 when there was nothing.

        Raises:
            ModelStoreError: Another process works on this model.
            OSError: A file can't be deleted.
        """
        target, place = self.folder_of(name), self._staging_of(name)
        if not target.is_dir() and not place.is_dir():
            return 0
        with self._alone(name):
            freed = tree_size(target) + tree_size(place)
            if target.is_dir():
                # Half a model must not look like one while its files go.
                place.mkdir(parents=True, exist_ok=True)
                shutil.rmtree(place / "removed", ignore_errors=True)
                target.rename(place / "removed")
            shutil.rmtree(place)
        return freed

    def free_bytes(self) -> int:
        """Bytes that can be written to the disk of this folder.

        Raises:
            OSError: The disk doesn't say.
        """
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        lock_path = self.folder / _STAGING / f"{folder_name(name)}.lock"
        try:
            lock_path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(lock_path, timeout=0)
            lock.acquire()
        except Timeout:
            raise ModelStoreError(
                f"another process is at work on the model {name}", "wait until it is done, or stop it"
            ) from None
        except OSError as error:
            raise ModelStoreError(
                f"can't write in {self.folder}: {error.strerror}",
                "set CODEASSISTD_DATA_DIR to a folder that you may write",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _staging_of(self, name: str) -> Path:
        return self.folder / _STAGING / folder_name(name)

    @staticmethod
    def _folders(parent: Path) -> list[Path]:
        try:
            return [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
        except OSError:
            return []


def folder_name(name: str) -> str:
    """The name of a model's folder: "owner/repository" becomes "owner--repository".

    Raises:
        UsageError: No model can have this name.
    """
    if _NAME.fullmatch(name) is None or ".." in name:
        raise UsageError(f"no model can be named {name!r}", "`codeassistd models list` shows the names")
    return name.replace("/", "--")


def tree_size(folder: Path) -> int:
    """Bytes of all files in a folder and below it; 0 when it is not there."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_size
    return total


def faults(model: InstalledModel, progress: Callable[[int], None] = lambda _bytes: None) -> list[str]:
    """Hash every file of a model and compare with its record.

    Args:
        model: The model.
        progress: Called with the number of bytes of every block read.

    Returns:
        What is wrong, a line for each file; empty when all is well.
    """
    found = []
    for file in model.manifest.files:
        try:
            hashes = hash_file(model.folder / file.path, progress)
        except FileNotFoundError:
            found.append(f"{file.path} is missing")
            continue
        except OSError as error:
            found.append(f"{file.path} can't be read: {error.strerror}")
            continue
        if hashes.size != file.size:
            found.append(f"{file.path} has {hashes.size:,} bytes instead of {file.size:,}")
        elif hashes.sha256 != file.sha256:
            found.append(f"{file.path} is altered: its SHA-256 is {hashes.sha256}")
    return found
