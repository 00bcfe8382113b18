"""What makes two embedding models interchangeable: same identity, comparable vectors."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Literal

PrecisionClass = Literal["float", "int8"]
"""fp32, fp16 and bf16 give vectors that can share one index ("float"); int8 does not."""

Pooling = Literal["mean", "cls", "lasttoken"]
"""How token vectors become one: their mean, the first one, or the last one."""

PrecisionChoice = Literal["auto", "float", "int8"]
"""What may be asked for; "auto" is int8 for a model that was calibrated for it, and float for others."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Everything that decides which vector a text gets.

    Attributes:
        name: The model's published name.
        weights_sha256: Hex SHA-256 of the weights file; of a model in a folder, of all files that decide.
        pooling: How token vectors become one vector; see `Pooling`.
        query_prefix: Text put before a query.
        document_prefix: Text put before a document.
        dimensions: Length of a vector; less than the model's own where vectors are truncated.
        max_tokens: Longer texts are cut after this many tokens, special tokens included.
        precision: The precision class of the arithmetic.
        calibration_sha256: Hex SHA-256 of the ranges by which activations are rounded; "" for floats.
    """

    name: str
    weights_sha256: str
    pooling: Pooling
    query_prefix: str
    document_prefix: str
    dimensions: int
    max_tokens: int
    precision: PrecisionClass
    calibration_sha256: str = ""

    @property
    def id(self) -> str:
        """A folder-safe identifier: the name and a hash of every attribute."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")
        return f"{slug}-{digest[:12]}"


@dataclass(frozen=True, slots=True)
class RerankerIdentity:
    """Everything that tells scores of one reranker from those of another. None are stored.

    Attributes:
        name: The model's name; of a model in a folder, the folder's.
        max_tokens: Of query and passage together; more is cut.
    """

    name: str
    max_tokens: int
