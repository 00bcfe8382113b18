"""A reranker from a local folder, on the engine that suits it and the machine."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from . import bert_reranker, hardware, transformer_rerankers
from .engine_choice import BackendUnavailableError, choose, installed_engines
from .model_config import read_mapping
from .weights_files import WeightsError, require_memory, weights_files

if TYPE_CHECKING:
    from .cross_encoder import CrossEncoder
    from .engine_choice import EngineName
    from .hardware import Hardware

_HINT = "Give a folder of a cross-encoder with config.json, tokenizer.json and model.safetensors."
_TOKENIZER, _CONFIG = "tokenizer.json", "config.json"
_log = logging.getLogger(__name__)


def load(folder: Path, threads: int, machine: Hardware | None = None) -> CrossEncoder:
    """Load a reranker in the format of sentence-transformers or transformers.

    Args:
        folder: Has config.json, tokenizer.json and weights in safetensors; nothing else is opened.
        threads: Most threads that compute at the same time.
        machine: The hardware to choose an engine for; by default this machine's.

    Raises:
        WeightsError: A file is missing, damaged, or of another kind of model.
        MemoryShortError: The model would not fit into memory.
        CodeassistdError: The engine, or what else the model needs, is not installed.
    """
    for name in (_CONFIG, _TOKENIZER):
        if not (folder / name).is_file():
            raise WeightsError(f"The reranker's folder {folder} lacks the file {name}.", hint=_HINT)
    weights = weights_files(folder)
    machine = machine or hardware.probe()
    require_memory(folder.name, sum(path.stat().st_size for path in weights), machine.free_memory_bytes)
    config = read_mapping(folder / _CONFIG)
    is_bert = config.get("model_type") == "bert"
    engines = bert_reranker.ENGINES if is_bert else transformer_rerankers.engines(folder, config)

    def load_on(engines: tuple[EngineName, ...]) -> CrossEncoder:
        choice = choose("auto", machine, engines)
        try:
            if is_bert:
                return bert_reranker.load(folder, choice, threads)
            return transformer_rerankers.load(folder, config, choice, threads)
        except ImportError as error:
            others = tuple(
                each for each in engines if each in installed_engines(machine) and each != choice.engine
            )
            message = f"The engine {choice.engine} does not load ({error})"
            if not others:
                raise BackendUnavailableError(f"{message}, and no other here runs {folder.name}.") from error
            _log.warning("%s; the reranker runs on another.", message)
            return load_on(others)

    return load_on(engines)
