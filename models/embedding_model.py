"""Which embedding model a name stands for, and what is known of it without loading it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import catalog
from .engine_choice import ALL_ENGINES, EngineName
from .errors import UsageError
from .identity import ModelIdentity
from .model_config import Quantization
from .model_names import FolderModel, resolve
from .sentence_transformer import SentenceTransformer, read_sentence_transformer
from .weights_files import WeightsError, file_sha256, files_sha256

if TYPE_CHECKING:
    from .catalog import CatalogEntry
    from .hub.manifest import Manifest
    from .hub.published import PublishedModel
    from .hub.store import InstalledModel
    from .identity import PrecisionChoice

_MLX_FAMILY = "qwen3"
_LOADABLE = {("embedding", "safetensors"), ("reranking", "safetensors"), ("generation", "gguf")}


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model whose files are here.

    Attributes:
        identity: Which vectors it makes.
        native_dimensions: Length of its vectors before they are truncated.
        weights: The weights, in one file or several.
        tokenizer: Its tokenizer.json.
        network: The folder of its config.json; None for a model of the catalog, which needs none.
        heads: Number of attention heads, of a BERT.
        epsilon: Added to the variance in every layer norm, of a BERT.
        lowercase: Whether texts are put in lower case first.
        quantization: How the weights are packed, if they are.
        engines: What can run it.
        config: Its config.json; empty for a model of the catalog.
        ending: The token that every text ends with, even if the tokenizer doesn't say so; empty for none.
        calibration: The ranges by which it is rounded to 8 bits; None for its weights as published.
    """

    identity: ModelIdentity
    native_dimensions: int
    weights: tuple[Path, ...]
    tokenizer: Path
    network: Path | None
    heads: int
    epsilon: float
    lowercase: bool
    quantization: Quantization | None
    engines: tuple[EngineName, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    ending: str = ""
    calibration: Path | None = None

    @property
    def is_bert(self) -> bool:
        """Whether the engines' own BERT runs it."""
        return self.heads > 0

    @property
    def weights_bytes(self) -> int:
        """Size of the weights on disk."""
        return sum(path.stat().st_size for path in self.weights)


def identity_of_name(
    name: str, precision: PrecisionChoice, dimensions: int | None, store: Path | None
) -> ModelIdentity:
    """Which vectors a model makes; of a catalog's model nothing is opened.

    Args:
        name: See `resolve`.
        precision: The precision class, or "auto".
        dimensions: Length to which vectors are truncated; None for the model's own.
        store: The folder of pulled models, where checksums are remembered as well.

    Raises:
        UsageError: The model is unknown, or can't do this.
        WeightsError: Its files are not those of a model that is supported.
    """
    found = resolve(name, store)
    if isinstance(found, catalog.CatalogEntry):
        return truncated(found.identity(precision), dimensions)
    return _described(found, precision, dimensions, store)[0]


def open_catalog_model(
    entry: CatalogEntry, precision: PrecisionChoice, dimensions: int | None, cache_dir: Path | None
) -> EmbeddingModel:
    """A model of the catalog, its files checked.

    Raises:
        WeightsError: The files are missing or altered.
    """
    from . import weights  # noqa: PLC0415 - an identity costs no numpy
    from .calibration import FOLDER  # noqa: PLC0415

    files = weights.locate(entry)
    weights.verify(files, entry, cache_dir)
    identity = entry.identity(precision)
    return EmbeddingModel(
        identity=truncated(identity, dimensions),
        native_dimensions=identity.dimensions,
        weights=(files.weights,),
        tokenizer=files.tokenizer,
        network=None,
        heads=entry.heads,
        epsilon=entry.layer_norm_epsilon,
        lowercase=False,
        quantization=None,
        engines=ALL_ENGINES,
        calibration=FOLDER / f"{entry.name}.safetensors" if identity.precision == "int8" else None,
    )


def open_folder_model(
    model: FolderModel, precision: PrecisionChoice, dimensions: int | None, cache_dir: Path | None
) -> EmbeddingModel:
    """A model in a folder; one that was pulled is compared with its record.

    Raises:
        WeightsError: Its files are altered, or not those of a model that is supported.
        UsageError: It can't do what is asked for.
    """
    identity, found = _described(model, precision, dimensions, cache_dir)
    if model.manifest is not None:
        _verify(model, model.manifest, found, cache_dir)
    heads, epsilon = _bert_shape(found) or (0, 0.0)
    return EmbeddingModel(
        identity=identity,
        native_dimensions=found.dimensions,
        weights=found.weights,
        tokenizer=found.network / "tokenizer.json",
        network=found.network,
        heads=heads,
        epsilon=epsilon,
        lowercase=found.lowercase,
        quantization=found.quantization,
        engines=engines_for(found),
        config=found.config,
        ending=found.ending,
    )


def engines_for(found: SentenceTransformer) -> tuple[EngineName, ...]:
    """The engines that can run a model.

    Raises:
        WeightsError: None can.
    """
    is_bert = _bert_shape(found) is not None
    on_mlx = is_bert or found.model_type == _MLX_FAMILY
    if found.quantization is not None:
        if not on_mlx:
            raise WeightsError(
                f"The weights in {found.network} are packed for MLX, which here runs BERT and Qwen3 only, and"
                f" not {found.model_type}.",
                hint="Use the model with its weights as published.",
            )
        return ("mlx",)
    if is_bert:
        return ALL_ENGINES
    return ("mlx", "torch") if on_mlx else ("torch",)


def loadable_names(
    published: Sequence[PublishedModel], installed: Sequence[InstalledModel], here: Collection[EngineName]
) -> set[str]:
    """Names of the models that something can load on this machine.

    Args:
        published: Models that could be pulled; of those that aren't here the format tells.
        installed: Models that are here, whose files tell.
        here: The engines that are installed.
    """
    names = {entry.name for entry in catalog.entries()}
    complete = {model.manifest.name for model in installed}
    for model in published:
        is_known = (model.role, model.format) in _LOADABLE or (model.format == "mlx" and "mlx" in here)
        if is_known and (model.name not in complete or model.role == "reranking"):
            names.add(model.name)
    for found in installed:
        if any(file.path.endswith(".gguf") for file in found.manifest.files):
            names.add(found.manifest.name)
        with contextlib.suppress(WeightsError):
            if set(engines_for(read_sentence_transformer(found.folder))) & set(here):
                names.add(found.manifest.name)
    return names


def truncated(identity: ModelIdentity, dimensions: int | None) -> ModelIdentity:
    """The identity of vectors cut to so many dimensions.

    Raises:
        UsageError: The model has fewer.
    """
    if dimensions is None:
        return identity
    if not 1 <= dimensions <= identity.dimensions:
        raise UsageError(
            f"The vectors of {identity.name} have {identity.dimensions} dimensions; they can't be cut to"
            f" {dimensions}.",
            hint=f"Set model.dimensions to at most {identity.dimensions}, or to 0 for all of them.",
        )
    return replace(identity, dimensions=dimensions)


def _described(
    model: FolderModel, precision: PrecisionChoice, dimensions: int | None, cache_dir: Path | None
) -> tuple[ModelIdentity, SentenceTransformer]:
    found = read_sentence_transformer(model.folder)
    engines_for(found)
    if precision == "int8":
        raise UsageError(
            f"The precision int8 is for models that codeassistd was calibrated for; {model.name} is none.",
            hint='Set model.precision to "auto".',
        )
    identity = ModelIdentity(
        name=model.name,
        weights_sha256=_digest(model, found, cache_dir),
        pooling=found.pooling,
        query_prefix=found.query_prefix,
        document_prefix=found.document_prefix,
        dimensions=found.dimensions,
        max_tokens=found.max_tokens,
        precision="float",
    )
    return truncated(identity, dimensions), found


def _digest(model: FolderModel, found: SentenceTransformer, cache_dir: Path | None) -> str:
    """The checksum of what decides; a pulled model's record saves reading gigabytes to know it."""
    if model.manifest is None:
        return files_sha256(found.deciding, cache_dir)
    known = _recorded(model.manifest)
    recorded = [known.get(_path_in(model, path), "") for path in found.deciding]
    return hashlib.sha256(" ".join(recorded).encode()).hexdigest()


def _verify(
    model: FolderModel, manifest: Manifest, found: SentenceTransformer, cache_dir: Path | None
) -> None:
    known = _recorded(manifest)
    for path in found.deciding:
        try:
            actual = file_sha256(path, cache_dir)
        except OSError as error:
            raise WeightsError(f"Cannot read {path}: {error.strerror}.", _again(model)) from error
        if actual != known.get(_path_in(model, path)):
            raise WeightsError(f"{path} is not the file that was pulled.", hint=_again(model))


def _recorded(manifest: Manifest) -> Mapping[str, str]:
    return {file.path: file.sha256 for file in manifest.files}


def _path_in(model: FolderModel, path: Path) -> str:
    return path.relative_to(model.folder).as_posix()


def _again(model: FolderModel) -> str:
    return f"codeassistd models pull {model.name} --force"


def _bert_shape(found: SentenceTransformer) -> tuple[int, float] | None:
    """Heads and layer norm's epsilon, when the engines' own BERT computes exactly this model."""
    config: Mapping[str, Any] = found.config
    if (
        found.model_type != "bert"
        or found.pooling == "lasttoken"
        or config.get("hidden_act", "gelu") != "gelu"
        or config.get("position_embedding_type", "absolute") != "absolute"
        or config.get("is_decoder")
    ):
        return None
    heads, epsilon = config.get("num_attention_heads"), config.get("layer_norm_eps", 1e-12)
    if not isinstance(heads, int) or heads < 1 or not isinstance(epsilon, float):
        raise WeightsError(f"{found.network / 'config.json'} tells no number of attention heads.")
    return heads, epsilon
