"""Choose an engine for a model on this machine, say why, and load it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from . import catalog, embedding_model, hardware, model_names
from .engine_choice import (
    BackendName,
    BackendUnavailableError,
    Choice,
    EngineName,
    choose,
    installed_engines,
)
from .errors import DeviceUnavailableError, UsageError
from .identity import PrecisionChoice
from .weights_files import require_memory

if TYPE_CHECKING:
    from .embedding_model import EmbeddingModel
    from .encoder import Network, TextEncoder
    from .engines import EnginePlan
    from .hardware import Hardware
    from .identity import ModelIdentity
    from .roles import Embedder, EmbedKind
    from .tokenization import Tokenizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbedderRequest:
    """Which embedder is wanted.

    Attributes:
        model: A name in the catalog, the name of a pulled model, or the absolute path of a folder.
        backend: The engine, or "auto" for the fastest one here.
        precision: "float" for the published weights, "int8" for weights rounded to 8 bits: faster on
            processors with 8-bit dot products, and vectors at a cosine of 0.999 to the others. "auto" is
            "int8" for a model that was calibrated for it. Part of the model's identity, whatever the engine.
        threads: Most threads that compute at the same time; None for all usable cores.
        cache_dir: Folder for small caches that make the next start quicker, and of the models that were
            pulled; None for neither.
        dimensions: Length to which vectors are cut, for models that are trained for it; None for all.
        full_precision: Whether torch computes in float32 where something else is quicker.
    """

    model: str = catalog.DEFAULT_MODEL
    backend: BackendName = "auto"
    precision: PrecisionChoice = "auto"
    threads: int | None = None
    cache_dir: Path | None = None
    dimensions: int | None = None
    full_precision: bool = False


@dataclass(frozen=True, slots=True)
class LoadedEmbedder:
    """A model ready for use.

    Attributes:
        embedder: The model.
        backend: The engine's name.
        reason: One line: engine, precision, resources and why it was chosen.
        tokens: Gives how many tokens it has read so far; None where they aren't counted.
    """

    embedder: Embedder
    backend: str
    reason: str
    tokens: Callable[[], int] | None = None


def identity_of(request: EmbedderRequest) -> ModelIdentity:
    """Which vectors a request leads to, without loading anything; of the default model nothing is opened.

    Raises:
        UsageError: The model is unknown, or can't do what is asked for.
        WeightsError: The model's folder lacks something, or holds a model that isn't supported.
        CodeassistdError: The model could be pulled, but isn't here.
    """
    return embedding_model.identity_of_name(
        request.model, _precision(request), request.dimensions, request.cache_dir
    )


def open_model(request: EmbedderRequest) -> EmbeddingModel:
    """The files of a model, checked but not loaded.

    Raises:
        UsageError: The model is unknown, or can't do what is asked for.
        WeightsError: Its files are missing, altered, or those of a model that isn't supported.
    """
    found = model_names.resolve(request.model, request.cache_dir)
    precision = _precision(request)
    if isinstance(found, catalog.CatalogEntry):
        return embedding_model.open_catalog_model(found, precision, request.dimensions, request.cache_dir)
    return embedding_model.open_folder_model(found, precision, request.dimensions, request.cache_dir)


def usable_engines(request: EmbedderRequest, machine: Hardware | None = None) -> tuple[EngineName, ...]:
    """The engines that are installed here and can run a model."""
    installed = installed_engines(machine or hardware.probe())
    return tuple(engine for engine in open_model(request).engines if engine in installed)


def cut_texts(request: EmbedderRequest, texts: Sequence[str], kind: EmbedKind) -> int:
    """How many texts have more tokens than the model reads; the network isn't loaded to tell.

    Raises:
        CodeassistdError: As `open_model`.
    """
    model = open_model(request)
    identity = model.identity
    prefix = identity.query_prefix if kind == "query" else identity.document_prefix
    # A token takes a byte at least, of which most texts have few.
    long = [prefix + text for text in texts if len((prefix + text).encode()) > identity.max_tokens - 2]
    if not long:
        return 0
    tokenizer = _tokenizer(model, 1)
    tokenizer.encode(long)
    return tokenizer.cut_texts


def load_embedder(request: EmbedderRequest, machine: Hardware | None = None) -> LoadedEmbedder:
    """Load a model on the best engine.

    Args:
        request: What is wanted.
        machine: The hardware to choose for; by default this machine's.

    Returns:
        The embedder and why it runs where it runs.

    Raises:
        UsageError: Unknown model or backend, or a senseless number of threads.
        WeightsError: The model's files are missing or altered, or those of a model that isn't supported.
        MemoryShortError: The model would not fit into memory.
        BackendUnavailableError: The engine is not installed or does not load.
    """
    from .engines import EnginePlan  # noqa: PLC0415 - asking for an identity costs nothing

    machine = machine or hardware.probe()
    threads = _threads(request.threads, machine.cores)
    model = open_model(request)
    choice = choose(request.backend, machine, model.engines)
    require_memory(model.identity.name, model.weights_bytes, machine.free_memory_bytes)
    plan = EnginePlan(
        choice=choice,
        threads=threads,
        int8_dot_product=machine.int8_dot_product,
        full_precision=request.full_precision,
    )
    network, choice, detail = _built(request.backend, model, plan, machine)
    encoder = _encoder(model, network, threads)
    return LoadedEmbedder(
        embedder=encoder,
        backend=choice.engine,
        reason=f"{detail}: {choice.why}",
        tokens=lambda: encoder.tokens,
    )


def load_quick_start(request: EmbedderRequest, machine: Hardware | None = None) -> LoadedEmbedder:
    """Load a model such that the first few texts don't wait for an engine; see `quick_start`.

    Where an engine was asked for by name, or only engines can run the model, that one is loaded.

    Args:
        request: What is wanted.
        machine: The hardware to choose for; by default this machine's.

    Raises:
        CodeassistdError: As `load_embedder`; where the engine is at fault, when it is needed.
    """
    from .engines import build_quick_network  # noqa: PLC0415
    from .quick_start import QuickStartEmbedder  # noqa: PLC0415

    model = open_model(request)
    if request.backend != "auto" or not model.is_bert or model.quantization is not None:
        return load_embedder(request, machine)
    # All the rest that there is to know of a machine costs an import.
    cores = machine.cores if machine else hardware.usable_cores()
    quick = _encoder(model, build_quick_network(model), _threads(request.threads, cores))
    return LoadedEmbedder(
        QuickStartEmbedder(quick, lambda: load_embedder(request, machine).embedder),
        "numpy",
        "NumPy, f32, for the first few texts",
    )


def _built(
    backend: BackendName, model: EmbeddingModel, plan: EnginePlan, machine: Hardware
) -> tuple[Network, Choice, str]:
    """The network on the engine that was chosen, or on the next best one where that can't be used."""
    from .engines import build_network  # noqa: PLC0415

    problems: list[str] = []
    while True:
        try:
            network, detail = build_network(model, plan)
        except DeviceUnavailableError as error:
            # The probe saw an accelerator that the installed torch was not built for.
            machine = replace(machine, cuda=False, apple_silicon=False)
            problem = error.message
        except BackendUnavailableError as error:
            if backend != "auto" or plan.choice.engine == "torch":
                raise
            machine = _without(plan.choice.engine, machine)
            problem = error.message
        else:
            return network, plan.choice, detail
        _log.warning("%s", problem)
        problems.append(problem)
        choice = choose(backend, machine, model.engines)
        plan = replace(plan, choice=replace(choice, why="; ".join([choice.why, *problems])))


def _without(engine: EngineName, machine: Hardware) -> Hardware:
    return replace(
        machine, mlx=machine.mlx and engine != "mlx", openvino=machine.openvino and engine == "mlx"
    )


def _precision(request: EmbedderRequest) -> PrecisionChoice:
    if request.precision not in get_args(PrecisionChoice):
        known = ", ".join(get_args(PrecisionChoice))
        raise UsageError(f"There is no precision named {request.precision!r}.", hint=f"Use one of {known}.")
    return request.precision


def _threads(wanted: int | None, cores: int) -> int:
    if wanted is None:
        return cores
    if wanted < 1:
        raise UsageError(f"A model cannot run on {wanted} threads.", hint="Use 1 or more.")
    return min(wanted, max(cores, os.cpu_count() or 1))


def _encoder(model: EmbeddingModel, network: Network, threads: int) -> TextEncoder:
    from .encoder import TextEncoder  # noqa: PLC0415 - asking for an identity costs no numpy
    from .truncation import TruncatedNetwork  # noqa: PLC0415

    identity = model.identity
    if identity.dimensions < model.native_dimensions:
        network = TruncatedNetwork(network, identity.dimensions)
    return TextEncoder(identity, _tokenizer(model, threads), network)


def _tokenizer(model: EmbeddingModel, threads: int) -> Tokenizer:
    from .tokenization import Tokenizer  # noqa: PLC0415

    return Tokenizer(
        model.tokenizer,
        model.identity.max_tokens,
        threads,
        lowercase=model.lowercase,
        ending=model.ending,
    )
