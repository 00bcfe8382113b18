"""Pulls a model: list, choose, make sure it fits, receive, check, and only then install."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .checksum import FileHashes, hash_file
from .choosing import choose_files
from .errors import HubError
from .listing import Listing, RemoteFile, check_shards, parse_listing
from .manifest import InstalledFile, Manifest, write_manifest
from .part_file import PartFile
from .store import InstalledModel, ModelStore, Staging
from .transfer import receive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client import HubClient

# Logs, indexes and other programs want to go on writing when the model is there.
_SPARE_BYTES = 200_000_000
_FULL_DISK = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_INDEX_SUFFIX = ".safetensors.index.json"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What is wanted.

    Attributes:
        name: What the user calls the model.
        repository: "owner/name" on the hub.
        revision: A branch, tag or commit.
        patterns: Globs that choose among the repository's weights; empty when there is no choice.
    """

    name: str
    repository: str
    revision: str = "main"
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What is about to be received.

    Attributes:
        listing: The revision.
        files: What is fetched of it.
        at_hand: Bytes that an earlier run has received.
    """

    listing: Listing
    files: tuple[RemoteFile, ...]
    at_hand: int

    @property
    def size(self) -> int:
        """Bytes of the model."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is.

    Attributes:
        phase: "check" while files that are at hand are hashed, "download" after that.
        done: Bytes.
        total: Bytes.
        file: The file in hand.
    """

    phase: Literal["check", "download"]
    done: int
    total: int
    file: str


@dataclass(frozen=True, slots=True)
class PullObserver:
    """Who wants to know: called with the plan before the first byte of weights, and then with progress."""

    planned: Callable[[PullPlan], None] = lambda _plan: None
    progress: Callable[[PullProgress], None] = lambda _progress: None


def pull(
    request: PullRequest, client: HubClient, store: ModelStore, observer: PullObserver | None = None
) -> InstalledModel:
    """Fetch a model and install it.

    What is received stays when this ends early, by whatever exception, and the next pull goes on from there.

    Args:
        request: What is wanted.
        client: The hub.
        store: Where it goes.
        observer: Told of what happens.

    Returns:
        The installed model, all of whose files were compared with the hub's checksums.

    Raises:
        HubError: The hub doesn't have it, or can't be reached.
        UsageError: The repository has several models, and the request doesn't say which.
        ModelStoreError: Another process is pulling the same model, or there is too little space.
    """
    observer = observer or PullObserver()
    listing = parse_listing(client.listing(request.repository, request.revision), request.repository)
    files = choose_files(listing, request.patterns)
    # What is said first is small; and only JSON says whether all the weights are listed.
    files = tuple(sorted(files, key=lambda file: (not file.path.endswith(_INDEX_SUFFIX), file.size)))
    with store.staging(request.name) as staging, _full_disk_explained(store):
        _borrow(files, store.folder_of(request.name), staging)
        known = _keep_what_fits(files, staging, observer)
        at_hand = sum(hashes.size for hashes in known.values()) + _received(files, known, staging)
        plan = PullPlan(listing, files, at_hand)
        _check_space(plan, store)
        observer.planned(plan)
        hashes = _receive_all(plan, client, staging, known, observer)
        manifest = Manifest(
            name=request.name,
            repository=request.repository,
            revision=listing.revision,
            licence=listing.licence,
            hub=client.address.host,
            files=tuple(
                InstalledFile(path, found.size, found.sha256) for path, found in sorted(hashes.items())
            ),
        )
        write_manifest(manifest, staging.files)
        _sync_tree(staging.files)
        return InstalledModel(manifest, store.commit(request.name, staging))


def _borrow(files: Sequence[RemoteFile], installed: Path, staging: Staging) -> None:
    """Link what may be the same in the installed model, to be hashed like what an earlier run left."""
    for file in files:
        source, target = installed / file.path, staging.files / file.path
        # Some file systems have no links; then the file is fetched.
        with suppress(OSError):
            if not target.exists() and source.stat().st_size == file.size:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, target)


def _keep_what_fits(
    files: Sequence[RemoteFile], staging: Staging, observer: PullObserver
) -> dict[str, FileHashes]:
    """Hash what an earlier run completed; keep what this one wants, delete the rest."""
    wanted = {file.path: file for file in files}
    parts = {f"{file.checksum.hex}.{kind}" for file in files for kind in ("part", "etag")}
    for path in staging.parts.iterdir():
        if path.name not in parts:
            path.unlink()
    known: dict[str, FileHashes] = {}
    total = sum(file.size for file in files)
    done = 0

    def progress(path: str, count: int) -> None:
        nonlocal done
        done += count
        observer.progress(PullProgress("check", done, total, path))

    for path in sorted(staging.files.rglob("*")):
        name = path.relative_to(staging.files).as_posix()
        if path.is_dir():
            continue
        file = wanted.get(name)
        if file is not None and path.stat().st_size == file.size:
            hashes = hash_file(path, partial(progress, name))
            if hashes.match(file.checksum):
                known[name] = hashes
                continue
        path.unlink()
    return known


def _received(files: Sequence[RemoteFile], known: dict[str, FileHashes], staging: Staging) -> int:
    """Bytes of incomplete files."""
    total = 0
    for file in files:
        if file.path not in known:
            with suppress(OSError):
                total += min(PartFile(staging.parts, file.checksum).path.stat().st_size, file.size)
    return total


def _check_space(plan: PullPlan, store: ModelStore) -> None:
    needed = plan.size - plan.at_hand + _SPARE_BYTES
    free = store.free_bytes()
    if free < needed:
        raise HubError(
            f"too little space in {store.folder}: {free / 1e9:,.2f} GB are free,"
            f" {needed / 1e9:,.2f} GB are needed",
            "free some space, remove a model, or move CODEASSISTD_DATA_DIR",
        )


def _receive_all(
    plan: PullPlan,
    client: HubClient,
    staging: Staging,
    known: dict[str, FileHashes],
    observer: PullObserver,
) -> dict[str, FileHashes]:
    hashes = dict(known)
    done = {file.path: hashes[file.path].size for file in plan.files if file.path in hashes}
    for file in plan.files:
        if file.path not in hashes:

            def progress(size: int, file: RemoteFile = file) -> None:
                done[file.path] = size
                observer.progress(PullProgress("download", sum(done.values()), plan.size, file.path))

            part, hashes[file.path] = receive(client, plan.listing, file, staging.parts, progress)
            part.move_to(staging.files / file.path)
        if file.path.endswith(_INDEX_SUFFIX):
            _check_index(file.path, staging, plan)
    return hashes


def _check_index(path: str, staging: Staging, plan: PullPlan) -> None:
    try:
        index = json.loads((staging.files / path).read_bytes())
    except ValueError:
        index = None
    # The index of weights that were not chosen is of no interest.
    stem = path.removesuffix(_INDEX_SUFFIX)
    if any(file.path.startswith(stem) and file.path.endswith(".safetensors") for file in plan.files):
        check_shards([file.path for file in plan.files], {path: index})


@contextmanager
def _full_disk_explained(store: ModelStore) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        raise HubError(
            f"no space left in {store.folder}",
            "free some space and run the command again; it goes on from what was received",
        ) from error


def _sync_tree(folder: Path) -> None:
    """Make sure that the rename is not on the disk before what is renamed."""
    if os.name == "nt":
        return
    for path in (*folder.rglob("*"), folder):
        if path.is_dir() or path.parent == folder:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
