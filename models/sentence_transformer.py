"""What a folder in the format of sentence-transformers says of an embedding model. Only JSON is read here.

A folder is untrusted: what isn't understood is refused, and nothing that it names is imported or executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .conversions import Recipe, known_recipe
from .identity import Pooling
from .model_config import SHAPE_HINT, Quantization, count, quantization_of, read_json, read_mapping
from .weights_files import WeightsError, weights_files

MODULES = "modules.json"
# Longer contexts exist; what is indexed is chunks, and a processor takes minutes for that much.
_MOST_TOKENS = 8_192
_POOLINGS: dict[str, Pooling] = {"mean": "mean", "cls": "cls", "lasttoken": "lasttoken"}
_OLD_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
# Their first position comes after the padding's number.
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"})
_HINT = "Pull another model: `codeassistd models list` shows some that work."


@dataclass(frozen=True, slots=True)
class SentenceTransformer:
    """An embedding model in a folder.

    Attributes:
        network: The folder that has config.json, tokenizer.json and the weights.
        weights: The weights, in one file or several.
        deciding: Every file that decides which vectors there are, weights first.
        model_type: The family of networks, as transformers names it.
        config: The whole config.json.
        pooling: How token vectors become one vector.
        dimensions: Length of a vector.
        max_tokens: Longer texts are cut after this many tokens, special tokens included.
        query_prefix: Text put before a query.
        document_prefix: Text put before a document.
        lowercase: Whether texts are put in lower case first.
        quantization: How the weights are packed, if they are.
        ending: The token that every text ends with, even if the tokenizer doesn't say so; empty for none.
    """

    network: Path
    weights: tuple[Path, ...]
    deciding: tuple[Path, ...]
    model_type: str
    config: Mapping[str, Any]
    pooling: Pooling
    dimensions: int
    max_tokens: int
    query_prefix: str
    document_prefix: str
    lowercase: bool
    quantization: Quantization | None
    ending: str = ""


def read_sentence_transformer(folder: Path) -> SentenceTransformer:
    """Read the configuration of an embedding model.

    Args:
        folder: Has modules.json, and what else that says; a conversion of a model that is known by the
            folder's name (see `conversions`) does without.

    Returns:
        The model.

    Raises:
        WeightsError: A file is missing or damaged, or the model is of a kind that isn't supported.
    """
    try:
        return _read(folder)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise WeightsError(
            f"The configuration in {folder} is not that of an embedding model: {error!r}.", hint=SHAPE_HINT
        ) from error


def _read(folder: Path) -> SentenceTransformer:
    if (recipe := _recipe(folder)) is not None:
        return _read_conversion(folder, recipe)
    parts = _modules(folder)
    network, pooled = parts["Transformer"], parts["Pooling"]
    config = read_mapping(network / "config.json")
    _refuse_foreign(config, network)
    pooling = read_mapping(pooled / "config.json")
    reading = _optional(network / "sentence_bert_config.json")
    using = _optional(folder / "config_sentence_transformers.json")
    _refuse_lengths_that_matter(using, folder, normalized="Normalize" in parts)
    query, document = _prefixes(using)
    if (query or document) and pooling.get("include_prompt", True) is False:
        raise WeightsError(f"{folder} leaves its prompts out of pooling; that isn't supported.", hint=_HINT)
    weights = _files(network)
    return SentenceTransformer(
        network=network,
        weights=weights,
        deciding=(*weights, network / "config.json", network / "tokenizer.json"),
        model_type=_text(config["model_type"]),
        config=config,
        pooling=_pooling(pooling, folder),
        dimensions=_dimensions(pooling, config),
        max_tokens=_max_tokens(reading, _optional(network / "tokenizer_config.json"), config),
        query_prefix=query,
        document_prefix=document,
        lowercase=reading.get("do_lower_case", False) is True,
        quantization=quantization_of(config),
    )


def _recipe(folder: Path) -> Recipe | None:
    if (folder / MODULES).exists() or not (folder / "config.json").is_file():
        return None
    return known_recipe(folder.name, read_mapping(folder / "config.json").get("model_type"))


def _read_conversion(folder: Path, recipe: Recipe) -> SentenceTransformer:
    config = read_mapping(folder / "config.json")
    _refuse_foreign(config, folder)
    weights = _files(folder)
    return SentenceTransformer(
        network=folder,
        weights=weights,
        deciding=(*weights, folder / "config.json", folder / "tokenizer.json"),
        model_type=_text(config["model_type"]),
        config=config,
        pooling=recipe.pooling,
        dimensions=_dimensions({}, config),
        max_tokens=_max_tokens({}, _optional(folder / "tokenizer_config.json"), config),
        query_prefix=recipe.query_prefix,
        document_prefix=recipe.document_prefix,
        lowercase=False,
        quantization=quantization_of(config),
        ending=recipe.ending,
    )


def _files(network: Path) -> tuple[Path, ...]:
    """The weights, once it is known that there is a tokenizer."""
    if not (network / "tokenizer.json").is_file():
        raise WeightsError(f"The model in {network} lacks the file tokenizer.json.", hint=SHAPE_HINT)
    return weights_files(network)


def _modules(folder: Path) -> dict[str, Path]:
    """The folder of each module, by the last part of its class's name."""
    if not folder.is_dir():
        raise WeightsError(f"There is no folder {folder}.", hint="Set model.name to a folder that exists.")
    if not (folder / MODULES).is_file():
        raise WeightsError(f"{folder} is not a sentence-transformers model: it lacks {MODULES}.", SHAPE_HINT)
    classes, parts = [], {}
    for module in read_json(folder / MODULES):
        package, _, name = _text(module["type"]).rpartition(".")
        path = _text(module.get("path", ""))
        if not package.startswith("sentence_transformers."):
            raise WeightsError(f"{folder} wants code of its own ({package}.{name}), which is not run.", _HINT)
        if path.startswith(("/", "\\")) or ":" in path or ".." in path.replace("\\", "/").split("/"):
            raise WeightsError(f"{folder / MODULES} leads out of its folder: {path!r}.", hint=_HINT)
        classes.append(name)
        parts[name] = folder / path
    if classes not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise WeightsError(
            f"{folder} is made of {', '.join(classes) or 'nothing'}; only Transformer and Pooling, with or"
            " without Normalize, are supported.",
            hint=_HINT,
        )
    return parts


def _refuse_foreign(config: Mapping[str, Any], network: Path) -> None:
    if "quantization_config" in config and "quantization" not in config:
        raise WeightsError(f"The weights in {network} are quantised in a form that isn't supported.", _HINT)
    if (network / "adapter_config.json").exists():
        raise WeightsError(f"{network} holds an adapter to another model, which isn't supported.", hint=_HINT)


def _refuse_lengths_that_matter(using: Mapping[str, Any], folder: Path, *, normalized: bool) -> None:
    similarity = using.get("similarity_fn_name") or "cosine"
    if similarity != "cosine" and not normalized:
        raise WeightsError(
            f"The model in {folder} compares vectors by {similarity}, where their lengths matter; codeassistd"
            " compares directions.",
            hint=_HINT,
        )


def _prefixes(using: Mapping[str, Any]) -> tuple[str, str]:
    """What comes before queries and before documents, by the names that sentence-transformers gives them."""
    prompts = using.get("prompts") or {}

    def first(*names: str) -> str:
        return _text(next((prompts[name] for name in names if prompts.get(name)), ""))

    return first("query"), first("document", "passage", "corpus")


def _pooling(pooling: Mapping[str, Any], folder: Path) -> Pooling:
    mode = pooling.get("pooling_mode")
    modes = [mode] if isinstance(mode, str) else mode
    if modes is None:
        modes = [name for key, name in _OLD_POOLINGS.items() if pooling.get(key)] or ["mean"]
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise WeightsError(
            f"The model in {folder} pools by {' and '.join(map(str, modes))}; {', '.join(_POOLINGS)} are"
            " supported.",
            hint=_HINT,
        )
    return _POOLINGS[modes[0]]


def _dimensions(pooling: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    sizes = [
        *(pooling.get(key) for key in ("embedding_dimension", "word_embedding_dimension")),
        *(config.get(key) for key in ("hidden_size", "dim", "d_model", "n_embd")),
    ]
    return count(next(size for size in sizes if size is not None))


def _max_tokens(reading: Mapping[str, Any], tokenizer: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and config["model_type"] in _OFFSET_POSITIONS:
        positions -= int(config.get("pad_token_id") or 0) + 1
    limits = (reading.get("max_seq_length"), tokenizer.get("model_max_length"), positions, _MOST_TOKENS)
    # Tokenizers without a limit have a huge one.
    found = int(min(limit for limit in limits if isinstance(limit, int | float) and limit > 0))
    if found < 8:
        raise WeightsError(f"The model reads {found} tokens only.", hint=_HINT)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} instead of a text")
    return value


def _optional(path: Path) -> Mapping[str, Any]:
    return read_mapping(path) if path.is_file() else {}
