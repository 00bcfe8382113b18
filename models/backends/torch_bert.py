"""BERT sentence encoders on torch, for CUDA, MPS and any CPU, straight from the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (the name that everybody reads)

from . import torch_device
from .torch_network import TorchNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling
    from .bert_weights import Affine, BertWeights
    from .torch_device import Device

    Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: Pair
    attention_output: Pair
    attention_norm: Pair
    intermediate: Pair
    output: Pair
    output_norm: Pair


@dataclass(slots=True, kw_only=True)
class TorchBert(TorchNetwork):
    """An encoder of our own; see `TorchNetwork`."""

    _words: torch.Tensor
    _positions: torch.Tensor
    _norm: Pair
    _layers: tuple[_Layer, ...]
    _heads: int
    _epsilon: float

    def tokens(
        self, ids: NDArray[np.int32], mask: NDArray[np.float32], added: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The vectors of all tokens, of shape (texts, tokens, hidden); for a caller that holds `turn`.

        Args:
            ids: Token ids of shape (texts, tokens).
            mask: Same shape, 1 for a token and 0 for padding.
            added: To the embeddings; of a shape that fits theirs.
        """
        tokens = F.embedding(torch.from_numpy(ids).to(self.device), self._words)
        tokens = tokens + self._positions[: ids.shape[1]]
        tokens = self._normalised(tokens if added is None else tokens + added, self._norm)
        # Without padding there is nothing to hide, and the faster attention kernels take no mask.
        visible = None
        if not mask.all():
            visible = (torch.from_numpy(mask).to(self.device) > 0)[:, None, None, :]
        for layer in self._layers:
            tokens = self._layer(tokens, visible, layer)
        return tokens

    def _layer(self, tokens: torch.Tensor, visible: torch.Tensor | None, layer: _Layer) -> torch.Tensor:
        count, length, hidden = tokens.shape
        qkv = F.linear(tokens, *layer.qkv).view(count, length, 3, self._heads, hidden // self._heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=visible)
        joined = attended.transpose(1, 2).reshape(count, length, hidden)
        tokens = self._normalised(tokens + F.linear(joined, *layer.attention_output), layer.attention_norm)
        wide = F.gelu(F.linear(tokens, *layer.intermediate))
        return self._normalised(tokens + F.linear(wide, *layer.output), layer.output_norm)

    def _normalised(self, tokens: torch.Tensor, norm: Pair) -> torch.Tensor:
        return F.layer_norm(tokens, (tokens.shape[-1],), *norm, eps=self._epsilon)


def build(
    weights: BertWeights,
    device: Device,
    threads: int,
    dtype: torch.dtype | None = None,
    pooling: Pooling = "mean",
) -> TorchBert:
    """Put the encoder on a device.

    Args:
        weights: The model.
        device: Where to run it.
        threads: Most threads that compute at the same time on the CPU; holds for all of torch in the process.
        dtype: Arithmetic; by default the fastest float type that the hardware has.
        pooling: "mean" or "cls".

    Returns:
        The network.

    Raises:
        DeviceUnavailableError: torch cannot use the device.
    """
    if device == "cpu":
        torch.set_num_threads(threads)
    torch_device.require(device)
    dtype = dtype or torch_device.best_dtype(device)
    place = torch.device(device)

    def tensor(array: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(array).to(place, dtype)

    def pair(affine: Affine) -> Pair:
        return tensor(affine.weight), tensor(affine.bias)

    layers = tuple(
        _Layer(
            qkv=pair(layer.qkv),
            attention_output=pair(layer.attention_output),
            attention_norm=pair(layer.attention_norm),
            intermediate=pair(layer.intermediate),
            output=pair(layer.output),
            output_norm=pair(layer.output_norm),
        )
        for layer in weights.layers
    )
    return TorchBert(
        device=place,
        dtype=dtype,
        token_budget=torch_device.TOKEN_BUDGETS[device],
        resources=torch_device.resources(device, threads),
        _words=tensor(weights.words),
        _positions=tensor(weights.positions),
        _norm=pair(weights.norm),
        _layers=layers,
        _heads=weights.heads,
        _epsilon=weights.epsilon,
        pooling=pooling,
    )
