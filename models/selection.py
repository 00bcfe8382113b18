"""Choose an engine for a model on this machine, say why, and load it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from . import catalog, hardware
from .errors import CodeassistdError, DeviceUnavailableError, UsageError
from .identity import DEFAULT_PRECISION, PrecisionClass

if TYPE_CHECKING:
    from .backends.bert_weights import BertWeights
    from .catalog import CatalogEntry
    from .encoder import Network, TextEncoder
    from .hardware import Hardware
    from .identity import ModelIdentity
    from .roles import Embedder
    from .weights import ModelFiles

BackendName = Literal["auto", "openvino", "torch"]
_INSTALL = {"openvino": "pip install openvino", "torch": "pip install torch"}


@dataclass(frozen=True, slots=True)
class EmbedderRequest:
    """Which embedder is wanted.

    Attributes:
        model: A name in the catalog.
        backend: The engine, or "auto" for the fastest one here.
        precision: "float" for the published weights, "int8" for feed-forward weights rounded to 8 bits:
            faster on processors with 8-bit dot products, and vectors at a cosine above 0.998 of the others.
            It is part of the model's identity, whatever the engine.
        threads: Most threads that compute at the same time; None for all usable cores.
        cache_dir: Folder for small caches that make the next start quicker; None for no cache.
    """

    model: str = catalog.DEFAULT_MODEL
    backend: BackendName = "auto"
    precision: PrecisionClass = DEFAULT_PRECISION
    threads: int | None = None
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and the reason for it, in words for a user."""

    engine: Literal["openvino", "torch"]
    device: Literal["cpu", "cuda", "mps"]
    why: str


@dataclass(frozen=True, slots=True)
class LoadedEmbedder:
    """A model ready for use.

    Attributes:
        embedder: The model.
        backend: The engine's name.
        reason: One line: engine, precision, resources and why it was chosen.
    """

    embedder: Embedder
    backend: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Plan:
    choice: Choice
    threads: int
    int8: bool
    int8_dot_product: bool


class BackendUnavailableError(CodeassistdError):
    """No engine that was asked for can run here."""


def identity_of(request: EmbedderRequest) -> ModelIdentity:
    """Which vectors a request leads to, at no cost: nothing is opened, loaded or imported.

    Raises:
        UsageError: The model is unknown.
    """
    return catalog.find(request.model).identity(_precision(request))


def load_embedder(request: EmbedderRequest, machine: Hardware | None = None) -> LoadedEmbedder:
    """Load a model on the best engine.

    Args:
        request: What is wanted.
        machine: The hardware to choose for; by default this machine's.

    Returns:
        The embedder and why it runs where it runs.

    Raises:
        UsageError: Unknown model or backend, or a senseless number of threads.
        WeightsError: The model's files are missing or altered.
        BackendUnavailableError: The engine is not installed or does not load.
    """
    entry = catalog.find(request.model)
    identity = entry.identity(_precision(request))
    machine = machine or hardware.probe()
    choice = choose(request.backend, machine)
    threads = _threads(request.threads, machine)
    files = _verified(entry, request.cache_dir)
    model = _bert(files, entry)
    plan = _Plan(choice, threads, request.precision == "int8", machine.int8_dot_product)
    try:
        network, detail = _BUILDERS[choice.engine](model, plan)
    except DeviceUnavailableError as error:
        # The probe saw an accelerator that the installed torch was not built for.
        choice = choose(request.backend, replace(machine, cuda=False, apple_silicon=False))
        choice = replace(choice, why=f"{choice.why}; {error.message}")
        network, detail = _BUILDERS[choice.engine](model, replace(plan, choice=choice))
    return LoadedEmbedder(
        embedder=_encoder(files, identity, network, threads),
        backend=choice.engine,
        reason=f"{detail}: {choice.why}",
    )


def choose(backend: str, machine: Hardware) -> Choice:
    """Pick an engine.

    Args:
        backend: "auto" or the engine a user asked for.
        machine: The hardware.

    Returns:
        The engine, its device and the reason.

    Raises:
        UsageError: There is no such backend.
        BackendUnavailableError: The engine, or every engine, is missing here.
    """
    if backend not in get_args(BackendName):
        known = ", ".join(get_args(BackendName))
        raise UsageError(f"There is no backend named {backend!r}.", hint=f"Use one of {known}.")
    device: Literal["cpu", "cuda", "mps"] = (
        "cuda" if machine.cuda else "mps" if machine.apple_silicon else "cpu"
    )
    if backend == "openvino":
        _require("openvino", available=machine.openvino)
        return Choice("openvino", "cpu", "chosen in the settings")
    if backend == "torch":
        _require("torch", available=machine.torch)
        return Choice("torch", device, "chosen in the settings")
    if machine.torch and device != "cpu":
        return Choice("torch", device, "there is an accelerator that torch can use")
    if machine.openvino:
        return Choice("openvino", "cpu", "fastest engine for this CPU")
    _require("torch", available=machine.torch)
    return Choice("torch", "cpu", "OpenVINO is not installed")


def _require(engine: str, *, available: bool) -> None:
    if not available:
        raise BackendUnavailableError(
            f"The engine {engine} is not installed, so that no model can run on it.", hint=_INSTALL[engine]
        )


def _precision(request: EmbedderRequest) -> PrecisionClass:
    if request.precision not in get_args(PrecisionClass):
        known = ", ".join(get_args(PrecisionClass))
        raise UsageError(f"There is no precision named {request.precision!r}.", hint=f"Use one of {known}.")
    return request.precision


def _threads(wanted: int | None, machine: Hardware) -> int:
    if wanted is None:
        return machine.cores
    if wanted < 1:
        raise UsageError(f"A model cannot run on {wanted} threads.", hint="Use 1 or more.")
    return min(wanted, max(machine.cores, os.cpu_count() or 1))


# The imports below stand inside functions so that asking for an identity or a choice costs no numpy.


def _verified(entry: CatalogEntry, cache_dir: Path | None) -> ModelFiles:
    from . import weights  # noqa: PLC0415

    files = weights.locate(entry)
    weights.verify(files, entry, cache_dir)
    return files


def _bert(files: ModelFiles, entry: CatalogEntry) -> BertWeights:
    from .backends.bert_weights import bert_weights  # noqa: PLC0415
    from .weights import map_tensors  # noqa: PLC0415

    return bert_weights(map_tensors(files.weights), entry.heads, entry.layer_norm_epsilon)


def _encoder(files: ModelFiles, identity: ModelIdentity, network: Network, threads: int) -> TextEncoder:
    from .encoder import TextEncoder  # noqa: PLC0415
    from .tokenization import Tokenizer  # noqa: PLC0415

    return TextEncoder(identity, Tokenizer(files.tokenizer, identity.max_tokens, threads), network)


def _on_openvino(model: BertWeights, plan: _Plan) -> tuple[Network, str]:
    try:
        from .backends import openvino_bert  # noqa: PLC0415

        # Without 8-bit dot products the rounded weights are quickest as floats.
        in_hardware = plan.int8 and plan.int8_dot_product
        network = openvino_bert.build(
            model if in_hardware else _rounded(model, plan), plan.threads, int8=in_hardware
        )
    except ImportError as error:
        raise BackendUnavailableError(
            f"OpenVINO is installed but does not load: {error}.",
            hint="pip install --force-reinstall openvino, or set the backend to torch",
        ) from error
    return network, f"OpenVINO, {_named(network.precision, plan)}, {_count(plan.threads)}"


def _on_torch(model: BertWeights, plan: _Plan) -> tuple[Network, str]:
    try:
        from .backends import torch_bert  # noqa: PLC0415

        network = torch_bert.build(_rounded(model, plan), plan.choice.device, plan.threads)
    except ImportError as error:
        raise BackendUnavailableError(
            f"torch is installed but does not load: {error}.", hint="pip install --force-reinstall torch"
        ) from error
    return network, f"torch, {_named(network.precision, plan)}, {network.resources}"


def _rounded(model: BertWeights, plan: _Plan) -> BertWeights:
    from .quantization import rounded  # noqa: PLC0415

    return model.with_feed_forward(rounded) if plan.int8 else model


def _named(precision: str, plan: _Plan) -> str:
    return f"int8 and {precision}" if plan.int8 else precision


def _count(threads: int) -> str:
    return f"{threads} thread" if threads == 1 else f"{threads} threads"


_BUILDERS: dict[str, Callable[[BertWeights, _Plan], tuple[Network, str]]] = {
    "openvino": _on_openvino,
    "torch": _on_torch,
}
