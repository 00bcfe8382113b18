"""BERT sentence encoders on torch, for CUDA, MPS and any CPU, straight from the weights."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (the name that everybody reads)

from ..errors import CodeassistdError, DeviceUnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .bert_weights import Affine, BertWeights

    Pair = tuple[torch.Tensor, torch.Tensor]

Device = Literal["cpu", "cuda", "mps"]

# A CPU wants its caches full and no more; an accelerator wants work enough for all its units.
_TOKEN_BUDGETS: dict[Device, int] = {"cpu": 1_024, "mps": 16_384, "cuda": 65_536}


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: Pair
    attention_output: Pair
    attention_norm: Pair
    intermediate: Pair
    output: Pair
    output_norm: Pair


@dataclass(slots=True)
class TorchBert:
    """An encoder whose weights are on a device.

    Attributes:
        device: Where it runs.
        dtype: Arithmetic of the network; pooling is always float32.
        token_budget: Padded tokens in a batch that suit the device.
        resources: What it computes with, in words.
        lanes: Batches that run well at the same time.
        turn: Held while it computes.
    """

    device: torch.device
    dtype: torch.dtype
    token_budget: int
    resources: str
    _words: torch.Tensor
    _positions: torch.Tensor
    _norm: Pair
    _layers: tuple[_Layer, ...]
    _heads: int
    _epsilon: float
    lanes: int = 1
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def precision(self) -> str:
        """The arithmetic's name, for instance "bfloat16"."""
        return str(self.dtype).removeprefix("torch.")

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, in halves where the device has not enough memory; see ``encoder.Network``.

        Raises:
            CodeassistdError: The memory does not suffice for a single text.
        """
        with self.turn, torch.inference_mode():
            return halving_when_out_of_memory(self._forward, ids, mask)

    def _forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        total = torch.einsum(
            "nth,nt->nh", self.tokens(ids, mask).float(), torch.from_numpy(mask).to(self.device)
        )
        vectors: NDArray[np.float32] = F.normalize(total, dim=1).cpu().numpy()
        return vectors

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


def build(weights: BertWeights, device: Device, threads: int, dtype: torch.dtype | None = None) -> TorchBert:
    """Put the encoder on a device.

    Args:
        weights: The model.
        device: Where to run it.
        threads: Most threads that compute at the same time on the CPU; holds for all of torch in the process.
        dtype: Arithmetic; by default the fastest float type that the hardware has.

    Returns:
        The network.

    Raises:
        DeviceUnavailableError: torch cannot use the device.
    """
    if device == "cpu":
        torch.set_num_threads(threads)
    _require(device)
    dtype = dtype or best_dtype(device)
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
    resources = f"{threads} thread{'s' * (threads > 1)}" if device == "cpu" else _device_name(device)
    return TorchBert(
        device=place,
        dtype=dtype,
        token_budget=_TOKEN_BUDGETS[device],
        resources=resources,
        _words=tensor(weights.words),
        _positions=tensor(weights.positions),
        _norm=pair(weights.norm),
        _layers=layers,
        _heads=weights.heads,
        _epsilon=weights.epsilon,
    )


def best_dtype(device: Device) -> torch.dtype:
    """The fastest float type that a device computes with in hardware."""
    if device == "mps":
        return torch.float16
    if device == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16
        return torch.float16 if torch.cuda.get_device_capability() >= (7, 0) else torch.float32
    # Processors without the instructions emulate bf16, at a fraction of the speed of fp32.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return torch.bfloat16 if fast else torch.float32


def halving_when_out_of_memory(
    forward: Callable[[NDArray[np.int32], NDArray[np.float32]], NDArray[np.float32]],
    ids: NDArray[np.int32],
    mask: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Run a batch, and its halves one after the other when the device has not enough memory for it.

    Args:
        forward: Runs one batch.
        ids: Token ids of shape (texts, tokens).
        mask: Same shape, 1 for a token and 0 for padding.

    Returns:
        The vectors of all texts, in order.

    Raises:
        CodeassistdError: The memory does not suffice for a single text.
    """
    try:
        return forward(ids, mask)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    if len(ids) == 1:
        raise CodeassistdError(
            f"The device has not enough free memory for one text of {ids.shape[1]} tokens.",
            hint="Close other programs that use the GPU, or choose another backend in the settings.",
        )
    # The cache of freed blocks is of sizes that fit the failed batch.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(ids) // 2
    halves = (slice(None, middle), slice(middle, None))
    return np.concatenate([halving_when_out_of_memory(forward, ids[half], mask[half]) for half in halves])


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of torch says that memory ran out; MPS and the CPU say so in words only."""
    words = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )


def _require(device: Device) -> None:
    usable: dict[Device, Callable[[], bool]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not usable[device]():
        raise DeviceUnavailableError(
            f"The installed torch cannot use the device {device}.",
            hint="Install a torch build for it (https://pytorch.org), or go on with the CPU.",
        )


def _device_name(device: Device) -> str:
    return f"CUDA {torch.version.cuda} on {torch.cuda.get_device_name()}" if device == "cuda" else "MPS"
