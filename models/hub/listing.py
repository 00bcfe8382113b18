"""What a hub says is in a repository. Pure: the answer goes in, records come out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .checksum import Checksum
from .errors import HubError

ALLOWED_SUFFIXES = (".safetensors", ".gguf", ".json", ".txt")
WEIGHT_SUFFIXES = (".safetensors", ".gguf")
MANIFEST_NAME = "codeassistd-manifest.json"

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Names that every file system keeps as they are: no separators, drives, streams, wildcards or controls.
_COMPONENT = re.compile(r'[^\\/:*?"<>|\x00-\x1f\x7f]{1,200}')


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository.

    Attributes:
        path: Where it is in the repository, with slashes.
        size: Bytes.
        checksum: What its content must hash to.
    """

    path: str
    size: int
    checksum: Checksum


@dataclass(frozen=True, slots=True)
class Listing:
    """A revision of a repository.

    Attributes:
        repository: "owner/name".
        revision: The commit, which never changes, whatever branch was asked for.
        licence: What the repository declares, as the hub spells it; "" when it declares none.
        files: The files that may be fetched.
        refused: Paths of the others: pickles, code, pictures.
    """

    repository: str
    revision: str
    licence: str
    files: tuple[RemoteFile, ...]
    refused: tuple[str, ...]


def parse_listing(document: Any, repository: str) -> Listing:
    """Read a hub's answer.

    Args:
        document: The parsed JSON.
        repository: What was asked for.

    Returns:
        The listing.

    Raises:
        HubError: The answer is not of the documented shape, or names a file that could end up elsewhere.
    """
    revision, siblings = _contents(document, repository)
    allowed = [sibling for sibling in siblings if is_allowed(sibling["rfilename"])]
    files = tuple(_remote_file(sibling, repository) for sibling in allowed)
    folded = [file.path.casefold() for file in files]
    if len(set(folded)) != len(folded):
        raise HubError(f"{repository} has files whose names differ in case only", "choose some with --file")
    refused = tuple(sibling["rfilename"] for sibling in siblings if not is_allowed(sibling["rfilename"]))
    return Listing(repository, revision, _licence(document), files, refused)


def is_allowed(path: str) -> bool:
    """Whether a file is of a kind that can't carry code."""
    return path.lower().endswith(ALLOWED_SUFFIXES)


def is_weights(path: str) -> bool:
    """Whether a file holds a model's weights."""
    return path.lower().endswith(WEIGHT_SUFFIXES)


def check_shards(names: Sequence[str], indexes: Mapping[str, Any]) -> None:
    """Refuse weights in parts of which one is missing.

    Args:
        names: Paths of the files at hand.
        indexes: Parsed content of every "….safetensors.index.json", by path.

    Raises:
        HubError: An index names a part that is not at hand, or is no index.
    """
    for path, index in indexes.items():
        folder = path.rpartition("/")[0]
        parts = index.get("weight_map") if isinstance(index, dict) else None
        if not isinstance(parts, dict):
            raise HubError(f"{path} is not an index of weights", "tell the people who published the model")
        wanted = {f"{folder}/{part}" if folder else str(part) for part in parts.values()}
        missing = sorted(wanted - set(names))
        if missing:
            raise HubError(
                f"{path} names {len(missing)} parts that the hub doesn't list, such as {missing[0]}",
                "the repository is incomplete: try later, or another --revision",
            )


def _remote_file(sibling: Mapping[str, Any], repository: str) -> RemoteFile:
    path, size = sibling["rfilename"], sibling.get("size")
    parts = path.split("/")
    if any(
        _COMPONENT.fullmatch(part) is None or part.endswith((".", " ")) or part.startswith((".", " "))
        for part in parts
    ):
        raise HubError(f"{repository} has a file with an unsafe name: {path!r}", "don't use this repository")
    if path == MANIFEST_NAME:
        raise HubError(f"{repository} has a file named {path}, which codeassistd writes itself")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise HubError(
            f"the listing of {repository} gives no size for {path}",
            "a mirror may leave sizes out: use another endpoint",
        )
    return RemoteFile(path, size, _checksum(sibling, repository, path, size))


def _checksum(sibling: Mapping[str, Any], repository: str, path: str, size: int) -> Checksum:
    lfs = sibling.get("lfs")
    if isinstance(lfs, dict):
        digest = lfs.get("sha256") or lfs.get("oid")
        if isinstance(digest, str) and _SHA256.fullmatch(digest) and lfs.get("size", size) == size:
            return Checksum("sha256", digest)
    else:
        blob = sibling.get("blobId") or sibling.get("oid")
        # Weights are never taken on a SHA-1's word.
        if isinstance(blob, str) and _SHA1.fullmatch(blob) and not is_weights(path):
            return Checksum("git", blob)
    raise HubError(
        f"the listing of {repository} gives no usable checksum for {path}",
        "a mirror may leave checksums out: use another endpoint",
    )


def _licence(document: Mapping[str, Any]) -> str:
    found = document.get("cardData")
    card = found if isinstance(found, dict) else {}
    declared = card.get("license")
    if declared == "other" and isinstance(card.get("license_name"), str):
        declared = card["license_name"]
    if isinstance(declared, list):
        declared = ", ".join(str(item) for item in declared)
    if isinstance(declared, str) and declared:
        return declared
    tags = document.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and tag.startswith("license:"):
            return tag.removeprefix("license:")
    return ""


def _contents(document: Any, repository: str) -> tuple[str, list[dict[str, Any]]]:
    """The commit, and the descriptions of files, each of which has a path."""
    revision = document.get("sha") if isinstance(document, dict) else None
    siblings = document.get("siblings") if isinstance(document, dict) else None
    if (
        not isinstance(revision, str)
        or _SHA1.fullmatch(revision) is None
        or not isinstance(siblings, list)
        or not all(isinstance(item, dict) and isinstance(item.get("rfilename"), str) for item in siblings)
    ):
        raise HubError(
            f"the hub's answer about {repository} is not a listing of a model",
            "check the endpoint (hub.endpoint, HF_ENDPOINT): it has to be a hub of Hugging Face's layout",
        )
    return revision, siblings
