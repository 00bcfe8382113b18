"""Which files of a folder are a model's weights, and their checksums. Nothing here unpickles."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import CodeassistdError

_VERDICTS_FILE = "verified-files.json"
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLES = ("pytorch_model*.bin", "model*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_AGAIN = "Pull the model again."
_MOST_INDEX_BYTES = 100_000_000


class WeightsError(CodeassistdError):
    """A model's files are missing, altered or not what they should be."""


class MemoryShortError(CodeassistdError):
    """A model would not fit into the memory that is free."""


def require_memory(name: str, weights_bytes: int, free_bytes: int) -> None:
    """Refuse a model before it is loaded if its weights alone don't fit.

    Raises:
        MemoryShortError: They don't.
    """
    if weights_bytes > free_bytes:
        raise MemoryShortError(
            f"The weights of {name} take {weights_bytes / 1e9:.1f} GB, and"
            f" {free_bytes / 1e9:.1f} GB of memory are free.",
            hint="Choose a smaller model, or end other programs.",
        )


def weights_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a model in a folder.

    Args:
        folder: Where they are.

    Returns:
        One file, or all the parts that the index names.

    Raises:
        WeightsError: There are none, or a part is missing.
    """
    if (folder / _WEIGHTS).is_file():
        return (folder / _WEIGHTS,)
    if (folder / _INDEX).is_file():
        return _parts(folder)
    if pickles := sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern)):
        raise WeightsError(
            f"The weights in {folder} are a pickle ({pickles[0]}), which may hold code and is never opened.",
            hint="Look for a repository with model.safetensors; many have it at a newer revision.",
        )
    raise WeightsError(f"The model in {folder} lacks its weights, {_WEIGHTS}.", hint=_AGAIN)


def _parts(folder: Path) -> tuple[Path, ...]:
    path = folder / _INDEX
    try:
        with path.open("rb") as file:
            names = sorted(set(json.loads(file.read(_MOST_INDEX_BYTES))["weight_map"].values()))
        # A part lies beside its index, whatever that says.
        parts = tuple(folder / Path(name).name for name in names)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError(
            f"{path} is not an index of weights: {error!r}.", "Pull the model again."
        ) from error
    for part in parts:
        if part.suffix != ".safetensors" or not part.is_file():
            raise WeightsError(f"{path} names {part.name}, which is not here.", hint=_AGAIN)
    return parts


def file_sha256(path: Path, cache_dir: Path | None) -> str:
    """The SHA-256 of a file, in hex; computed again only when the file has changed.

    Args:
        path: The file.
        cache_dir: Folder in which checksums are remembered; None for none.

    Raises:
        OSError: The file can't be read.
    """
    stat = path.stat()
    stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    verdicts = _read_verdicts(cache_dir)
    known = verdicts.get(str(path))
    if isinstance(known, dict) and known.get("stamp") == stamp and isinstance(known.get("sha256"), str):
        return str(known["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _write_verdicts(cache_dir, verdicts | {str(path): {"stamp": stamp, "sha256": digest}})
    return digest


def files_sha256(paths: Sequence[Path], cache_dir: Path | None) -> str:
    """One SHA-256 for several files in this order, whatever their names.

    Raises:
        WeightsError: A file can't be read.
    """
    try:
        digests = [file_sha256(path, cache_dir) for path in paths]
    except OSError as error:
        raise WeightsError(
            f"Cannot read {error.filename}: {error.strerror}.", "Pull the model again."
        ) from error
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _read_verdicts(cache_dir: Path | None) -> dict[str, object]:
    if cache_dir is None:
        return {}
    try:
        verdicts = json.loads((cache_dir / _VERDICTS_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return verdicts if isinstance(verdicts, dict) else {}


def _write_verdicts(cache_dir: Path | None, verdicts: dict[str, object]) -> None:
    if cache_dir is None:
        return
    # A cache that cannot be written costs a hash at every start, not the start itself.
    with contextlib.suppress(OSError):
        cache_dir.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=cache_dir, prefix=_VERDICTS_FILE)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(verdicts, file)
            Path(temporary).replace(cache_dir / _VERDICTS_FILE)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
