"""BERT cross-encoders on torch: the encoder of `torch_bert` with segments, a pooler and one output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (the name that everybody reads)

from ..weights_files import WeightsError
from . import torch_bert, torch_device
from .bert_weights import bert_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .torch_bert import Pair, TorchBert
    from .torch_device import Device


@dataclass(slots=True)
class TorchCrossEncoder:
    """A cross-encoder whose weights are on a device; see ``cross_encoder.PairNetwork``.

    Attributes:
        encoder: The transformer.
    """

    encoder: TorchBert
    _segments: torch.Tensor
    _pooler: Pair
    _classifier: Pair

    @property
    def token_budget(self) -> int:
        """Padded tokens in a batch that suit the device."""
        return self.encoder.token_budget

    def forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, in halves where the device has not enough memory.

        Raises:
            CodeassistdError: The memory does not suffice for a single pair.
        """
        with self.encoder.turn, torch.inference_mode():
            return torch_device.halving_when_out_of_memory(self._forward, pairs, mask)

    def _forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        segments = torch.from_numpy(np.ascontiguousarray(pairs[:, :, 1])).to(self.encoder.device)
        tokens = self.encoder.tokens(
            np.ascontiguousarray(pairs[:, :, 0]), mask, F.embedding(segments, self._segments)
        )
        pooled = torch.tanh(F.linear(tokens[:, 0].float(), *self._pooler))
        logits: NDArray[np.float32] = F.linear(pooled, *self._classifier)[:, 0].cpu().numpy()
        return logits


def build(
    tensors: Mapping[str, NDArray[np.generic]],
    heads: int,
    epsilon: float,
    device: Device,
    threads: int,
    dtype: torch.dtype | None = None,
) -> TorchCrossEncoder:
    """Put a cross-encoder on a device.

    Args:
        tensors: Of a BERT for sequence classification, by the names of Hugging Face.
        heads: Number of attention heads.
        epsilon: Of the layer norms.
        device: Where to run it.
        threads: Most threads that compute at the same time on the CPU; holds for all of torch in the process.
        dtype: Arithmetic of the transformer; by default the fastest float type that the hardware has.

    Raises:
        WeightsError: A tensor is missing or of a wrong shape.
        DeviceUnavailableError: torch cannot use the device.
    """
    weights = bert_weights(tensors, heads, epsilon)
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""
    try:
        segments = np.asarray(tensors[f"{prefix}embeddings.token_type_embeddings.weight"], np.float32)
        pooler = [
            np.asarray(tensors[f"{prefix}pooler.dense.{part}"], np.float32) for part in ("weight", "bias")
        ]
        classifier = [np.asarray(tensors[f"classifier.{part}"], np.float32) for part in ("weight", "bias")]
    except KeyError as error:
        raise WeightsError(f"The weights lack the tensor {error}: this is no BERT cross-encoder.") from None
    hidden = weights.hidden
    shapes = [array.shape for array in (*pooler, *classifier)]
    if shapes != [(hidden, hidden), (hidden,), (1, hidden), (1,)] or segments.shape[0] < 2:
        raise WeightsError("The shapes of the weights do not fit together: this is no BERT cross-encoder.")
    encoder = torch_bert.build(weights, device, threads, dtype)

    def pair(arrays: list[NDArray[np.float32]]) -> Pair:
        weight, bias = (torch.from_numpy(array).to(encoder.device) for array in arrays)
        return weight, bias

    # The encoder's positions have segment 0 added already.
    beyond = torch.from_numpy(segments - segments[0]).to(encoder.device, encoder.dtype)
    return TorchCrossEncoder(encoder, beyond, pair(pooler), pair(classifier))
