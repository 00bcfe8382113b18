"""Choose an engine for a model on this machine, say why, and load it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from . import catalog, hardware
from .errors import CodeassistdError, DeviceUnavailableError, UsageError

if TYPE_CHECKING:
    from .backends.bert_weights import BertWeights
    from .catalog import CatalogEntry
    from .encoder import Network, TextEncoder
    from .hardware import Hardware
    from .identity import ModelIdentity
    from .roles import Embedder
    from .weights import ModelFiles

BackendName = Literal["auto", "openvino", "torch"]
_ENGINES = ("openvino", "torch")
_INSTALL = {"openvino": "pip install openvino", "torch": "pip install torch"}


@dataclass(frozen=True, slots=True)
class EmbedderRequest:
    """Which embedder is wanted.

    Attributes:
        model: A name in the catalog.
        backend: The engine, or "auto" for the fastest one here.
        threads: Most threads that compute at the same time; None for all usable cores.
        cache_dir: Folder for small caches that make the next start quicker; None for no cache.
    """

    model: str = catalog.DEFAULT_MODEL
    backend: BackendName = "auto"
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


class BackendUnavailableError(CodeassistdError):
    """No engine that was asked for can run here."""


def identity_of(request: EmbedderRequest) -> ModelIdentity:
    """Which vectors a request leads to, at no cost: nothing is opened, loaded or imported.

    Raises:
        UsageError: The model is unknown.
    """
    return catalog.find(request.model).identity


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
    machine = machine or hardware.probe()
    choice = choose(request.backend, machine)
    threads = _threads(request.threads, machine)
    files = _verified(entry, request.cache_dir)
    model = _bert(files, entry)
    try:
        network, detail = _BUILDERS[choice.engine](model, choice, threads)
    except DeviceUnavailableError as error:
        # The probe saw an accelerator that the installed torch was not built for.
        choice = choose(request.backend, replace(machine, cuda=False, apple_silicon=False))
        choice = replace(choice, why=f"{choice.why}; {error.message}")
        network, detail = _BUILDERS[choice.engine](model, choice, threads)
    return LoadedEmbedder(
        embedder=_encoder(files, entry, network, threads),
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


def _encoder(files: ModelFiles, entry: CatalogEntry, network: Network, threads: int) -> TextEncoder:
    from .encoder import TextEncoder  # noqa: PLC0415
    from .tokenization import Tokenizer  # noqa: PLC0415

    return TextEncoder(entry.identity, Tokenizer(files.tokenizer, entry.max_tokens, threads), network)


def _on_openvino(model: BertWeights, choice: Choice, threads: int) -> tuple[Network, str]:  # noqa: ARG001
    try:
        from .backends import openvino_bert  # noqa: PLC0415

        network = openvino_bert.build(model, threads)
    except ImportError as error:
        raise BackendUnavailableError(
            f"OpenVINO is installed but does not load: {error}.",
            hint="pip install --force-reinstall openvino, or set the backend to torch",
        ) from error
    return network, f"OpenVINO, {network.precision}, {_count(threads)}"


def _on_torch(model: BertWeights, choice: Choice, threads: int) -> tuple[Network, str]:
    try:
        from .backends import torch_bert  # noqa: PLC0415

        network = torch_bert.build(model, choice.device, threads)
    except ImportError as error:
        raise BackendUnavailableError(
            f"torch is installed but does not load: {error}.", hint="pip install --force-reinstall torch"
        ) from error
    return network, f"torch, {network.description}"


def _count(threads: int) -> str:
    return f"{threads} thread" if threads == 1 else f"{threads} threads"


_BUILDERS: dict[str, Callable[[BertWeights, Choice, int], tuple[Network, str]]] = {
    "openvino": _on_openvino,
    "torch": _on_torch,
}
