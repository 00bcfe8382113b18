"""Brings one file from a hub into a part file, however often the connection ends, and checks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .checksum import FileHashes, hash_file
from .client import HubClient
from .errors import HubError, InterruptedTransferError
from .listing import Listing, RemoteFile
from .part_file import PartFile

_TRIES_AT_CONTENT = 2


def receive(
    client: HubClient,
    listing: Listing,
    file: RemoteFile,
    folder: Path,
    progress: Callable[[int], None] = lambda _size: None,
) -> tuple[PartFile, FileHashes]:
    """Receive a file and compare it with its published checksum.

    Args:
        client: The hub.
        listing: The revision it is of.
        file: The file.
        folder: Where its part is kept.
        progress: Called with the bytes at hand whenever that changes; they get fewer when the server
            can't continue a file.

    Returns:
        The complete and checked part, closed, and its checksums.

    Raises:
        HubError: It can't be had, or comes with the wrong content again and again.
        OSError: It can't be written.
    """
    for _ in range(_TRIES_AT_CONTENT):
        with PartFile(folder, file.checksum) as part:
            if part.size > file.size:
                part.restart()
            _fill(client, listing, file, part, progress)
        hashes = hash_file(part.path)
        if hashes.match(file.checksum):
            return part, hashes
        part.path.unlink()
        progress(0)
    raise HubError(
        f"{file.path} of {listing.repository} came {_TRIES_AT_CONTENT} times with a content that is not the"
        f" published one: its {file.checksum.kind} checksum is wrong",
        "a proxy or a mirror may alter it: try another network or endpoint",
    )


def _fill(
    client: HubClient,
    listing: Listing,
    file: RemoteFile,
    part: PartFile,
    progress: Callable[[int], None],
) -> None:
    patience = client.patience()
    farthest = part.size
    progress(part.size)
    while part.size < file.size:
        try:
            _fill_once(client, listing, file, part, progress)
        except InterruptedTransferError as failure:
            if failure.from_start:
                part.restart()
                progress(0)
            # A server that can't continue files may bring the same beginning for ever: that is no progress.
            if part.size > farthest:
                farthest = part.size
                patience.reward()
            patience.endure(failure, file.path)


def _fill_once(
    client: HubClient,
    listing: Listing,
    file: RemoteFile,
    part: PartFile,
    progress: Callable[[int], None],
) -> None:
    etag = part.etag if part.size else ""
    with client.open_file(listing.repository, listing.revision, file, part.size, etag) as body:
        if body.start != part.size:
            part.restart()
        part.remember(body.etag)
        for chunk in body.chunks:
            if part.size + len(chunk) > file.size:
                raise InterruptedTransferError("the server sends more than the file", from_start=True)
            part.append(chunk)
            progress(part.size)
    if part.size < file.size:
        raise InterruptedTransferError(f"the connection ended after {part.size:,} of {file.size:,} bytes")
