"""The header of a GGUF file: its metadata, and how long the file has to be for its tensors.

The format is described in ggml's ``docs/gguf.md``. Files come from anywhere, so nothing in them is believed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .cursor import Cursor, DamagedError
from .errors import GgufError
from .quantization_names import BLOCKS

Value = int | float | bool | str | tuple[int | float | bool, ...]

_LAYOUTS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ARRAY = 9
_VERSIONS = (2, 3)
_MOST_KEYS = 100_000
_MOST_TENSORS = 1_000_000
_MOST_DIMENSIONS = 8
_LONGEST_KEPT_ARRAY = 10_000
_AGAIN = "Download the file again."
_OTHER_KINDS = {
    b"ggml": "it is of GGML, the format before GGUF",
    b"ggmf": "it is of GGML, the format before GGUF",
    b"ggjt": "it is of GGML, the format before GGUF",
    b"vers": "it may be a Git LFS pointer, which stands for the file",
    b"<!DO": "it is a web page",
    b"<htm": "it is a web page",
    b"PK\x03\x04": "it is a ZIP archive, perhaps of PyTorch",
    b"": "it is empty",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a model's tensors.

    Attributes:
        metadata: Values by key; of arrays those of numbers, where they are not long.
        lengths: Lengths of all arrays, by key.
        marked_tokens: Ids of the vocabulary's tokens that begin with "<", by text; control tokens are among
            them.
        tensor_bytes: How long the file is at least when all of its tensors are there.
    """

    metadata: dict[str, Value]
    lengths: dict[str, int]
    marked_tokens: dict[str, int]
    tensor_bytes: int


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file; of a large vocabulary in about a tenth of a second.

    Raises:
        GgufError: The file can't be read, isn't a GGUF file, is of a version that nobody uses, or is damaged.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = _header(path, Cursor(file, size))
    except OSError as error:
        reason = error.strerror or str(error)
        raise GgufError(f"The model {path} can't be read: {reason}.", hint="Check the path.") from error
    except DamagedError as error:
        raise GgufError(f"The model {path} is damaged: {error}.", hint=_AGAIN) from error
    if size < header.tensor_bytes:
        raise GgufError(
            f"The model {path} is cut short: it has {size:,} of at least {header.tensor_bytes:,} bytes.",
            hint=_AGAIN,
        )
    return header


def _header(path: Path, cursor: Cursor) -> Header:
    magic = bytes(cursor.numbers("B", min(4, cursor.left)))  # type: ignore[arg-type]
    if magic != b"GGUF":
        kind = _OTHER_KINDS.get(magic, "it doesn't begin with the letters GGUF")
        raise GgufError(f"{path} is not a GGUF model: {kind}.", hint="Models are files that end in .gguf.")
    version = cursor.u32()
    if version not in _VERSIONS:
        kind = "for big-endian machines" if version & 0xFFFF == 0 else f"of version {version}"
        raise GgufError(
            f"The model {path} is a GGUF file {kind}, which can't be used here.",
            hint="Use a file of version 3, which every current tool makes.",
        )
    tensors, keys = cursor.u64(), cursor.u64()
    if tensors > _MOST_TENSORS or keys > _MOST_KEYS:
        raise DamagedError(f"it claims to have {tensors:,} tensors and {keys:,} properties")
    header = Header({}, {}, {}, 0)
    for _ in range(keys):
        key = cursor.string()
        _read_value(cursor, cursor.u32(), key, header)
    end = _end_of_tensors(cursor, tensors, header.metadata)
    return Header(header.metadata, header.lengths, header.marked_tokens, end)


def _read_value(cursor: Cursor, kind: int, key: str, header: Header) -> None:
    if kind == _ARRAY:
        _read_array(cursor, key, header)
    elif kind == _STRING:
        header.metadata[key] = cursor.string()
    else:
        header.metadata[key] = cursor.numbers(_layout(kind, key), 1)[0]


def _read_array(cursor: Cursor, key: str, header: Header) -> None:
    kind, length = cursor.u32(), cursor.u64()
    header.lengths[key] = length
    if kind == _STRING:
        marked = cursor.strings(length, ord("<"))
        if key == "tokenizer.ggml.tokens":
            header.marked_tokens.update(marked)
        return
    numbers = cursor.numbers(_layout(kind, key), length)
    if length <= _LONGEST_KEPT_ARRAY:
        header.metadata[key] = numbers


def _layout(kind: int, key: str) -> str:
    if kind not in _LAYOUTS:
        raise DamagedError(f"its property {key[:100]!r} is of the unknown kind {kind}")
    return _LAYOUTS[kind]


def _end_of_tensors(cursor: Cursor, count: int, metadata: dict[str, Value]) -> int:
    """Where in the file the last byte of a tensor is; tensors of kinds we don't know count as empty."""
    last = 0
    for _ in range(count):
        cursor.string()
        dimensions = cursor.u32()
        if dimensions > _MOST_DIMENSIONS:
            raise DamagedError(f"one of its tensors has {dimensions:,} dimensions")
        elements = 1
        for size in cursor.numbers("Q", dimensions):
            elements *= int(size)
        block, block_bytes = BLOCKS.get(cursor.u32(), (1, 0))
        last = max(last, cursor.u64() + elements // block * block_bytes)
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
        raise DamagedError(f"its alignment is {alignment!r}")
    return -(-cursor.position // alignment) * alignment + last if count else cursor.position
