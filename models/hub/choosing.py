"""Which of a repository's files make up the model that was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from ..errors import UsageError
from .errors import HubError
from .listing import Listing, RemoteFile, is_weights

_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.\w+$)")
_FILES_SHOWN = 12


def choose_files(listing: Listing, patterns: Sequence[str]) -> tuple[RemoteFile, ...]:
    """Pick the files to fetch.

    Args:
        listing: What there is.
        patterns: Globs over whole paths that choose the weights; none takes the one model there is.

    Returns:
        The weights, and every JSON and text file, which are small and say how the weights are used.

    Raises:
        UsageError: The patterns match nothing, or the repository has several models and no pattern chooses.
        HubError: The repository has no weights that may be fetched.
    """
    weights = [file for file in listing.files if is_weights(file.path)]
    if not weights:
        refused = f"; of what it has, {len(listing.refused)} files may hold code" if listing.refused else ""
        raise HubError(
            f"{listing.repository} has no weights in safetensors or GGUF{refused}",
            "look for a repository that has; pickles are never fetched",
        )
    chosen = _matching(weights, patterns, listing) if patterns else _the_model(weights, listing)
    return (*chosen, *(file for file in listing.files if not is_weights(file.path)))


def _matching(weights: Sequence[RemoteFile], patterns: Sequence[str], listing: Listing) -> list[RemoteFile]:
    for pattern in patterns:
        if not any(fnmatchcase(file.path, pattern) for file in weights):
            raise UsageError(f"{listing.repository} has no weights that match {pattern}", _offer(weights))
    return [file for file in weights if any(fnmatchcase(file.path, pattern) for pattern in patterns)]


def _the_model(weights: Sequence[RemoteFile], listing: Listing) -> list[RemoteFile]:
    """The weights when nobody said which: safetensors before GGUF, the usual name before others."""
    kind = ".safetensors" if any(file.path.endswith(".safetensors") for file in weights) else ".gguf"
    candidates = [file for file in weights if file.path.endswith(kind)]
    usual = [file for file in candidates if re.fullmatch(r"model(-\d{5}-of-\d{5})?\.safetensors", file.path)]
    candidates = usual or candidates
    models = {_SHARD.sub("", file.path) for file in candidates}
    if len(models) > 1:
        raise UsageError(
            f"{listing.repository} has {len(models)} variants; choose with --file", _offer(candidates)
        )
    return candidates


def _offer(weights: Sequence[RemoteFile]) -> str:
    shown = [f"{file.path} ({file.size / 1e9:,.2f} GB)" for file in weights[:_FILES_SHOWN]]
    more = f" and {len(weights) - _FILES_SHOWN} more" if len(weights) > _FILES_SHOWN else ""
    return f"there are {', '.join(shown)}{more}"
