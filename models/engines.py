"""Build a model's network on the engine that was chosen for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .embedding_model import EmbeddingModel
from .engine_choice import BackendUnavailableError, Choice, EngineName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .backends.bert_weights import BertWeights
    from .backends.mlx_network import MLXDevice, MLXNetwork
    from .backends.torch_device import Device as TorchDevice
    from .calibration import Calibration
    from .encoder import Network


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """How a model is to run.

    Attributes:
        choice: The engine and its device.
        threads: Most threads that compute at the same time.
        int8_dot_product: Whether the processor multiplies 8-bit numbers faster than floats.
        full_precision: Whether torch computes in float32 where something else is quicker.
    """

    choice: Choice
    threads: int
    int8_dot_product: bool
    full_precision: bool


def build_network(model: EmbeddingModel, plan: EnginePlan) -> tuple[Network, str]:
    """Load a model's weights into an engine.

    Args:
        model: The model.
        plan: On what, and how.

    Returns:
        The network, whose vectors have the model's own length, and in words what runs it.

    Raises:
        WeightsError: The files are not those of a model that the engine can run.
        BackendUnavailableError: The engine does not load.
        DeviceUnavailableError: The engine can't use the device.
    """
    try:
        return _BUILDERS[plan.choice.engine](model, plan)
    except ImportError as error:
        name = _NAMES[plan.choice.engine]
        raise BackendUnavailableError(
            f"{name} is installed but does not load: {error}.", hint=_MENDING[plan.choice.engine]
        ) from error


def build_quick_network(model: EmbeddingModel) -> Network:
    """Make a network of a BERT's weights that is ready at once, and slow for many texts.

    Args:
        model: A BERT whose weights aren't packed.

    Raises:
        WeightsError: The files are not those of a BERT.
    """
    from .backends.numpy_bert import NumpyBert  # noqa: PLC0415

    return NumpyBert(_bert(model, _tensors(model)), model.identity.pooling)


# The imports below stand inside functions as an engine is imported only where it was chosen.


def _on_openvino(model: EmbeddingModel, plan: EnginePlan) -> tuple[Network, str]:
    from .backends import openvino_bert  # noqa: PLC0415

    # Without 8-bit dot products the rounded weights are quickest as floats.
    in_hardware = model.calibration is not None and plan.int8_dot_product
    network = openvino_bert.build(
        _bert(model, _published(model) if in_hardware else _tensors(model)),
        plan.threads,
        calibration=_calibration(model) if in_hardware else None,
        pooling=model.identity.pooling,
    )
    return network, f"OpenVINO, {_named(network.precision, model)}, {_count(plan.threads)}"


def _on_torch(model: EmbeddingModel, plan: EnginePlan) -> tuple[Network, str]:
    from .backends import torch_device  # noqa: PLC0415

    device: TorchDevice = "cpu" if plan.choice.device == "metal" else plan.choice.device
    dtype = torch_device.FULL_PRECISION if plan.full_precision else None
    pooling = model.identity.pooling
    if model.is_bert:
        from .backends import torch_bert  # noqa: PLC0415

        network = torch_bert.build(_bert(model, _tensors(model)), device, plan.threads, dtype, pooling)
        return network, f"torch, {_named(network.precision, model)}, {network.resources}"
    from .backends import torch_transformer  # noqa: PLC0415

    if not torch_transformer.is_installed():
        raise BackendUnavailableError(
            f"The model {model.identity.name} needs transformers, which is not installed.",
            hint="pip install transformers",
        )
    assert model.network is not None  # noqa: S101 - only a catalog's model has none, and it is a BERT
    found = torch_transformer.build(model.network, device, plan.threads, pooling, dtype)
    return found, f"torch, {found.precision}, {found.resources}"


def _on_mlx(model: EmbeddingModel, plan: EnginePlan) -> tuple[Network, str]:
    network = _bert_on_mlx(model, plan) if model.is_bert else _qwen3_on_mlx(model, plan)
    return network, f"MLX, {_named(network.precision, model)}, {network.resources}"


def _bert_on_mlx(model: EmbeddingModel, plan: EnginePlan) -> MLXNetwork:
    from .backends import mlx_bert  # noqa: PLC0415

    return mlx_bert.build(
        _tensors(model),
        model.heads,
        model.epsilon,
        "metal" if plan.choice.device == "metal" else "cpu",
        pooling=model.identity.pooling,
        quantization=model.quantization,
    )


def _qwen3_on_mlx(model: EmbeddingModel, plan: EnginePlan) -> MLXNetwork:
    from .backends import mlx_qwen3  # noqa: PLC0415

    device: MLXDevice = "metal" if plan.choice.device == "metal" else "cpu"
    return mlx_qwen3.build(model.weights, model.config, device, model.identity.pooling, model.quantization)


def _published(model: EmbeddingModel) -> dict[str, NDArray[np.generic]]:
    from .weights import map_tensors  # noqa: PLC0415

    tensors: dict[str, NDArray[np.generic]] = {}
    for path in model.weights:
        tensors |= map_tensors(path)
    return tensors


def _tensors(model: EmbeddingModel) -> Mapping[str, NDArray[np.generic]]:
    """The weights, as they are after rounding where they are to be rounded."""
    calibration = _calibration(model)
    published = _published(model)
    return published if calibration is None else calibration.rounded(published)


def _calibration(model: EmbeddingModel) -> Calibration | None:
    from .calibration import read_calibration  # noqa: PLC0415

    return None if model.calibration is None else read_calibration(model.calibration)


def _bert(model: EmbeddingModel, tensors: Mapping[str, NDArray[np.generic]]) -> BertWeights:
    from .backends.bert_weights import bert_weights  # noqa: PLC0415

    return bert_weights(tensors, model.heads, model.epsilon)


def _named(precision: str, model: EmbeddingModel) -> str:
    return precision if model.calibration is None else f"int8 and {precision}"


def _count(threads: int) -> str:
    return f"{threads} thread" if threads == 1 else f"{threads} threads"


_BUILDERS: dict[EngineName, Callable[[EmbeddingModel, EnginePlan], tuple[Network, str]]] = {
    "mlx": _on_mlx,
    "openvino": _on_openvino,
    "torch": _on_torch,
}
_NAMES: dict[EngineName, str] = {"mlx": "MLX", "openvino": "OpenVINO", "torch": "torch"}
_MENDING: dict[EngineName, str] = {
    "mlx": "pip install --force-reinstall mlx, or set model.engine to torch",
    "openvino": "pip install --force-reinstall openvino, or set the backend to torch",
    "torch": "pip install --force-reinstall torch",
}
